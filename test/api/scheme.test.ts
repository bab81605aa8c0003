import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { builtinKinds, type Field, type Type, typeNamed, typeOf } from '../../src/api/scheme.ts';

const fieldOf = (type: Type | undefined, name: string): Field | undefined =>
  type?.kind === 'struct' ? type.byName.get(name) : undefined;

test('every built-in kind has a type that parses whole', () => {
  const kinds = builtinKinds();
  assert.ok(kinds.length > 60);
  for (const kind of kinds) {
    const type = typeOf(kind);
    assert.ok(type?.resource, kind.kind);
    assert.is(fieldOf(type, 'metadata')?.type, typeNamed('meta/v1.ObjectMeta'));
    assert.is(type?.clusterScoped, kind.clusterScoped);
  }
});

test('groups and packages are told apart', () => {
  assert.ok(typeOf({ group: '', version: 'v1', kind: 'Pod' }));
  assert.ok(typeOf({ group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'Role' }));
  assert.is(typeOf({ group: 'core', version: 'v1', kind: 'Pod' }), undefined);
  assert.is(typeOf({ group: 'rbac', version: 'v1', kind: 'Role' }), undefined);
  assert.is(typeOf({ group: 'example.com', version: 'v1', kind: 'Pod' }), undefined);
  assert.ok(typeOf({ group: 'apps', version: 'v1', kind: 'DeleteOptions' }), 'every group knows the options');
});

test('fields carry what patches, the wire and Go need', () => {
  const spec = typeNamed('core/v1.PodSpec');
  assert.equal(
    { ...fieldOf(spec, 'volumes'), type: undefined },
    {
      name: 'volumes',
      number: 1,
      type: undefined,
      pointer: false,
      omitempty: true,
      omitzero: false,
      optional: true,
      listType: 'map',
      listMapKeys: ['name'],
      patchStrategy: 'merge',
      patchMergeKey: 'name',
      retainKeys: true,
    },
  );
  assert.is(fieldOf(spec, 'hostUsers')?.pointer, true);
  assert.is(fieldOf(spec, 'nodeSelector')?.mapType, 'atomic');
  assert.is(fieldOf(typeNamed('core/v1.ContainerPort'), 'protocol')?.default, 'TCP');
  assert.is(typeNamed('core/v1.SecretKeySelector')?.kind === 'struct' && fieldOf(spec, 'containers')?.optional, false);
});

test('inlined structs are flat in JSON and messages in protobuf', () => {
  const volume = typeNamed('core/v1.Volume');
  assert.is(fieldOf(volume, 'secret')?.number, 6);
  assert.is(volume?.kind === 'struct' && volume.byNumber.get(2)?.inlined, true);
  assert.is(fieldOf(volume, '+'), undefined);
});

test('a path finds its type', () => {
  const spec = fieldOf(typeOf({ group: '', version: 'v1', kind: 'Pod' }), 'spec')?.type;
  const containers = fieldOf(spec, 'containers')?.type;
  const resources = containers?.kind === 'list' ? fieldOf(containers.items, 'resources')?.type : undefined;
  const limits = fieldOf(resources, 'limits')?.type;
  assert.is(limits?.kind === 'map' && limits.values.kind, 'quantity');
  assert.is(fieldOf(resources, 'nope'), undefined);
});

test('enums know their values', () => {
  const policy = typeNamed('core/v1.RestartPolicy');
  assert.equal(policy?.kind === 'string' && [...policy.values!].sort(), ['Always', 'Never', 'OnFailure']);
});

test.run();
