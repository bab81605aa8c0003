import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadCel } from '../../../src/apiserver/cel/language.ts';
import { estimateCost } from '../../../src/apiserver/crd/estimate-cost.ts';
import { sizedOf } from '../../../src/apiserver/crd/rule-sizes.ts';
import type { Schema } from '../../../src/apiserver/crd/schema.ts';

const INT_OR_STRING: Schema = { 'x-kubernetes-int-or-string': true };
const number: Schema = { type: 'number' };
const string: Schema = { type: 'string' };
const list = (items: Schema, maxItems?: number): Schema => ({ type: 'array', items, ...(maxItems && { maxItems }) });
const map = (values: Schema, maxProperties?: number): Schema => ({
  type: 'object',
  additionalProperties: values,
  ...(maxProperties && { maxProperties }),
});
const time = (format: string): Schema => ({ type: 'string', format });
const thing: Schema = { type: 'object', properties: { required: string, optional: string }, required: ['required'] };

/** What a real API server estimates: the figures are those of its own tests. */
const CASES: [schema: Schema, rule: string, cost: number][] = [
  [list(number), 'self.all(x, true)', 4718591],
  [list(number, 10), 'self.all(x, true)', 32],
  [list(string), 'self.all(x, true)', 3145727],
  [list({ type: 'boolean' }), 'self.all(x, true)', 1887437],
  [list(list(number)), 'self.all(x, true)', 3145727],
  [list(thing), 'self.all(x, true)', 555128],
  [map(number), 'self.all(x, true)', 1348169],
  [map(string), 'self.all(x, true)', 1179647],
  [map(number), 'has(self.x)', 0],
  [string, "self.contains('test')", 314574],
  [{ ...string, maxLength: 10 }, "self.contains('test')", 5],
  [string, "self.startsWith('test')", 2],
  [string, "self.endsWith('test')", 2],
  [string, 'size(self + "hello") > size("hello")', 314578],
  [{ ...string, maxLength: 4 }, 'size(self + "hello") > size("hello")', 7],
  [list(number), 'self[1] == 0.0', 2],
  [list(string), 'self[1] == self[1]', 314577],
  [list(number, 10), 'self.all(x, self.all(y, true))', 352],
  [list(number, 10), 'self.all(x, self.all(y, self.all(z, true)))', 3552],
  [string, 'self.matches("x")', 314574],
  [{ ...string, maxLength: 50 }, 'self.matches("x")', 22],
  [string, '"".matches("(((((((((())))))))))[0-9]")', 7],
  [map(string), 'self.all(x, x.contains(self[x]))', 2752507],
  [list(number), 'self.all(x, x == 0.0)', 6291454],
  [list(INT_OR_STRING), 'self.all(x, true)', 4718591],
  [list(INT_OR_STRING), 'self[0] == 5', 3],
  [list(thing), 'self[0] == null', 2],
  [list(list(number)), 'self[0][0] == -1.0', 3],
  [list(map(number)), 'self.all(x, x.y == 25.2)', 6291452],
  [list(time('duration')), 'self.all(x, true)', 2359295],
  [list(time('duration')), 'self[0].getHours() == 2', 4],
  [list(time('date')), 'self.all(x, true)', 725936],
  [list(time('date-time')), 'self.all(x, true)', 428963],
  [map(time('date')), 'self.all(x, true)', 524288],
  [string, "self.find('[0-9]+') == ''", 629147],
];

test('the cost of a rule is estimated as an API server does', async () => {
  const cel = await loadCel();
  for (const [schema, rule, cost] of CASES)
    assert.is(estimateCost(cel.parse(rule), sizedOf(schema, false)!), cost, `${rule} of ${JSON.stringify(schema)}`);
});

test.run();
