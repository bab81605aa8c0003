import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileJsonPath } from '../../src/api/jsonpath.ts';

const OBJECT = {
  metadata: { name: 'a', labels: { 'x.y/z': '1' } },
  spec: { hosts: ['a', 'b', 'c'], n: 3 },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', n: 1 },
      { type: 'Synced', status: 'False', n: 5 },
    ],
  },
};

const CASES: [path: string, found: unknown[]][] = [
  ['.metadata.name', ['a']],
  ['{.metadata.name}', ['a']],
  ['$.metadata.name', ['a']],
  ['.spec.hosts[0]', ['a']],
  ['.spec.hosts[-1]', ['c']],
  ['.spec.hosts[*]', ['a', 'b', 'c']],
  ['.spec.hosts[]', ['a', 'b', 'c']],
  ['.spec.hosts[0:2]', ['a', 'b']],
  ['.spec.hosts[7]', []],
  [".metadata.labels['x.y/z']", ['1']],
  ['.metadata.labels.x\\.y/z', ['1']],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  [".status.conditions[?(@.type == 'Synced')].status", ['False']],
  ['.status.conditions[?(@.n>2)].type', ['Synced']],
  ['.status.conditions[?(@.nope)].type', []],
  ['.status.conditions[*].type', ['Ready', 'Synced']],
  ['..type', ['Ready', 'Synced']],
  ['.spec.nope.deeper', []],
  ['.constructor', []],
  ['.', [OBJECT]],
];

test('paths find what kubectl finds', () => {
  for (const [path, found] of CASES) assert.equal(compileJsonPath(path)(OBJECT), found, path);
});

test('what is no path is refused', () => {
  for (const path of ['.a[', '.a[x]', '{.a']) assert.throws(() => compileJsonPath(path), undefined, path);
});

test.run();
