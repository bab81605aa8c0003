import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { diffManifests } from '../../src/action/diff.ts';
import { changeText } from '../../src/cmd/diff-text.ts';

const options = { namespace: 'default', showSecrets: false };
const config = (name: string, a: string) =>
  `---\n# Source: web/${name}.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  a: ${a}\n  b: "1"\n`;
const secret = (a: string) => `---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: ${a}, b: same}\n`;

test('objects that are new, gone and changed', () => {
  const changes = diffManifests(
    config('one', 'x') + config('two', 'x'),
    config('two', 'z') + config('three', 'x'),
    options,
  );
  assert.equal(
    changes.map(({ change, kind, namespace, name }) => [change, kind, namespace, name]),
    [
      ['removed', 'ConfigMap', 'default', 'one'],
      ['changed', 'ConfigMap', 'default', 'two'],
      ['added', 'ConfigMap', 'default', 'three'],
    ],
  );
  assert.is(
    changeText(changes[1]!, 1),
    'default, two, ConfigMap (v1) has changed:\n data:\n-  a: x\n+  a: z\n   b: "1"\n',
  );
});

test('comments, order and quoting are no change', () => {
  const one = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  namespace: default\ndata: {a: "b", c: d}\n';
  const other = '# another\nkind: ConfigMap\napiVersion: v1\ndata:\n  c: "d"\n  a: b\nmetadata: {name: x}\n';
  assert.equal(diffManifests(one, other, options), []);
});

test('secrets are masked, and still seen to change', () => {
  const [change] = diffManifests(secret('aaaa'), secret('bbbb'), options);
  assert.match(change!.before, /a: 4 characters\n/);
  assert.match(change!.after, /a: 4 characters, another value\n {2}b: 4 characters\n/);
  assert.equal(diffManifests(secret('aaaa'), secret('aaaa'), options), []);
  assert.match(diffManifests(secret('aaaa'), secret('bbbb'), { ...options, showSecrets: true })[0]!.after, /a: bbbb/);
});

test.run();
