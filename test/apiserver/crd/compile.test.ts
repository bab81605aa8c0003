import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../../src/api/object.ts';
import { compileCrd, convertCustom } from '../../../src/apiserver/crd/compile.ts';
import type { CompileExpression } from '../../../src/apiserver/crd/rules.ts';
import type { CustomResourceDefinition, Schema } from '../../../src/apiserver/crd/schema.ts';

const SPEC: Schema = {
  type: 'object',
  required: ['cron'],
  properties: {
    cron: { type: 'string', pattern: '^(\\d+|\\*)$', maxLength: 5 },
    replicas: { type: 'integer', minimum: 1, maximum: 10, default: 1 },
    mode: { type: 'string', enum: ['a', 'b'] },
    port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    when: { type: 'string', format: 'date-time' },
    open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    nothing: { type: 'string', nullable: true },
    filled: { type: 'string', default: 'x' },
    ports: {
      type: 'array',
      maxItems: 2,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, protocol: { type: 'string', default: 'TCP' } },
      },
    },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    choice: {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      oneOf: [{ required: ['a'] }, { required: ['b'] }],
    },
  },
};

const crd = (schema: Schema = { type: 'object', properties: { spec: SPEC } }): CustomResourceDefinition => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'tabs.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'tabs', kind: 'Tab' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
        additionalPrinterColumns: [
          { name: 'Cron', type: 'string', jsonPath: '.spec.cron' },
          { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas', priority: 1 },
        ],
      },
    ],
  },
});

const tab = (spec: object) => ({
  apiVersion: 'example.com/v1',
  kind: 'Tab',
  metadata: { name: 't', namespace: 'd' },
  spec,
});

