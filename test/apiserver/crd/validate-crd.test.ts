import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadCel } from '../../../src/apiserver/cel/language.ts';
import type {
  CrdVersion,
  CustomResourceDefinition,
  Schema,
  ValidationRule,
} from '../../../src/apiserver/crd/schema.ts';
import { validateCrd, validateCrdUpdate } from '../../../src/apiserver/crd/validate-crd.ts';

function crd(
  schema: Schema | undefined,
  change: Partial<CustomResourceDefinition['spec']> = {},
  version: Partial<CrdVersion> = {},
) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'tabs.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'tabs', singular: 'tab', kind: 'Tab', listKind: 'TabList' },
      versions: [
        { name: 'v1', served: true, storage: true, ...(schema && { schema: { openAPIV3Schema: schema } }), ...version },
      ],
      ...change,
    },
  } as CustomResourceDefinition;
}

const at = 'spec.versions[0].schema.openAPIV3Schema';
const properties = (properties: Record<string, Schema>): Schema => ({ type: 'object', properties });

const CASES: [crd: CustomResourceDefinition, findings: string[]][] = [
  [crd(properties({ spec: { type: 'object' } })), []],
  [crd(undefined), [`${at}: Required value: schemas are required`]],
  [crd({ type: 'string' }), [`${at}.type: Invalid value: "string": must be object at the root`]],
  [
    crd(properties({ spec: {} })),
    [`${at}.properties[spec].type: Required value: must not be empty for specified object fields`],
  ],
  [crd(properties({ a: { type: 'array' } })), [`${at}.properties[a].items: Required value: must be specified`]],
  [
    crd(properties({ a: { type: 'object', additionalProperties: { type: 'string' }, properties: {} } })),
    [`${at}.properties[a].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`],
  ],
  [
    crd(properties({ a: { type: 'string', anyOf: [{ type: 'string' }] } })),
    [`${at}.properties[a].anyOf[0].type: Forbidden: must be empty to be structural`],
  ],
  [
    crd(properties({ a: { type: 'integer', default: 'x' } })),
    [
      `${at}.properties[a].default: Invalid value: "string": ${at}.properties[a].default in body must be of type integer: "string"`,
    ],
  ],
  [
    crd(properties({ a: { type: 'array', 'x-kubernetes-list-type': 'map', items: { type: 'object' } } })),
    [
      `${at}.properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`,
    ],
  ],
  [
    crd(properties({ a: { type: 'object', $ref: 'x' } })),
    [`${at}.properties[a].$ref: Forbidden: $ref is not supported`],
  ],
  [
    crd(properties({}), { scope: 'Global' as 'Cluster' }),
    ['spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced"'],
  ],
  [
    crd(properties({}), { group: 'other.com' }),
    ['metadata.name: Invalid value: "tabs.example.com": must be spec.names.plural+"."+spec.group'],
  ],
  [
    crd(properties({}), {}, { additionalPrinterColumns: [{ name: 'a', type: 'text', jsonPath: '.a[' }] }),
    [
      'spec.versions[0].additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      'spec.versions[0].additionalPrinterColumns[0].jsonPath: Invalid value: ".a[": unrecognized character in action: "["',
    ],
  ],
];

test('definitions are refused with the texts of Kubernetes', () => {
  for (const [definition, findings] of CASES)
    assert.equal(
      validateCrd(definition).map(({ field, message }) => `${field}: ${message}`),
      findings,
    );
});

test('one version is stored', () => {
  const definition = crd(properties({}), {}, { storage: false });
  assert.match(validateCrd(definition)[0]?.message ?? '', 'must have exactly one version marked as storage version');
});

test('scope and names stay', () => {
  const old = crd(properties({}));
  const findings = validateCrdUpdate(crd(properties({}), { scope: 'Cluster' }), old);
  assert.equal(
    findings.map(({ field, message }) => `${field}: ${message}`),
    ['spec.scope: Invalid value: "Cluster": field is immutable'],
  );
});

/** What rules see: some scalars, objects, lists and maps. */
const RULED: Schema = {
  type: 'object',
  properties: {
    min: { type: 'integer' },
    ratio: { type: 'number' },
    name: { type: 'string', maxLength: 10 },
    when: { type: 'string', format: 'date-time' },
    port: { 'x-kubernetes-int-or-string': true },
    kept: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    namespace: { type: 'string' },
    tags: { type: 'object', additionalProperties: { type: 'string' } },
    part: { type: 'object', properties: { size: { type: 'integer' } } },
    parts: { type: 'array', items: { type: 'object', properties: { size: { type: 'integer' } } } },
  },
};

