/** JSON as Go writes and reads it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseJson, parseJsonList, parseJsonMap, toJson, toPrettyJson, toRawJson } from '../../src/encoding/json.ts';
import { GoInt, int64, nilList, typedList, type Value } from '../../src/template/value.ts';
import { thrown } from '../support/thrown.ts';

test('writing', () => {
  const cases: [Value, string][] = [
    [null, 'null'],
    [1, '1'],
    [1e21, '1e+21'],
    [1e-7, '1e-7'],
    [1e-10, '1e-10'],
    [-0, '-0'],
    [123456789012345680000, '123456789012345680000'],
    [10n, '10'],
    [int64(-5), '-5'],
    ['<a>&\u2028\b\f\x01\x7f"\\', '"\\u003ca\\u003e\\u0026\\u2028\\b\\f\\u0001\x7f\\"\\\\"'],
    ['\udcff', '"\\ufffd"'],
    [nilList(), 'null'],
    [typedList('[]uint8', [new GoInt('uint8', 104n), 105]), '"aGk="'],
    [{ b: 1, a: [], '\uffff': 2, '😀': 3 }, '{"a":[],"b":1,"\uffff":2,"😀":3}'],
    [[undefined], '[null]'],
  ];
  for (const [value, json] of cases) assert.is(toJson(value), json);
  assert.is(toRawJson('<a>&'), '"<a>&"');
  assert.is(
    toPrettyJson({ a: [1, { b: {} }], c: [] }),
    '{\n  "a": [\n    1,\n    {\n      "b": {}\n    }\n  ],\n  "c": []\n}',
  );
  assert.is(
    thrown(() => toJson(Number.NaN)),
    'json: unsupported value: NaN',
  );
  assert.is(
    thrown(() => toJson([Number.NEGATIVE_INFINITY])),
    'json: unsupported value: -Inf',
  );
});

test('reading', () => {
  const cases: [string, Value][] = [
    [' {"a": [1, 2.5e3, true, null, "x\\u00e9\\ud83d\\ude00"]} ', { a: [1, 2500, true, null, 'xé😀'] }],
    ['"\\ud800x"', '\ufffdx'],
    ['"\udcff"', '\ufffd'],
    ['1e5', 100000],
    ['{"a":1,"a":2}', { a: 2 }],
    ['[]', []],
    ['-0.5', -0.5],
  ];
  for (const [json, value] of cases) assert.equal(parseJson(json), value, json);
  assert.equal(parseJson('[1, 1.0, 9223372036854775808]', { useInt64: true }), [int64(1), 1, 2 ** 63]);
  assert.ok(Object.hasOwn(parseJsonMap('{"__proto__": 1}'), '__proto__'));
  assert.ok(Object.hasOwn(parseJsonMap('{"__proto__": 1e1}'), '__proto__'));
});

test('deep values are written, deeper ones refused', () => {
  const nested = (depth: number): Value => {
    let value: Value = [];
    for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
    return value;
  };
  assert.equal(parseJson(toJson(nested(900))), nested(900));
  assert.is(
    thrown(() => toJson(nested(5000))),
    'json: exceeded max depth',
  );
});

test("Go's errors", () => {
  const cases: [string, string][] = [
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['[1,', 'unexpected end of JSON input'],
    ['"a', 'unexpected end of JSON input'],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
    ['{a', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1', "invalid character '1' after object key"],
    ['{"a":1 x', "invalid character 'x' after object key:value pair"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['1 2', "invalid character '2' after top-level value"],
    ['01', "invalid character '1' after top-level value"],
    ['-', "invalid character ' ' in numeric literal"],
    ['-a', "invalid character 'a' in numeric literal"],
    ['1.a', "invalid character 'a' after decimal point in numeric literal"],
    ['1ea', "invalid character 'a' in exponent of numeric literal"],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['nul', "invalid character ' ' in literal null (expecting 'l')"],
    ['"\\', "invalid character ' ' in string escape code"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\x01"', "invalid character '\\x01' in string literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ['1e400', 'json: cannot unmarshal number 1e400 into Go value of type float64'],
    ['['.repeat(20000), 'exceeded max depth'],
    [`${'['.repeat(20000)}${']'.repeat(20000)}`, 'exceeded max depth'],
    [`${'["}",'.repeat(20000)}1${']'.repeat(20000)}`, 'exceeded max depth'],
    [`${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`, 'exceeded max depth'],
  ];
  for (const [json, message] of cases)
    assert.is(
      thrown(() => parseJson(json)),
      message,
      json.slice(0, 40),
    );
  assert.is(
    thrown(() => parseJsonMap('[1]')),
    'json: cannot unmarshal array into Go value of type map[string]interface {}',
  );
  assert.is(
    thrown(() => parseJsonList('"x"')),
    'json: cannot unmarshal string into Go value of type []interface {}',
  );
});

test.run();