const CASES: [spec: object, findings: string[]][] = [
  [{ cron: '*' }, []],
  [{}, ['spec.cron: Required value']],
  [{ cron: 'x' }, ['spec.cron: Invalid value: "x": spec.cron in body should match \'^(\\d+|\\*)$\'']],
  [{ cron: '123456' }, ['spec.cron: Too long: may not be more than 5 bytes']],
  [
    { cron: '*', replicas: 11 },
    ['spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10'],
  ],
  [
    { cron: '*', replicas: 0 },
    ['spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1'],
  ],
  [
    { cron: '*', replicas: 'x' },
    ['spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"'],
  ],
  [{ cron: '*', mode: 'c' }, ['spec.mode: Unsupported value: "c": supported values: "a", "b"']],
  [{ cron: '*', port: 80 }, []],
  [{ cron: '*', port: 'http' }, []],
  [
    { cron: '*', port: true },
    ['spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"'],
  ],
  [{ cron: '*', when: 'now' }, ['spec.when: Invalid value: "now": spec.when in body must be of type date-time: "now"']],
  [{ cron: '*', nothing: null }, []],
  [
    { cron: '*', labels: { a: 1 } },
    ['spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer"'],
  ],
  [{ cron: '*', ports: [{ name: 'a' }, { name: 'a' }] }, ['spec.ports[1]: Duplicate value: {"name":"a"}']],
  [
    { cron: '*', ports: [{ name: 'a' }, { name: 'b' }, {}] },
    ['spec.ports: Too many: 3: must have at most 2 items', 'spec.ports[2].name: Required value'],
  ],
  [{ cron: '*', tags: ['a', 'a'] }, ['spec.tags[1]: Duplicate value: "a"']],
  [
    { cron: '*', choice: {} },
    ['<nil>: Invalid value: "": "spec.choice" must validate one and only one schema (oneOf). Found none valid'],
  ],
  [
    { cron: '*', choice: { a: '', b: '' } },
    [
      '<nil>: Invalid value: "": "spec.choice" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
  ],
];

test('custom objects are refused with the texts of Kubernetes', () => {
  const { storage } = compileCrd(crd());
  for (const [spec, findings] of CASES) {
    const causes = storage.validate(storage.decode(tab(spec)).object);
    assert.equal(
      causes.map(({ field, message }) => `${field}: ${message}`),
      findings,
    );
  }
});

test('unknown fields go and are told, defaults come', () => {
  const { storage } = compileCrd(crd());
  const sent = tab({ cron: '*', x: 1, open: { y: 1 }, ports: [{ name: 'a', z: 1 }], filled: null });
  const { object, strict } = storage.decode({ ...sent, extra: 1 });
  assert.equal(strict, ['unknown field "spec.x"', 'unknown field "spec.ports[0].z"', 'unknown field "extra"']);
  assert.equal(object['spec'], {
    cron: '*',
    open: { y: 1 },
    ports: [{ name: 'a', protocol: 'TCP' }],
    replicas: 1,
    filled: 'x',
  });
  assert.ok('x' in sent.spec, 'what the client sent is not changed');
});

test('a null goes where none may stand', () => {
  const { storage } = compileCrd(crd());
  const { object } = storage.decode(tab({ cron: '*', tags: null, nothing: null, labels: { a: null, b: 'x' } }));
  assert.equal(object['spec'], { cron: '*', nothing: null, labels: { b: 'x' }, replicas: 1, filled: 'x' });
});

test('metadata is that of every object', () => {
  const { storage } = compileCrd(crd());
  const { object, strict } = storage.decode({ ...tab({ cron: '*' }), metadata: { name: 'T', nope: 1 } });
  assert.equal(strict, ['unknown field "metadata.nope"']);
  assert.equal(
    storage.validate(object).map(({ field }) => field),
    ['metadata.name', 'metadata.namespace'],
  );
});

test('columns, scale and merging come from the definition', () => {
  const { storage } = compileCrd(crd());
  const object = storage.decode(tab({ cron: '*' })).object;
  assert.equal(
    storage.columns.columns.map(({ name, type, priority }) => [name, type, priority]),
    [
      ['Name', 'string', 0],
      ['Cron', 'string', 0],
      ['Replicas', 'integer', 1],
    ],
  );
  assert.equal(storage.columns.cells(object, 0), ['t', '*', 1]);
  assert.equal(storage.scale, { replicas: 'spec.replicas', currentReplicas: 'status.replicas' });
  assert.ok(storage.hasStatus);
  const schema = storage.mergeSchema;
  const spec = schema.kind === 'struct' ? schema.fields.get('spec') : undefined;
  assert.is(spec?.kind === 'struct' && spec.fields.get('ports')?.kind, 'list');
  assert.is(spec?.kind === 'struct' && spec.fields.get('tags')?.kind, 'set');
  assert.is(spec?.kind === 'struct' && spec.fields.get('open')?.kind, 'deduced');
});

test('versions differ by name alone', () => {
  const object = tab({}) as KubeObject;
  assert.is(convertCustom(object, 'example.com', 'v1'), object);
  assert.is(convertCustom(object, 'example.com', 'v2').apiVersion, 'example.com/v2');
});

/** A language of one form, `self.a OP self.b` or `self OP oldSelf`, to show how rules are used. */
const compileExpression: CompileExpression = (expression) => {
  const match = /^(\S+) (<=|==) (\S+)$/.exec(expression);
  if (!match) throw new Error(`cannot parse ${expression}`);
  const read = (path: string) => (variables: Record<string, unknown>) =>
    // biome-ignore lint/suspicious/noExplicitAny: a path through any value.
    path.split('.').reduce((value: any, key) => value?.[key], variables) as number;
  const [left, right] = [read(match[1]!), read(match[3]!)];
  return (variables) =>
    match[2] === '==' ? left(variables) === right(variables) : left(variables) <= right(variables);
};

test('rules see the value and its past', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        'x-kubernetes-validations': [{ rule: 'self.min <= self.max', message: 'min must not exceed max' }],
        properties: {
          min: { type: 'integer' },
          max: { type: 'integer' },
          fixed: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', fieldPath: '' }] },
        },
      },
    },
  };
  const { storage } = compileCrd(crd(schema), { compileExpression });
  const judge = (spec: object, old?: object) =>
    storage
      .validate(storage.decode(tab(spec)).object, old && storage.decode(tab(old)).object)
      .map(({ field, message }) => `${field}: ${message}`);
  assert.equal(judge({ min: 1, max: 2 }), []);
  assert.equal(judge({ min: 3, max: 2 }), ['spec: Invalid value: "object": min must not exceed max']);
  assert.equal(judge({ min: 1, max: 2, fixed: 'a' }), [], 'a creation has no past');
  assert.equal(judge({ min: 1, max: 2, fixed: 'b' }, { min: 1, max: 2, fixed: 'a' }), [
    'spec.fixed: Invalid value: "b": failed rule: self == oldSelf',
  ]);
});

test.run();
