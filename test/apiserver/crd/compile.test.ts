import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadCel } from '../../../src/apiserver/cel/language.ts';
import { compileCrd } from '../../../src/apiserver/crd/compile.ts';
import type { CustomResourceDefinition, Schema, ValidationRule } from '../../../src/apiserver/crd/schema.ts';
import { validateCrd } from '../../../src/apiserver/crd/validate-crd.ts';

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

/** Rules on `spec`, its value, what it replaces, and what is found. */
const RULES: [rules: ValidationRule[], spec: object, old: object | undefined, expected: string[]][] = [
  [[{ rule: 'self.min <= self.max' }], { min: 1, max: 2 }, undefined, []],
  [
    [{ rule: 'self.min <= self.max' }],
    { min: 3, max: 2 },
    undefined,
    ['spec: Invalid value: "object": failed rule: self.min <= self.max'],
  ],
  [
    [{ rule: 'self.min <= self.max', message: 'min must not exceed max', fieldPath: '.min' }],
    { min: 3, max: 2 },
    undefined,
    ['spec.min: Invalid value: "object": min must not exceed max'],
  ],
  [
    [{ rule: 'self.min < 3', messageExpression: '"min is %d".format([self.min])', reason: 'FieldValueForbidden' }],
    { min: 3 },
    undefined,
    ['spec: Forbidden: min is 3'],
  ],
  [[{ rule: 'self.fixed == oldSelf.fixed' }], { fixed: 'b' }, undefined, []],
  [
    [{ rule: 'self.fixed == oldSelf.fixed', message: 'fixed for ever' }],
    { fixed: 'b' },
    { fixed: 'a' },
    ['spec: Invalid value: "object": fixed for ever'],
  ],
  [
    [{ rule: 'oldSelf.hasValue() || self.min == 0', optionalOldSelf: true, message: 'starts at zero' }],
    { min: 1 },
    undefined,
    ['spec: Invalid value: "object": starts at zero'],
  ],
  [
    [{ rule: 'oldSelf.hasValue() || self.min == 0', optionalOldSelf: true, message: 'starts at zero' }],
    { min: 1 },
    { min: 0 },
    [],
  ],
  [
    [{ rule: 'self.max > 1' }],
    { min: 1 },
    undefined,
    ['spec: Invalid value: "object": no such key: max evaluating rule: self.max > 1'],
  ],
  [[{ rule: 'self.max > 1' }], { min: 1, max: 0 }, { min: 1, max: 0 }, []],
  [[{ rule: 'self.ratio * 2.0 < 4.0 && self.min / 2 == 1' }], { ratio: 1, min: 3 }, undefined, []],
  [[{ rule: 'self.__namespace__ == "a" && self.a__dash__b == "c"' }], { namespace: 'a', 'a-b': 'c' }, undefined, []],
  [[{ rule: 'type(self.port) == int ? self.port < 10 : self.port == "http"' }], { port: 'http' }, undefined, []],
  [[{ rule: 'self.tags.all(t, t in ["x", "y"])' }], { tags: ['x', 'y'] }, undefined, []],
  [[{ rule: 'self.when < timestamp("2030-01-01T00:00:00Z")' }], { when: '2020-01-01T00:00:00Z' }, undefined, []],
  [
    [
      { rule: '[1,2,3,4,5,6,7,8,9,10].all(a, self.many.all(b, self.many.all(c, true)))', message: 'too slow' },
      { rule: 'false' },
    ],
    { many: Array.from({ length: 400 }, (_, i) => i) },
    undefined,
    [
      `spec: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: too slow`,
    ],
  ],
];

test('rules see the value and its past', async () => {
  await loadCel();
  for (const [rules, spec, old, expected] of RULES) {
    const inner: Schema = {
      type: 'object',
      'x-kubernetes-validations': rules,
      properties: {
        min: { type: 'integer' },
        max: { type: 'integer' },
        ratio: { type: 'number' },
        fixed: { type: 'string' },
        namespace: { type: 'string' },
        'a-b': { type: 'string' },
        port: { 'x-kubernetes-int-or-string': true },
        tags: { type: 'array', items: { type: 'string' } },
        many: { type: 'array', items: { type: 'integer' } },
        when: { type: 'string', format: 'date-time' },
      },
    };
    const { storage } = compileCrd(crd({ type: 'object', properties: { spec: inner } }));
    const found = storage.validate(storage.decode(tab(spec)).object, old && storage.decode(tab(old)).object);
    assert.equal(
      found.map(({ field, message }) => `${field}: ${message}`),
      expected,
      rules[0]!.rule,
    );
  }
});

test('a definition with a rule that does not compile is refused', async () => {
  await loadCel();
  const found = validateCrd(
    crd({ type: 'object', 'x-kubernetes-validations': [{ rule: 'self.a >' }, { rule: 'nobody' }] }),
  );
  assert.equal(
    found.map(({ field, message }) => `${field}: ${message!.slice(message!.indexOf('compilation'))}`),
    [
      `spec.versions[0].schema.openAPIV3Schema.x-kubernetes-validations[0].rule: compilation failed: ERROR: <input>:1:9: Syntax error: Unexpected token: EOF\n | self.a >\n | ........^`,
      `spec.versions[0].schema.openAPIV3Schema.x-kubernetes-validations[1].rule: compilation failed: ERROR: <input>:1:1: undeclared reference to 'nobody' (in container '')\n | nobody\n | ^`,
    ],
  );
});

test.run();
