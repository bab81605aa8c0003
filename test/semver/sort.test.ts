import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sortNewestFirst } from '../../src/semver/sort.ts';

const sorted = (...versions: string[]) => sortNewestFirst(versions, (version) => version);

test('newest first, pre-releases below their release', () => {
  assert.equal(sorted('1.0.0', '1.10.0', '1.2.0', '2.0.0-rc.1', '2.0.0-rc.10', '2.0.0'), [
    '2.0.0',
    '2.0.0-rc.10',
    '2.0.0-rc.1',
    '1.10.0',
    '1.2.0',
    '1.0.0',
  ]);
});

test('short versions and a leading v are read as Helm reads them', () => {
  assert.equal(sorted('1', 'v1.3', '1.2'), ['v1.3', '1.2', '1']);
});

test('what is no version stands last, in the order it had', () => {
  assert.equal(sorted('latest', '1.0.0', '', '99999999999999999999.0.0', '2.0.0'), [
    '2.0.0',
    '1.0.0',
    'latest',
    '',
    '99999999999999999999.0.0',
  ]);
});

test.run();
