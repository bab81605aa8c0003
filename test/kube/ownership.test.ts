import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { upgradedFields } from '../../src/kube/field-manager.ts';
import { markOwned, ownershipProblem } from '../../src/kube/ownership.ts';
import { clientSidePatch } from '../../src/kube/three-way.ts';

const owner = { name: 'web', namespace: 'default' };
const object = (metadata: object, rest: object = {}): KubeObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', ...metadata }, ...rest }) as KubeObject;

test('what is marked is owned', () => {
  const resource = { group: '', version: 'v1', resource: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: [] };
  const given = object({ labels: { a: 'b', 'app.kubernetes.io/managed-by': 'me' } });
  const [marked] = markOwned([{ resource, name: 'x', namespace: 'default', object: given }], owner);
  assert.is(ownershipProblem(marked!.object, owner), undefined);
  assert.is(marked!.object.metadata.labels!.a, 'b');
  assert.is(given.metadata.labels!['app.kubernetes.io/managed-by'], 'me');
});

test("what is not owned is told in Helm's words", () => {
  assert.is(
    ownershipProblem(object({}), owner),
    'invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"; ' +
      'annotation validation error: missing key "meta.helm.sh/release-name": must be set to "web"; ' +
      'annotation validation error: missing key "meta.helm.sh/release-namespace": must be set to "default"',
  );
  const foreign = object({
    labels: { 'app.kubernetes.io/managed-by': 'Helm' },
    annotations: { 'meta.helm.sh/release-name': 'other', 'meta.helm.sh/release-namespace': 'default' },
  });
  assert.is(
    ownershipProblem(foreign, owner),
    'invalid ownership metadata; annotation validation error: key "meta.helm.sh/release-name" must equal "web": current value is "other"',
  );
});

test('fields that were updated become applied ones', () => {
  const updated = { manager: 'helm', operation: 'Update', fieldsV1: { 'f:data': { 'f:a': {} } } };
  const applied = { manager: 'helm', operation: 'Apply', fieldsV1: { 'f:data': { 'f:b': {} } } };
  const other = { manager: 'kubectl', operation: 'Update', fieldsV1: {} };
  const status = { ...updated, subresource: 'status' };
  assert.is(upgradedFields([applied, other, status], 'helm'), undefined);
  assert.equal(upgradedFields([other, updated], 'helm'), [{ ...updated, operation: 'Apply' }, other]);
  assert.equal(upgradedFields([updated, applied, status], 'helm'), [
    { ...applied, fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {} } } },
    status,
  ]);
});

test('client-side patches: three ways for built-in kinds, two for others', () => {
  const at = (data: object) => object({}, { data });
  assert.equal(clientSidePatch(at({ a: '1', b: '1' }), at({ a: '2' }), at({ a: '1', b: '1', c: 'x' }), false), {
    type: 'strategic',
    patch: { data: { a: '2', b: null } },
  });
  // Drift is put back although the manifests are the same.
  assert.equal(clientSidePatch(at({ a: '1' }), at({ a: '1' }), at({ a: '9' }), false).patch, { data: { a: '1' } });
  const custom = (spec: object) => ({ ...object({}), apiVersion: 'x.io/v1', kind: 'Thing', spec }) as KubeObject;
  assert.equal(clientSidePatch(custom({ a: 1 }), custom({ a: 1 }), custom({ a: 9 }), false), {
    type: 'merge',
    patch: {},
  });
  assert.equal(clientSidePatch(custom({ a: 1 }), custom({ a: 1 }), custom({ a: 9 }), true), {
    type: 'merge',
    patch: { spec: { a: 1 } },
  });
});

test.run();
