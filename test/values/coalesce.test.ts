/** The golden file holds what each chart's templates saw as .Values in helm 4.2.3, for random trees of charts. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { toJson } from '../../src/encoding/json.ts';
import type { Value, ValueMap } from '../../src/template/value.ts';
import { coalesceTables, coalesceValues, mergeTables, type ValuesChart } from '../../src/values/coalesce.ts';
import { importValues } from '../../src/values/imports.ts';
import { deepCopy, mergeMaps } from '../../src/values/merge.ts';
import { missingTable, tableAt, valueAt } from '../../src/values/paths.ts';

interface Case {
  values: ValueMap;
  sub: { values: ValueMap; deep: { values: ValueMap } };
  other: { values: ValueMap };
  over: ValueMap;
  imports: Value[];
}

const golden = JSON.parse(readFileSync(new URL('../golden/values/coalesce.json', import.meta.url), 'utf8')) as [
  Case,
  { values?: Record<string, unknown>; log?: string[]; error?: string },
][];

function answer({ values, sub, other, over, imports }: Case) {
  const log: string[] = [];
  const warn = (message: string) => void log.push(message);
  const deep: ValuesChart = { name: 'deep', values: sub.deep.values, dependencies: [] };
  const dependencies: ValuesChart[] = [
    { name: 'sub', values: sub.values, dependencies: [deep] },
    { name: 'other', values: other.values, dependencies: [] },
  ];
  let top: ValuesChart = { name: 'top', values, dependencies };
  try {
    if (imports.length > 0) {
      // As helm: the conditions of dependencies are looked up first.
      coalesceValues(top, over, warn);
      const declared = [
        { name: 'sub', importValues: imports },
        { name: 'other', importValues: [] },
      ];
      top = { ...top, values: importValues(top, declared, { values: warn }).values };
    }
    const result = JSON.parse(toJson(coalesceValues(top, over, warn)));
    return { values: { top: result, sub: result.sub, deep: result.sub.deep, other: result.other }, log: log.sort() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

test('random trees of charts', () => {
  for (const [tree, expected] of golden) {
    const before = JSON.stringify(tree);
    const { log, ...found } = answer(tree);
    const { log: expectedLog, ...wanted } = expected;
    assert.equal(found, wanted, before);
    // Of tables in the messages Go prints the keys in its own way; the number of messages is enough.
    assert.is(log?.length, expectedLog?.length, before);
    assert.is(JSON.stringify(tree), before, 'the charts are left alone');
  }
});

test('warnings', () => {
  const log: string[] = [];
  const warn = (message: string) => void log.push(message);
  const sub = { name: 'sub', values: {}, dependencies: [] };
  const chart = { name: 'c', values: { a: { b: 1 }, t: { u: { v: 1 } }, x: 'y' }, dependencies: [sub] };
  coalesceValues(chart, { t: { u: 3 }, x: { d: 1 }, global: { a: 1 }, sub: { global: { a: { b: 1 } } } }, warn);
  coalesceValues(chart, { global: 3 }, warn);
  coalesceValues(chart, { global: { a: {} }, sub: { global: { a: 1 } } }, warn);
  assert.equal(log, [
    'warning: cannot overwrite table with non table for c.t.u (map[v:1])',
    'warning: skipped value for c.x: Not a table.',
    'key a is table. Skipping',
    'warning: skipping globals because source global is not a table.',
    'Conflict: cannot merge map onto non-map for "a". Skipping.',
  ]);
});

test('tables', () => {
  assert.equal(coalesceTables({ a: null, b: null }, { a: 1 }), { b: null });
  assert.equal(mergeTables({ a: null }, { a: 1, c: { d: null } }), { a: null, c: { d: null } });
  assert.equal(mergeMaps({ a: { b: 1 }, c: 1 }, { a: { d: 2 }, c: null }), { a: { b: 1, d: 2 }, c: null });
  const original = { a: [{ b: 1 }] };
  const copy = deepCopy(original);
  copy.a[0]!.b = 2;
  assert.is(original.a[0]!.b, 1);
});

test('paths', () => {
  const values = { a: { b: { c: 1, d: {} } }, e: false };
  assert.is(valueAt(values, 'a.b.c'), 1);
  assert.is(valueAt(values, 'a.b.d'), undefined);
  assert.is(valueAt(values, 'e'), false);
  assert.is(valueAt(values, 'e.x'), undefined);
  assert.is(valueAt(values, 'constructor'), undefined);
  assert.equal(tableAt(values, 'a.b'), { c: 1, d: {} });
  assert.is(tableAt(values, 'a.x'), undefined);
  assert.is(missingTable(values, 'a.x.y'), 'x');
});

test('imports are kept in their long form, and what is missing is told', () => {
  const missing: unknown[] = [];
  const sub = { name: 'sub', values: { exports: { e: { x: 1 } } }, dependencies: [] };
  const { values, imports } = importValues(
    { name: 'c', values: { x: 2 }, dependencies: [sub] },
    [{ name: 'sub', importValues: ['e', 'no', { child: 'q', parent: 'r' }, 7] }],
    { imports: (message, fields) => missing.push([message, fields]) },
  );
  assert.is(values.x, 2);
  assert.equal(imports, [
    [
      { child: 'exports.e', parent: '.' },
      { child: 'exports.no', parent: '.' },
      { child: 'q', parent: 'r' },
    ],
  ]);
  assert.equal(missing, [
    ['ImportValues missing table', { error: '"no" is not a table' }],
    ['ImportValues missing table from chart', { chart: 'sub', error: '"q" is not a table' }],
  ]);
});

test.run();
