/** How large each replica set becomes: the tables of Kubernetes' documented behaviour. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { maxSurge, maxUnavailable, newSetAnnotations } from '../../src/controller/deployment-revisions.ts';
import {
  availableScaleDown,
  newSetSize,
  proportionalSizes,
  unhealthyScaleDown,
} from '../../src/controller/deployment-steps.ts';

const deployment = (
  replicas: number,
  surge: number | string,
  unavailable: number | string,
  more: object = {},
): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: {
    replicas,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
  },
  ...more,
});

let born = 0;
const set = (replicas: number, available = replicas, maxReplicas?: number): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: `rs-${++born}`,
    creationTimestamp: new Date(born * 1000).toISOString(),
    annotations: maxReplicas === undefined ? {} : { 'deployment.kubernetes.io/max-replicas': String(maxReplicas) },
  },
  spec: { replicas },
  status: { replicas, availableReplicas: available },
});

const bounds: [replicas: number, surge: number | string, unavailable: number | string, expected: [number, number]][] = [
  [10, '25%', '25%', [3, 2]],
  [4, '25%', '25%', [1, 1]],
  [1, '25%', '25%', [1, 0]],
  [3, 0, 0, [0, 1]],
  [3, '0%', '0%', [0, 1]],
  [2, 1, 5, [1, 2]],
  [0, '50%', '50%', [0, 0]],
];
for (const [replicas, surge, unavailable, expected] of bounds)
  test(`bounds of ${replicas} with ${surge} more and ${unavailable} fewer`, () => {
    const d = deployment(replicas, surge, unavailable);
    assert.equal([maxSurge(d), maxUnavailable(d)], expected);
  });

const growth: [title: string, replicas: number, surge: number, old: number, now: number, expected: number][] = [
  ['nothing old: all at once', 10, 0, 0, 0, 10],
  ['no room', 10, 0, 10, 0, 0],
  ['as much as the surge', 10, 2, 10, 0, 2],
  ['what the old ones gave up', 10, 2, 8, 0, 4],
  ['never more than wanted', 10, 5, 4, 8, 10],
  ['already more than wanted', 10, 0, 0, 12, 10],
];
for (const [title, replicas, surge, old, now, expected] of growth)
  test(`the new set grows: ${title}`, () => {
    assert.is(newSetSize(deployment(replicas, surge, 0), { newSet: set(now), oldSets: [set(old)] }), expected);
  });

const shrinking: [
  title: string,
  unavailable: number,
  old: [size: number, available: number],
  now: [number, number],
  expected: number[],
][] = [
  ['as many as may be missing', 2, [10, 10], [0, 0], [8]],
  ['nothing while the new ones are not there', 0, [10, 10], [2, 0], []],
  ['one for each new one that is there', 0, [10, 10], [2, 2], [8]],
  ['nothing when too few are there', 2, [10, 8], [0, 0], []],
];
for (const [title, unavailable, old, now, expected] of shrinking)
  test(`old sets shrink: ${title}`, () => {
    const sets = { newSet: set(...now), oldSets: [set(...old)] };
    assert.equal(
      availableScaleDown(deployment(10, 2, unavailable), sets).map(([, size]) => size),
      expected,
    );
  });

test('pods that are of no use go first, from the oldest set on', () => {
  const [older, old] = [set(5, 3), set(5, 5)];
  const sizes = unhealthyScaleDown(deployment(10, 2, 2), { newSet: set(2, 2), oldSets: [old, older] });
  assert.equal(
    sizes.map(([each, size]) => [each === older, size]),
    [[true, 3]],
  );
});

const scaling: [
  title: string,
  replicas: number,
  surge: number,
  sizes: [size: number, max: number][],
  expected: number[],
][] = [
  ['one active set takes all', 5, 2, [[10, 12]], [5]],
  [
    'up, in proportion',
    15,
    3,
    [
      [8, 13],
      [5, 13],
    ],
    [11, 7],
  ],
  [
    'down, in proportion',
    5,
    3,
    [
      [8, 13],
      [5, 13],
    ],
    [5, 3],
  ],
  [
    'to nothing',
    0,
    3,
    [
      [8, 13],
      [5, 13],
    ],
    [0, 0],
  ],
  [
    'rounded each by itself',
    20,
    2,
    [
      [5, 12],
      [4, 12],
      [3, 12],
    ],
    [9, 7, 6],
  ],
  [
    'what rounding leaves goes to the largest, of equals the youngest',
    13,
    0,
    [
      [4, 12],
      [4, 12],
      [4, 12],
    ],
    [4, 4, 5],
  ],
];
for (const [title, replicas, surge, sizes, expected] of scaling)
  test(`scaling in the middle of a rollout: ${title}`, () => {
    const sets = sizes.map(([size, max]) => set(size, size, max));
    const found = proportionalSizes(deployment(replicas, surge, 0), {
      newSet: sets.at(-1),
      oldSets: sets.slice(0, -1),
    });
    assert.equal(
      sets.map((each) => found.find(([one]) => one === each)?.[1]),
      expected,
    );
  });

test('a finished rollout empties the old sets', () => {
  const done = set(3);
  done.metadata.annotations!['deployment.kubernetes.io/desired-replicas'] = '3';
  const old = set(2);
  assert.equal(proportionalSizes(deployment(3, 1, 0), { newSet: done, oldSets: [old] }), [[old, 0]]);
});

test('a set that is rolled back to remembers the revisions it had', () => {
  const d = deployment(1, 1, 0);
  d.metadata.annotations = { note: 'x', 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
  assert.equal(newSetAnnotations(d, {}, 1n), { note: 'x', 'deployment.kubernetes.io/revision': '1' });
  const before = { 'deployment.kubernetes.io/revision': '2', 'deployment.kubernetes.io/revision-history': '1' };
  assert.equal(newSetAnnotations(d, before, 10n), {
    note: 'x',
    'deployment.kubernetes.io/revision': '10',
    'deployment.kubernetes.io/revision-history': '1,2',
  });
});

test.run();
