import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CrdVersion, CustomResourceDefinition, Schema } from '../../../src/apiserver/crd/schema.ts';
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

test.run();
