/** The golden file holds what helm 4.2.3 said of values against schemas; the order of keys is random there. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type SchemaChart, schemaProblems } from '../../src/values/schema.ts';

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../golden/values/${name}`, import.meta.url), 'utf8')) as [
    schema: object,
    values: Record<string, never>,
    problems: string,
  ][];

const inOrder = (problems: string): string =>
  problems
    .replace(/\n+$/, '')
    .split('\n')
    .map((line) => line.replace(/additional properties (.*) not/, (_, keys: string) => keys.split(', ').sort().join()))
    .sort()
    .join('\n');

const chart = (name: string, schema: unknown, dependencies: SchemaChart[] = []): SchemaChart => ({
  name,
  values: {},
  schema: schema === undefined ? undefined : typeof schema === 'string' ? schema : JSON.stringify(schema),
  dependencies,
});

test('every keyword of every draft', async () => {
  for (const [schema, values, problems] of golden('schema.json')) {
    const found = await schemaProblems(chart('sc', schema), values);
    assert.is(inOrder(found), inOrder(problems), JSON.stringify([schema, values]));
  }
});

test('schemas that break the rules of their draft', async () => {
  for (const [schema, values, problems] of golden('metaschema.json')) {
    // Of identifiers and patterns that the drafts do not check, the words differ.
    if (/^sc:\n(error in parsing|invalid regex)/.test(problems)) continue;
    const found = await schemaProblems(chart('sc', schema), values);
    assert.is(inOrder(found), inOrder(problems), JSON.stringify(schema));
  }
});

test('subcharts are told after their parent', async () => {
  const text = { properties: { a: { type: 'string' } } };
  const parent = chart('parent', text, [chart('sub', text), chart('other', undefined), chart('none', text)]);
  assert.is(
    await schemaProblems(parent, { a: 1, sub: { a: 2 }, other: { a: 3 } }),
    "parent:\n- at '/a': got number, want string\nsub:\n- at '/a': got number, want string\n",
  );
  assert.is(
    await schemaProblems(parent, { a: '', sub: 'x' }),
    'sub:\ninvalid type for values: expected object (map), got string\n',
  );
});

test('schemas that are none', async () => {
  for (const [schema, problem] of [
    ['', 'EOF'],
    ['{bad', "invalid character 'b' looking for beginning of object key string"],
    ['{"$ref": "http://x/y"}', 'failing loading "http://x/y": offline'],
  ] as const) {
    const load = () => Promise.reject(new Error('offline'));
    assert.is(await schemaProblems(chart('c', schema), {}, { load }), `c:\n${problem}`);
  }
});

test('other documents are loaded once, unknown URNs are let through', async () => {
  const loaded: string[] = [];
  const load = async (url: string) => {
    loaded.push(url);
    return '{"$defs": {"s": {"type": "string"}}, "properties": {"b": {"$ref": "http://x/y#/$defs/s"}}}';
  };
  const schema = {
    properties: { a: { $ref: 'http://x/y#/$defs/s' }, c: { $ref: 'http://x/y' }, d: { $ref: 'urn:q' } },
  };
  const warnings: string[] = [];
  const found = await schemaProblems(
    chart('c', schema),
    { a: 1, c: { b: 2 }, d: 3 },
    {
      load,
      warn: (message) => warnings.push(message),
    },
  );
  assert.is(found, "c:\n- at '/a': got number, want string\n- at '/c/b': got number, want string\n");
  assert.equal(loaded, ['http://x/y']);
  assert.is(warnings.length, 1);
});

test('what nothing refers to is not loaded', async () => {
  const load = () => Promise.reject(new Error('offline'));
  const schema = {
    definitions: { a: { $ref: 'http://x/y' }, b: { $ref: '#/nowhere' }, c: { type: 'string' } },
    properties: { c: { $ref: '#/definitions/c' } },
  };
  assert.is(await schemaProblems(chart('c', schema), { c: '' }, { load }), '');
  const nowhere = { properties: { unset: { $ref: '#/nowhere' } } };
  assert.is(
    await schemaProblems(chart('c', nowhere), {}),
    'c:\njson-pointer in "file:///values.schema.json#/nowhere" not found',
  );
});

test('addresses count from the document that they stand in', async () => {
  const documents: Record<string, string> = {
    'http://x/a/first.json': '{"properties": {"b": {"$ref": "second.json#/s"}}}',
    'http://x/a/second.json': '{"s": {"$ref": "#/t"}, "t": {"type": "string"}}',
  };
  const load = async (url: string) => documents[url]!;
  assert.is(
    await schemaProblems(chart('c', { $ref: 'http://x/a/first.json' }), { b: 1 }, { load }),
    "c:\n- at '/b': got number, want string\n",
  );
});

test('a schema of schemas', async () => {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    properties: { s: { $ref: 'http://json-schema.org/draft-07/schema#' } },
  };
  assert.is(await schemaProblems(chart('c', schema), { s: { minLength: 1 } }), '');
  assert.match(
    await schemaProblems(chart('c', schema), { s: { title: 1 } }),
    "- at '/s/title': got number, want string",
  );
});

test('cycles and depth end', async () => {
  const deep = { properties: { a: { $ref: '#' } } };
  let values: Record<string, unknown> = {};
  for (let i = 0; i < 100; i++) values = { a: values };
  assert.is(await schemaProblems(chart('c', deep), values as never), '');
  assert.match(await schemaProblems(chart('c', { anyOf: [{ $ref: '#' }] }), {}), 'reference cycle');
});

test.run();
