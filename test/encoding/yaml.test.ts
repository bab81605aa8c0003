/** The golden files hold what helm 4.2.3 answered; the last test asks it anew, about random texts. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseJson, toJson } from '../../src/encoding/json.ts';
import { parseYaml, parseYamlList, parseYamlMap, toYaml, toYamlPretty } from '../../src/encoding/yaml.ts';
import { decodeUtf8 } from '../../src/template/utf8.ts';
import { int64, nilList, typedList, typedMap, type Value, type ValueMap } from '../../src/template/value.ts';
import { fuzzYaml } from '../conformance/fuzz-yaml.ts';
import { realTools } from '../support/real.ts';
import { thrown } from '../support/thrown.ts';

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../golden/encoding/${name}`, import.meta.url), 'utf8'));

const fromYaml = (text: string): ValueMap => {
  try {
    return parseYamlMap(text);
  } catch (error) {
    return { Error: (error as Error).message };
  }
};

const trimmed = (write: () => string): string => {
  try {
    return write().replace(/\n$/, '');
  } catch {
    return '';
  }
};

test('fromYaml: the 204 texts of the oracle', () => {
  const cases = Object.entries<{ yaml: string; fromYaml: unknown }>(golden('from-yaml.json'));
  assert.is(cases.length, 204);
  for (const [name, { yaml, fromYaml: expected }] of cases) assert.equal(fromYaml(yaml), expected, name);
});

test('fromYaml: odd forms, errors, bytes', () => {
  for (const [input, expected] of golden('yaml-read.json') as [string | { base64: string }, string][]) {
    const text = typeof input === 'string' ? input : decodeUtf8(Buffer.from(input.base64, 'base64'));
    assert.is(toJson(fromYaml(text)), expected, JSON.stringify(text).slice(0, 200));
  }
});

test('toYaml, toYamlPretty and toJson', () => {
  for (const [json, yaml, pretty, back] of golden('yaml-write.json') as string[][]) {
    const value = parseJson(json!);
    assert.is(
      trimmed(() => toYaml(value)),
      yaml,
      json!.slice(0, 200),
    );
    assert.is(
      trimmed(() => toYamlPretty(value)),
      pretty,
      json!.slice(0, 200),
    );
    assert.is(toJson(value), back);
  }
});

test('Go types that only templates have', () => {
  const cases: [Value, string, string][] = [
    [1000000n, '1000000\n', '1000000\n'],
    [1000000, '1000000\n', '1e+06\n'],
    [int64(5), '5\n', '5\n'],
    [nilList(), 'null\n', '[]\n'],
    [typedList('[]uint8', [104, 105]), 'aGk=\n', '- 104\n- 105\n'],
    [typedMap('map[string]string', { a: 'b' }), 'a: b\n', 'a: b\n'],
    ['\udcff', '�\n', '!!binary /w==\n'],
    [Number.NaN, '', '.nan\n'],
  ];
  for (const [value, yaml, pretty] of cases) {
    if (yaml !== '') assert.is(toYaml(value), yaml);
    assert.is(toYamlPretty(value), pretty);
  }
  assert.is(
    thrown(() => toYaml(Number.NaN)),
    'json: unsupported value: NaN',
  );
});

test('maps and lists are asked for by name', () => {
  assert.equal(parseYamlMap(''), {});
  assert.equal(parseYamlList('null'), []);
  assert.equal(parseYamlList('[1, a]'), [1, 'a']);
  assert.is(
    thrown(() => parseYamlList('a: 1')),
    'error unmarshaling JSON: while decoding JSON: json: cannot unmarshal object into Go value of type []interface {}',
  );
  assert.is(parseYaml('"x"'), 'x');
  assert.equal(parseYaml('[1, 1.0, 9007199254740993]', { bigints: true }), [1n, 1, 9007199254740993n]);
});

test('hostile texts end soon, with a clear error', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi']
    .map((name, i) => `${name}: &${name} [${`*${'abcdefghi'[i]},`.repeat(9)}]\n`)
    .join('')}`;
  const cases: [string, RegExp][] = [
    ['['.repeat(100_000), /exceeded max depth of 1000/],
    ['{a: '.repeat(100_000), /exceeded max depth of 1000/],
    ['- '.repeat(100_000), /exceeded max depth of 1000/],
    [Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /exceeded max depth of 1000/],
    [bomb, /document contains excessive aliasing/],
    ['a: &a [*a]', /anchor 'a' value contains itself/],
    [`a: "${'x\n'.repeat(50_000)}`, /found unexpected end of stream/],
  ];
  for (const [text, expected] of cases)
    assert.match(
      thrown(() => parseYaml(text)),
      expected,
    );
  assert.is((parseYaml(`${'- '.repeat(900)}x`) as Value[]).length, 1);
  const hostile = parseYaml('__proto__: {polluted: 1}\n<<: {__proto__: {polluted: 2}}') as ValueMap;
  assert.is(({} as { polluted?: number }).polluted, undefined);
  assert.ok(Object.hasOwn(hostile, '__proto__'));
});

test('aliases are copies', () => {
  const { a, b } = parseYamlMap('a: &x {l: [1]}\nb: *x\n') as { a: { l: Value[] }; b: { l: Value[] } };
  a.l.push(2);
  assert.equal(b.l, [1]);
});

if (realTools()) {
  test('real helm agrees on random texts and values', () => {
    const { asked, differences } = fuzzYaml({ seconds: 1, seed: 20 });
    assert.ok(asked > 1000);
    assert.equal(differences, []);
  });
} else {
  test.skip('real helm agrees on random texts and values (no helm for this platform)', () => {});
}

test.run();
