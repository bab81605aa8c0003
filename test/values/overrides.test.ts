/** The golden file holds what helm 4.2.3 made of flags, over the values of one chart. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { toJson } from '../../src/encoding/json.ts';
import { parseYamlMap } from '../../src/encoding/yaml.ts';
import type { ValueMap } from '../../src/template/value.ts';
import { coalesceValues } from '../../src/values/coalesce.ts';
import { parseValues } from '../../src/values/load.ts';
import { mergeOverrides, type Overrides } from '../../src/values/overrides.ts';
import { parseSet } from '../../src/values/strvals.ts';

type Flag = [name: string, value: string];
const golden = JSON.parse(readFileSync(new URL('../golden/values/set.json', import.meta.url), 'utf8')) as [
  Flag[],
  { values?: ValueMap; error?: string; log?: string[] },
][];

const CHART = {
  name: 's',
  values: parseYamlMap(
    'l: [a, b]\nm: {k: 1, n: {o: 2}}\ns: text\nn: 5\nz: null\nlm: [{a: 1}, {b: 2}]\nll: [[1, 2], [3]]\n',
  ),
  dependencies: [],
};

const FILES: Record<string, string> = {
  'files/f.txt': 'file text\n',
  'files/v1.yaml': 'm: {k: 9, x: 1}\nl: null\n',
  'files/v2.yaml': 'm: {n: null}\ns: {a: 1}\n--- # c\nb: 1\n',
};

const readFile = (path: string): string => {
  const text = FILES[path];
  if (text === undefined) throw new Error(`open ${path}: no such file or directory`);
  return text;
};

const KEYS: Record<string, keyof Overrides> = {
  '-f': 'files',
  '--set': 'set',
  '--set-string': 'setString',
  '--set-file': 'setFile',
  '--set-json': 'setJson',
  '--set-literal': 'setLiteral',
};

function overridesOf(flags: Flag[]): Overrides {
  const overrides: Record<string, string[]> = {};
  for (const [name, value] of flags) (overrides[KEYS[name]!] ??= []).push(value);
  return overrides;
}

async function answer(flags: Flag[]) {
  const log: string[] = [];
  try {
    const overrides = await mergeOverrides(overridesOf(flags), readFile);
    const values = coalesceValues(CHART, overrides, (message) => log.push(`level=INFO msg="${message}"`));
    return { values: JSON.parse(toJson(values)), ...(log.length > 0 ? { log: log.sort() } : {}) };
  } catch (error) {
    return { error: `Error: ${(error as Error).message}` };
  }
}

test('flags over the values of a chart', async () => {
  for (const [flags, expected] of golden) assert.equal(await answer(flags), expected, JSON.stringify(flags));
});

test('types', () => {
  const values: ValueMap = {};
  parseSet('a=1,b=1.0,c=true,d=null', values);
  assert.is((values.a as { type: string }).type, 'int64');
  assert.is(values.b, '1.0');
  assert.is(values.c, true);
  assert.is(values.d, null);
});

test('what stands in the way of a path', () => {
  const cases: [string, string][] = [
    ['s.x=1', 'unable to parse key: interface conversion: interface {} is string, not map[string]interface {}'],
    ['s[0]=1', 'unable to parse key: interface conversion: interface {} is string, not []interface {}'],
    ['n.x=1', 'unable to parse key: interface conversion: interface {} is nil, not map[string]interface {}'],
    ['l.x=1', 'unable to parse key: interface conversion: interface {} is []interface {}, not map[string]interface {}'],
    ['l[0][1]=1', 'unable to parse key: interface conversion: interface {} is float64, not []interface {}'],
  ];
  for (const [text, message] of cases)
    assert.throws(() => parseSet(text, { s: 'x', n: null, l: [1] }), new RegExp(message.replace(/[[\]{}.]/g, '\\$&')));
});

test('hostile flags', () => {
  const values: ValueMap = {};
  parseSet('__proto__.x=1,constructor.prototype.y=2', values);
  assert.is(({} as { x?: number }).x, undefined);
  assert.ok(Object.hasOwn(values, '__proto__'));
  assert.throws(() => parseSet(`a${'[0]'.repeat(40_000)}=1`, {}), /nested more than/);
  parseSet(`a={${'x,'.repeat(50_000)}y}`, values);
  assert.is((values.a as string[]).length, 50_001);
});

test('values files: documents one by one', () => {
  const cases: [string, ValueMap | string][] = [
    ['', {}],
    ['a: 1\n---\na: {b: 2}\n---\na: {c: 3}', { a: { b: 2, c: 3 } }],
    ['---\na: 1', { a: 1 }],
    ['--- # comment\na: 1\n---\n', { a: 1 }],
    ['a: |\n  text', { a: 'text\n' }],
    ['a: 1\r\n---\r\nb: 2\r\n', { a: 1, b: 2 }],
    ['a: 1\n ---\n', { a: '1 ---' }],
    // A last line without an end is lost where it fills Helm's buffer to the brim.
    [`a: 1\n${'b: é'.padEnd(4095, 'x')}`, { a: 1 }],
    [`a: 1\n${'b: é'.padEnd(4095, 'x')}\n`, { a: 1, b: 'é'.padEnd(4092, 'x') }],
    ['--- {a: 1}', 'error reading yaml document: invalid Yaml document separator: {a: 1}'],
    ['a: b: c', 'cannot unmarshal yaml document: error converting YAML to JSON: yaml: mapping values'],
    ['---\na: b: c', 'yaml: line 2: mapping values are not allowed in this context'],
    ['- a', 'cannot unmarshal array into Go value of type map[string]interface {}'],
  ];
  for (const [text, expected] of cases) {
    let found: ValueMap | string;
    try {
      found = parseValues(text);
    } catch (error) {
      found = (error as Error).message;
    }
    if (typeof expected === 'string') assert.ok(String(found).includes(expected), `${JSON.stringify(text)}: ${found}`);
    else assert.equal(found, expected, text);
  }
});

test.run();