/** A rule, and why it is refused; nothing where it is not. */
const RULES: [rule: string, refused?: string][] = [
  ['self.min < 3 && self.ratio > 1 && self.name.startsWith("a")'],
  ['self.port == 1 || self.port == "http"'],
  ['self.kept.anything == 1'],
  ['self.__namespace__ == "a"'],
  ['.self.min == 1'],
  ['matches(self.name, "^a")'],
  ['self.tags.all(key, self.tags[key] != "")'],
  ['self.parts.exists(each, each.size > self.min)'],
  ['self.part == oldSelf.part && self.part != null'],
  ['self.when > timestamp("2020-01-01T00:00:00Z")'],
  ['self.?part.?size.orValue(0) < 3'],
  ['format.dns1123Label().validate(self.name) == null'],
  ['self.mni < 3', "undefined field 'mni'"],
  ['has(self.mni)', "undefined field 'mni'"],
  ['self.part.sise < 3', "undefined field 'sise'"],
  ['self.parts.all(each, each.sise < 3)', "undefined field 'sise'"],
  ['self.min < "3"', "found no matching overload for '_<_' applied to '(int, string)'"],
  ['self.name == 3', "found no matching overload for '_==_' applied to '(string, int)'"],
  ['self.name.startsWith(1)', "found no matching overload for 'startsWith' applied to 'string.(int)'"],
  ['self.min + 1', 'cel expression must evaluate to a bool'],
  ['self.nothing.at.all', "undefined field 'nothing'"],
  ['other == 1', "undeclared reference to 'other' (in container '')"],
];

test('rules are judged by the types of what they see', async () => {
  await loadCel();
  for (const [rule, refused] of RULES) {
    const findings = validateCrd(crd(properties({ spec: { ...RULED, 'x-kubernetes-validations': [{ rule }] } })));
    if (refused === undefined) assert.equal(findings, [], rule);
    else {
      assert.is(findings[0]?.field, `${at}.properties[spec].x-kubernetes-validations[0].rule`, rule);
      assert.ok(findings[0]?.message?.includes(refused), `${rule}: ${findings[0]?.message}`);
    }
  }
});

/** A rule on the items of a list, and what is told of it. */
const ON_ITEMS: [rule: ValidationRule, list: Schema, told: string | undefined][] = [
  [{ rule: 'self == oldSelf' }, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] }, undefined],
  [
    { rule: 'self == oldSelf' },
    {},
    `oldSelf cannot be used on the uncorrelatable portion of the schema within ${at}.properties[list]`,
  ],
  [{ rule: 'true', optionalOldSelf: true }, {}, 'may not be set if oldSelf is not used in rule'],
  [{ rule: 'true', messageExpression: '1' }, {}, 'messageExpression must evaluate to a string'],
  [
    { rule: 'true', messageExpression: 'nope' },
    {},
    'messageExpression compilation failed: ERROR: <input>:1:1: undeclared',
  ],
];

test('rules on the items of lists, and their messages', async () => {
  await loadCel();
  for (const [rule, list, told] of ON_ITEMS) {
    const items: Schema = {
      type: 'object',
      required: ['k'],
      properties: { k: { type: 'string' } },
      'x-kubernetes-validations': [rule],
    };
    const [finding] = validateCrd(crd(properties({ list: { type: 'array', items, ...list } })));
    if (told === undefined) assert.is(finding, undefined, finding?.message);
    else assert.ok(finding?.message?.includes(told), `${rule.rule}: ${finding?.message}`);
  }
});

const texts = (found: { field?: string; message?: string }[]): string[] =>
  found.map(({ field, message }) => `${field}: ${message}`);

const nested = (maxItems?: number): Schema =>
  properties({
    x: {
      type: 'array',
      items: { type: 'array', items: { type: 'string', maxLength: 64 }, ...(maxItems && { maxItems }) },
      ...(maxItems && { maxItems }),
    },
  });

test('a rule that could take too long is refused, and so are many together', async () => {
  await loadCel();
  const rule = { rule: "self.x.all(s, s.all(s2, s2.contains('a constant')))" };
  const judge = (schema: Schema, rules: ValidationRule[]) =>
    texts(validateCrd(crd(properties({ spec: { ...schema, 'x-kubernetes-validations': rules } }))));
  const place = `${at}.properties[spec].x-kubernetes-validations`;
  const advice =
    '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';
  assert.equal(judge(nested(100), [rule]), []);
  assert.equal(judge(nested(), [rule]).slice(0, 1), [
    `${place}[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x ${advice}`,
  ]);
  const many = judge(nested(500), Array(14).fill(rule));
  assert.equal(many.slice(-2), [
    `${place}[3].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema`,
    `${at}: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of 1.050350x ${advice}`,
  ]);
});

test('a name may be told from the root of all names', async () => {
  await loadCel();
  const schema: Schema = {
    ...nested(1),
    'x-kubernetes-validations': [{ rule: ".self.x.size() > 0 || has(.self.x) && '.a' == '.a'" }],
  };
  assert.equal(texts(validateCrd(crd(properties({ spec: schema })))), []);
});

test.run();
