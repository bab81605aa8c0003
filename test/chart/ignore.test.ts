import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseIgnore } from '../../src/chart/ignore.ts';

const CASES: [pattern: string, path: string, isDirectory: boolean, expected: boolean][] = [
  ['helm.txt', 'helm.txt', false, true],
  ['helm.*', 'helm.txt', false, true],
  ['helm.*', 'rudder.txt', false, false],
  ['*.txt', 'd/tiller.txt', false, true],
  ['cargo/*.txt', 'cargo/a.txt', false, true],
  ['cargo/*.txt', 'mast/a.txt', false, false],
  ['ru[c-e]?er.txt', 'rudder.txt', false, true],
  ['.*', '.', true, false],
  ['.*', '.joonix', false, true],
  ['.*', '', false, false],
  ['cargo/', 'cargo', true, true],
  ['cargo/', 'cargo', false, false],
  ['!helm.txt', 'helm.txt', false, false],
  ['!helm.txt', 'tiller.txt', false, true],
  ['!cargo/', 'mast', true, true],
  ['!cargo/', 'cargo', false, true],
  ['/a.txt', 'a.txt', false, true],
  ['/a.txt', 'cargo/a.txt', false, false],
  ['/cargo/a.txt', 'cargo/a.txt', false, true],
  ['# helm.txt', 'helm.txt', false, false],
  ['  helm.txt  ', 'helm.txt', false, true],
  ['', 'templates/.dotfile', false, true],
  ['', 'templates/d/.dotfile', false, false],
];

for (const [pattern, path, isDirectory, expected] of CASES)
  test(`"${pattern}" on ${path || '""'}${isDirectory ? '/' : ''}`, () =>
    assert.is(parseIgnore(pattern)(path, isDirectory), expected));

test('a byte order mark and carriage returns do not matter', () => {
  assert.is(parseIgnore('\uFEFFa.txt\r\nb.txt\r\n')('a.txt', false), true);
});

test('double stars and broken patterns are refused', () => {
  assert.throws(() => parseIgnore('a/**'), 'double-star (**) syntax is not supported');
  assert.throws(() => parseIgnore('a['), 'syntax error in pattern');
});

test.run();
