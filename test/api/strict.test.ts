import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkDepth, findDuplicates } from '../../src/api/duplicates.ts';
import { type StructType, typeNamed, typeOf } from '../../src/api/scheme.ts';
import { cannotHandle, decodeTyped, strictMessage } from '../../src/api/strict.ts';

const deployment = typeOf({ group: 'apps', version: 'v1', kind: 'Deployment' })!;
const container = (fields: object) => ({ spec: { template: { spec: { containers: [fields] } } } });

const MISMATCHES: [value: unknown, message: string][] = [
  [
    { spec: { replicas: '1' } },
    'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    { spec: { replicas: 1.5 } },
    'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    { spec: { replicas: 2 ** 31 } },
    'json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    container({ image: 1 }),
    'json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.image of type string',
  ],
  [
    container({ imagePullPolicy: true }),
    'json: cannot unmarshal bool into Go struct field Container.spec.template.spec.containers.imagePullPolicy of type v1.PullPolicy',
  ],
  [
    { spec: { template: { spec: { containers: 'x' } } } },
    'json: cannot unmarshal string into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
  ],
  [
    { metadata: { labels: { a: 1 } } },
    'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
  ],
  [[], 'json: cannot unmarshal array into Go value of type v1.Deployment'],
  [
    { metadata: { creationTimestamp: 'x' } },
    'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
  ],
  [
    { metadata: { creationTimestamp: '2020-13-01T00:00:00Z' } },
    'parsing time "2020-13-01T00:00:00Z": month out of range',
  ],
  [
    container({ resources: { limits: { cpu: 'x' } } }),
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
];

test('wrong types are refused with the texts of Go', () => {
  for (const [value, message] of MISMATCHES)
    assert.throws(
      () => decodeTyped(value, deployment),
      (error: Error) => error.message === message || assert.is(error.message, message),
    );
});

test('the refusal names kind and version', () => {
  const gvk = { group: 'apps', version: 'v1', kind: 'Deployment' };
  assert.is(
    cannotHandle(gvk, strictMessage(['unknown field "spec.x"'])).message,
    'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.x"',
  );
});

test('unknown fields are told in the order of the document and dropped', () => {
  const value = { spec: { foo: 1, template: { spec: { containers: [{ name: 'a', x: { y: 1 } }] } }, bar: 2 }, z: 1 };
  const { object, strict } = decodeTyped(value, deployment);
  assert.equal(strict, [
    'unknown field "spec.foo"',
    'unknown field "spec.template.spec.containers[0].x"',
    'unknown field "spec.bar"',
    'unknown field "z"',
  ]);
  assert.not(JSON.stringify(object).includes('foo'));
});

/** Inputs and what a round trip through Go's structs makes of them. */
const ROUND_TRIPS: [type: string, input: unknown, output: unknown][] = [
  [
    'apps/v1.Deployment',
    { metadata: { creationTimestamp: null } },
    {
      metadata: {},
      spec: { selector: null, template: { metadata: {}, spec: { containers: null } }, strategy: {} },
      status: {},
    },
  ],
  [
    'core/v1.Container',
    { name: 'a', image: '', stdin: false, command: [], resources: {} },
    { name: 'a', resources: {} },
  ],
  ['core/v1.PodSpec', { containers: [], hostUsers: false, hostNetwork: false }, { containers: null, hostUsers: false }],
  [
    'core/v1.ResourceRequirements',
    { limits: { cpu: 0.5, memory: '1024Mi' } },
    { limits: { cpu: '500m', memory: '1Gi' } },
  ],
  ['core/v1.ServicePort', { port: 80, targetPort: 'http' }, { port: 80, targetPort: 'http' }],
  ['core/v1.EmptyDirVolumeSource', {}, {}],
  ['core/v1.Volume', { name: 'a', emptyDir: {} }, { name: 'a', emptyDir: {} }],
  ['rbac/v1.Role', { rules: [] }, { metadata: {}, rules: null }],
  [
    'coordination/v1.LeaseSpec',
    { renewTime: '2026-01-01T01:00:00.5+01:00' },
    { renewTime: '2026-01-01T00:00:00.500000Z' },
  ],
  [
    'meta/v1.ObjectMeta',
    { creationTimestamp: '2026-01-01T01:00:00.5+01:00' },
    { creationTimestamp: '2026-01-01T00:00:00Z' },
  ],
  [
    'core/v1.Secret',
    { data: { a: 'YQ==' }, immutable: false },
    { metadata: {}, immutable: false, data: { a: 'YQ==' } },
  ],
];

test('zero values appear and vanish as in Go', () => {
  for (const [name, input, output] of ROUND_TRIPS)
    assert.equal(decodeTyped(input, typeNamed(name) as StructType).object, output, name);
});

test('schemas keep what a schema or something simpler may be', () => {
  const schema = typeNamed('apiextensions/v1.JSONSchemaProps') as StructType;
  const value = { additionalProperties: false, properties: { a: { items: { type: 'string' } } }, enum: [1, null] };
  assert.equal(decodeTyped(value, schema), { object: value, strict: [] });
});

test('hostile keys stay keys', () => {
  const value = JSON.parse('{"metadata":{"labels":{"__proto__":"x"}}}');
  const { object } = decodeTyped<{ metadata: { labels: object } }>(value, deployment);
  assert.equal(Object.keys(object.metadata.labels), ['__proto__']);
  assert.is(Object.getPrototypeOf(object.metadata.labels), Object.prototype);
});

test('duplicates are found by path', () => {
  const text = '{"a":{"b":1,"b":2},"l":[{"x":1},{"x":1,"x":"}\\"{"}],"s":"a:\\"b\\"","a":1}';
  assert.equal(findDuplicates(text), ['duplicate field "a.b"', 'duplicate field "l[1].x"', 'duplicate field "a"']);
  assert.equal(findDuplicates('{"a":{"b":1},"c":{"b":1}}'), []);
});

test('depth is bounded', () => {
  checkDepth('['.repeat(999) + ']'.repeat(999));
  checkDepth(`"${'['.repeat(5000)}"`);
  assert.throws(() => checkDepth('['.repeat(100_000)), 'exceeded max depth');
});

test.run();
