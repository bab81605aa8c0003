import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { JsonObject } from '../../src/api/json.ts';
import { gvkOf, type KubeObject } from '../../src/api/object.ts';
import { applyJsonPatch } from '../../src/api/patch-json.ts';
import { applyMergePatch, createMergePatch, createThreeWayMergePatch } from '../../src/api/patch-merge.ts';
import { applyStrategicPatch, createThreeWayPatch } from '../../src/api/patch-strategic.ts';
import { typeOf } from '../../src/api/scheme.ts';

interface Golden {
  type: 'json' | 'merge' | 'strategic';
  object: KubeObject;
  patch: unknown;
  result?: unknown;
  error?: string;
}

/** What kubectl 1.36.3 answered to `patch --local`. */
const GOLDEN = JSON.parse(readFileSync(new URL('../golden/api/patches.json', import.meta.url), 'utf8')) as Golden[];

function patched({ type, object, patch }: Golden): unknown {
  if (type === 'json') return applyJsonPatch(object, patch);
  if (type === 'merge') return applyMergePatch(object, patch);
  return applyStrategicPatch(object, patch as JsonObject, typeOf(gvkOf(object))!);
}

for (const type of ['json', 'merge', 'strategic'] as const)
  test(`${type} patches do what kubectl does`, () => {
    for (const golden of GOLDEN.filter((each) => each.type === type)) {
      const label = JSON.stringify(golden.patch);
      const before = structuredClone(golden.object);
      if (golden.error === undefined) assert.equal(patched(golden), golden.result, label);
      else {
        let message = 'no error';
        try {
          patched(golden);
        } catch (error) {
          message = (error as Error).message;
        }
        assert.is(message.trim(), golden.error, label);
      }
      assert.equal(golden.object, before, `${label} changed the original`);
    }
  });

const deployment = typeOf({ group: 'apps', version: 'v1', kind: 'Deployment' })!;
const withContainers = (...containers: object[]): JsonObject => ({ spec: { template: { spec: { containers } } } });
const a1 = { name: 'a', image: '1' };
const a2 = { name: 'a', image: '2' };
const b = { name: 'b', image: '1' };
const side = { name: 'side', image: '1' };

test('a patch leads from one to the other', () => {
  const cases: [before: JsonObject, after: JsonObject, patch: JsonObject][] = [
    [withContainers(a1), withContainers(a1), {}],
    [
      withContainers(a1, b),
      withContainers(a2),
      {
        spec: {
          template: {
            spec: {
              $setElementOrder_: 0,
              containers: [
                { image: '2', name: 'a' },
                { name: 'b', $patch: 'delete' },
              ],
            },
          },
        },
      },
    ],
    [
      { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
      { spec: { strategy: { type: 'Recreate' } } },
      { spec: { strategy: { type: 'Recreate', rollingUpdate: null, $retainKeys: ['type'] } } },
    ],
    [
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { finalizers: ['b', 'c'] } },
      {
        metadata: {
          finalizers: ['c'],
          '$deleteFromPrimitiveList/finalizers': ['a'],
          '$setElementOrder/finalizers': ['b', 'c'],
        },
      },
    ],
  ];
  for (const [before, after, expected] of cases) {
    const patch = createThreeWayPatch(before, after, before, deployment);
    const text = JSON.stringify(expected).replace(
      '"$setElementOrder_":0',
      '"$setElementOrder/containers":[{"name":"a"}]',
    );
    assert.equal(patch, JSON.parse(text));
    assert.equal(applyStrategicPatch(before, patch, deployment), after);
  }
});

test('a three-way patch keeps what others added', () => {
  const patch = createThreeWayPatch(withContainers(a1, b), withContainers(a2), withContainers(a1, side, b), deployment);
  assert.equal(applyStrategicPatch(withContainers(a1, side, b), patch, deployment), withContainers(a2, side));
});

test('a three-way patch gives back what drifted', () => {
  const live = { spec: { replicas: 5, paused: true } };
  const patch = createThreeWayPatch({ spec: { replicas: 1 } }, { spec: { replicas: 1 } }, live, deployment);
  assert.equal(patch, { spec: { replicas: 1 } });
});

test('merge patches lead from one to the other', () => {
  const cases: [before: JsonObject, after: JsonObject, patch: JsonObject][] = [
    [{ a: 1 }, { a: 1 }, {}],
    [{ a: 1, b: 2 }, { a: 2 }, { a: 2, b: null }],
    [{ a: { b: 1, c: 2 } }, { a: { b: 1 } }, { a: { c: null } }],
    [{ a: [1, 2] }, { a: [2] }, { a: [2] }],
    [{ a: {} }, { a: { b: {} } }, { a: { b: {} } }],
  ];
  for (const [before, after, patch] of cases) {
    assert.equal(createMergePatch(before, after), patch);
    assert.equal(applyMergePatch(before, patch), after);
  }
});

test('a three-way merge patch deletes only what was applied', () => {
  assert.equal(createThreeWayMergePatch({ spec: { a: 1, b: 2 } }, { spec: { a: 2 } }, { spec: { a: 1, b: 3, c: 4 } }), {
    spec: { a: 2, b: null },
  });
});

test('hostile keys stay keys', () => {
  const patch = JSON.parse('{"data":{"__proto__":{"x":"y"}}}');
  const result = applyMergePatch({ data: {} }, patch) as { data: object };
  assert.equal(Object.keys(result.data), ['__proto__']);
  assert.is(({} as Record<string, unknown>)['x'], undefined);
});

test('copies cannot make a huge object', () => {
  const grow = Array.from({ length: 5000 }, (_, i) => ({ op: 'copy', from: '/a', path: `/b${i}` }));
  assert.throws(() => applyJsonPatch({ a: 'x'.repeat(1000) }, grow), /exceeding the limit/);
});

test.run();
