/** HorizontalPodAutoscaler: its arithmetic as tables, its limits over time, and what it says of metrics. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import {
  DEPLOYMENTS,
  EVENTS,
  HORIZONTAL_POD_AUTOSCALERS,
  NAMESPACES,
  PODS,
  SERVICES,
} from '../../src/client/resources.ts';
import { limitReplicas, newHistory, recordChange } from '../../src/controller/autoscaler-limits.ts';
import {
  byAverage,
  byUtilization,
  type PodSample,
  replicasForPods,
  replicasForShare,
  replicasForValue,
} from '../../src/controller/replica-calculator.ts';
import { deployment, service, template } from './objects.ts';
import { type Plane, withPlane } from './plane.ts';

const TOLERANCES = { up: 0.1, down: 0.1 };

/** `300` measured, `i` ignored, `m` missing; each requests 1000. */
const samples = (text: string): PodSample[] =>
  text.split(' ').map((word) => ({
    state: word === 'i' ? 'ignored' : word === 'm' ? 'missing' : 'measured',
    value: Number(word) || 0,
    full: 1000,
  }));

for (const [title, pods, target, current, replicas, utilization] of [
  ['grows by what is used', '300 500 700', 30, 3, 5, 50],
  ['shrinks by what is used', '100 300 500 250 250', 50, 5, 3, 28],
  ['stays within the tolerance', '510 520 530', 50, 3, 3, 52],
  ['stays at the tolerance', '550 550', 50, 2, 2, 55],
  ['grows beyond it', '560 560', 50, 2, 3, 56],
  ['a fraction makes a whole pod', '900 900 900', 60, 3, 5, 90],
  ['pods that start count as idle when growing', '500 700 i i', 30, 4, 4, 60],
  ['… and hold back what is asked for', '800 900 i', 30, 3, 6, 85],
  ['pods that start do not count when shrinking', '100 100 i', 50, 3, 1, 10],
  ['pods without a value count as busy when shrinking', '100 100 m m', 50, 4, 4, 10],
  ['… and as idle when growing', '900 900 m', 50, 3, 4, 90],
  ['a change of direction is none', '600 m', 50, 2, 2, 60],
  ['nothing used', '0 0 0', 50, 3, 0, 0],
] as [string, string, number, number, number, number][])
  test(`utilisation: ${title}`, () => {
    const found = replicasForPods(samples(pods), byUtilization(target), current, TOLERANCES);
    assert.equal([found.replicas, found.utilization], [replicas, utilization]);
  });

for (const [title, pods, target, current, replicas, average] of [
  ['grows', '20000 10000 30000', 15_000, 3, 4, 20_000],
  ['shrinks', '12000 12000 12000', 20_000, 3, 2, 12_000],
  ['stays', '10000 10700', 10_000, 2, 2, 10_350],
] as [string, string, number, number, number, number][])
  test(`average: ${title}`, () => {
    const found = replicasForPods(samples(pods), byAverage(target), current, TOLERANCES);
    assert.equal([found.replicas, found.average], [replicas, average]);
  });

test('values: of the whole, shared out, and from nothing', () => {
  assert.is(replicasForValue(1.5, 4, 4, TOLERANCES), 6);
  assert.is(replicasForValue(1.05, 4, 4, TOLERANCES), 4);
  assert.is(replicasForValue(2.2, 0, 0, TOLERANCES), 3, 'with no replicas the ratio is their number');
  assert.is(replicasForShare(60, 10, 4, TOLERANCES), 6);
  assert.is(replicasForShare(42, 10, 4, TOLERANCES), 4);
  assert.is(replicasForValue(1.15, 10, 10, { up: 0.2, down: 0.1 }), 10, 'a tolerance of its own');
});

test('no pod that was measured', () => {
  assert.throws(
    () => replicasForPods(samples('i m'), byAverage(1), 2, TOLERANCES),
    'did not receive metrics for any ready pods',
  );
});

const SPEC = { minReplicas: 1, maxReplicas: 100 };
/** Kubernetes' defaults, as its API server fills them in. */
const up = (rules: object = {}) => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
  ...rules,
});
const down = (rules: object = {}) => ({
  stabilizationWindowSeconds: 300,
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  ...rules,
});
const policy = (type: string, value: number, periodSeconds = 60) => ({ policies: [{ type, value, periodSeconds }] });

/** Every 15 seconds the metrics ask for a size: what is set, step by step, and why it was limited last. */
for (const [title, spec, start, asked, set, reasons] of [
  ['without a behaviour: twice as many or four', SPEC, 1, '50 50 50 50', '4 8 16 32', 'ReadyForNewScale ScaleUpLimit'],
  ['… up to the most', { ...SPEC, maxReplicas: 6 }, 3, '50', '6', 'ReadyForNewScale TooManyReplicas'],
  [
    '… down to the least once five minutes are over',
    { ...SPEC, minReplicas: 2 },
    5,
    '0 '.repeat(21).trim(),
    `${'5 '.repeat(20)}2`,
    'ReadyForNewScale TooFewReplicas',
  ],
  ['what was asked for lately counts', SPEC, 4, '8 3 3', '8 8 8', 'ScaleDownStabilized DesiredWithinRange'],
  [
    'behaviour: the default rates',
    { ...SPEC, behavior: { scaleUp: up(), scaleDown: down() } },
    1,
    '50 50 50',
    '5 10 20',
    'ReadyForNewScale ScaleUpLimit',
  ],
  [
    'behaviour: so many pods a minute',
    { ...SPEC, behavior: { scaleUp: up(policy('Pods', 2)), scaleDown: down() } },
    3,
    '9 9 9 9 9',
    '5 5 5 5 7',
    'ReadyForNewScale ScaleUpLimit',
  ],
  [
    'behaviour: a tenth a minute, rounded up',
    { ...SPEC, behavior: { scaleUp: up(policy('Percent', 10)), scaleDown: down() } },
    11,
    '50 50',
    '13 13',
    'ReadyForNewScale ScaleUpLimit',
  ],
  [
    'behaviour: the smallest of two policies',
    { ...SPEC, behavior: { scaleUp: up({ selectPolicy: 'Min' }), scaleDown: down() } },
    10,
    '50',
    '14',
    'ReadyForNewScale ScaleUpLimit',
  ],
  [
    'behaviour: never up',
    { ...SPEC, behavior: { scaleUp: up({ selectPolicy: 'Disabled' }), scaleDown: down() } },
    3,
    '50',
    '3',
    'ReadyForNewScale ScaleUpLimit',
  ],
  [
    'behaviour: down two pods a minute, at once',
    { ...SPEC, behavior: { scaleUp: up(), scaleDown: down({ stabilizationWindowSeconds: 0, ...policy('Pods', 2) }) } },
    9,
    '1 1 1 1 1',
    '7 7 7 7 5',
    'ReadyForNewScale ScaleDownLimit',
  ],
  [
    'behaviour: down by halves',
    {
      ...SPEC,
      behavior: { scaleUp: up(), scaleDown: down({ stabilizationWindowSeconds: 0, ...policy('Percent', 50, 15) }) },
    },
    9,
    '1 1 1 1',
    '4 2 1 1',
    'ReadyForNewScale DesiredWithinRange',
  ],
  [
    'behaviour: down, the change that is smallest',
    {
      ...SPEC,
      behavior: {
        scaleUp: up(),
        scaleDown: {
          stabilizationWindowSeconds: 0,
          selectPolicy: 'Min',
          policies: [
            { type: 'Pods', value: 1, periodSeconds: 15 },
            { type: 'Percent', value: 50, periodSeconds: 15 },
          ],
        },
      },
    },
    9,
    '1 1',
    '8 7',
    'ReadyForNewScale ScaleDownLimit',
  ],
  [
    'behaviour: never down',
    {
      ...SPEC,
      behavior: { scaleUp: up(), scaleDown: down({ stabilizationWindowSeconds: 0, selectPolicy: 'Disabled' }) },
    },
    9,
    '1',
    '9',
    'ReadyForNewScale ScaleDownLimit',
  ],
  [
    'behaviour: up only when it was asked for a minute long',
    { ...SPEC, behavior: { scaleUp: up({ stabilizationWindowSeconds: 60 }), scaleDown: down() } },
    2,
    '6 6 6 6',
    '2 2 2 6',
    'ReadyForNewScale DesiredWithinRange',
  ],
  [
    '… and says so',
    { ...SPEC, behavior: { scaleUp: up({ stabilizationWindowSeconds: 60 }), scaleDown: down() } },
    2,
    '6',
    '2',
    'ScaleUpStabilized DesiredWithinRange',
  ],
] as [string, object, number, string, string, string][])
  test(title, () => {
    let now = 0;
    let current = start;
    const history = newHistory(current, now);
    const sizes: number[] = [];
    let told = '';
    for (const wanted of asked.split(' ').map(Number)) {
      now += 15_000;
      const limited = limitReplicas(spec as KubeObject, history, current, wanted, now);
      if (limited.replicas !== current) recordChange(history, limited.replicas - current, now);
      current = limited.replicas;
      sizes.push(current);
      told = `${limited.ableToScale[0]} ${limited.scalingLimited[1]}`;
    }
    assert.is(sizes.join(' '), set);
    assert.is(told, reasons);
  });

const autoscaler = (metrics: object[], spec: object = {}): KubeObject => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    maxReplicas: 10,
    metrics,
    ...spec,
  },
});

const containers = [
  { name: 'web', image: 'nginx:1', resources: { requests: { cpu: '100m' } } },
  { name: 'proxy', image: 'proxy:1', resources: { requests: { cpu: '1' } } },
];
const average = (averageValue: string) => ({ type: 'AverageValue', averageValue });
const value = (text: string) => ({ type: 'Value', value: text });
const web = { apiVersion: 'v1', kind: 'Service', name: 'web' };
const METRICS = {
  container: {
    type: 'ContainerResource',
    containerResource: { name: 'cpu', container: 'web', target: { type: 'Utilization', averageUtilization: 50 } },
  },
  usage: { type: 'Resource', resource: { name: 'cpu', target: average('100m') } },
  pods: { type: 'Pods', pods: { metric: { name: 'http_requests' }, target: average('10') } },
  object: { type: 'Object', object: { metric: { name: 'hits' }, describedObject: web, target: value('50') } },
  share: { type: 'Object', object: { metric: { name: 'hits' }, describedObject: web, target: average('50') } },
  external: { type: 'External', external: { metric: { name: 'queue|length' }, target: average('30') } },
  whole: { type: 'External', external: { metric: { name: 'queue|length' }, target: value('60') } },
};

async function scaled(plane: Plane, metrics: object[], annotations: Record<string, string> = {}) {
  const pod = { 'portolan.dev/cpu.web': '100m', 'portolan.dev/cpu.proxy': '0', ...annotations };
  await plane.client.create(
    DEPLOYMENTS,
    deployment('web', '', { replicas: 2, template: template('web', '', { containers }, { annotations: pod }) }),
  );
  await plane.advance(2000);
  await plane.client.create(HORIZONTAL_POD_AUTOSCALERS, autoscaler(metrics));
  await plane.advance(1000);
  const { status } = await plane.client.get<KubeObject>(HORIZONTAL_POD_AUTOSCALERS, 'web', 'default');
  const conditions = Object.fromEntries(status.conditions.map((c: KubeObject) => [c['type'], c]));
  const { items } = await plane.client.list<KubeObject>(EVENTS, { namespace: 'default' });
  const events = items
    .filter(({ involvedObject }) => (involvedObject as KubeObject).kind === 'HorizontalPodAutoscaler')
    .map(({ reason, message }) => `${reason}: ${message}`);
  return { status, conditions, events };
}

for (const [title, metric, annotations, size, current, why] of [
  [
    'the CPU of one container',
    METRICS.container,
    {},
    4,
    {
      type: 'ContainerResource',
      containerResource: { container: 'web', name: 'cpu', current: { averageUtilization: 100, averageValue: '100m' } },
    },
    'cpu container resource utilization (percentage of request)',
  ],
  [
    'CPU as an amount',
    METRICS.usage,
    { 'portolan.dev/cpu.proxy': '100m' },
    4,
    { type: 'Resource', resource: { name: 'cpu', current: { averageValue: '200m' } } },
    'cpu resource',
  ],
  [
    'a metric of each pod',
    METRICS.pods,
    { 'portolan.dev/metric.http_requests': '15' },
    3,
    { type: 'Pods', pods: { metric: { name: 'http_requests' }, current: { averageValue: '15' } } },
    'pods metric http_requests',
  ],
  [
    'a metric of a service',
    METRICS.object,
    {},
    4,
    { type: 'Object', object: { metric: { name: 'hits' }, describedObject: web, current: { value: '100' } } },
    'Service metric hits',
  ],
  [
    'a metric of a service, shared out',
    METRICS.share,
    {},
    2,
    { type: 'Object', object: { metric: { name: 'hits' }, describedObject: web, current: { averageValue: '50' } } },
    'external metric hits(nil)',
  ],
  [
    'an external metric, shared out',
    METRICS.external,
    {},
    3,
    { type: 'External', external: { metric: { name: 'queue|length' }, current: { averageValue: '45' } } },
    'external metric queue|length(nil)',
  ],
  [
    'an external metric as a whole',
    METRICS.whole,
    {},
    3,
    { type: 'External', external: { metric: { name: 'queue|length' }, current: { value: '90' } } },
    'external metric queue|length(nil)',
  ],
] as [string, object, Record<string, string>, number, object, string][])
  test(`sized by ${title}`, () =>
    withPlane(async (plane) => {
      await plane.client.create(SERVICES, service('web'));
      const patch = (
        resource: typeof SERVICES,
        name: string,
        namespace: string | undefined,
        key: string,
        text: string,
      ) =>
        plane.client.patch(
          resource,
          name,
          namespace,
          { metadata: { annotations: { [`portolan.dev/metric.${key}`]: text } } },
          { type: 'merge' },
        );
      await patch(SERVICES, 'web', 'default', 'hits', '100');
      await patch(NAMESPACES, 'default', undefined, 'queue_length', '90');
      const { status, conditions, events } = await scaled(plane, [metric], annotations);
      assert.is(status.desiredReplicas, size);
      assert.equal(status.currentMetrics, [current]);
      assert.is(
        conditions.ScalingActive.message,
        `the HPA was able to successfully calculate a replica count from ${why}`,
      );
      if (size !== 2) assert.equal(events, [`SuccessfulRescale: New size: ${size}; reason: ${why} above target`]);
      assert.is((await plane.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default')).spec.replicas, size);
    }));

for (const [title, metric, reason, message, detail] of [
  [
    'a metric that no pod tells',
    METRICS.pods,
    'FailedGetPodsMetric',
    'unable to get metric http_requests: unable to fetch metrics from custom metrics API: the server could not find the metric http_requests for pods',
    'failed to get pods metric value',
  ],
  [
    'a metric of an object that is not there',
    METRICS.object,
    'FailedGetObjectMetric',
    'unable to get metric hits: Service on default web/unable to fetch metrics from custom metrics API: services "web" not found',
    'failed to get object metric value',
  ],
  [
    'an external metric that nobody tells',
    METRICS.external,
    'FailedGetExternalMetric',
    'unable to get external metric default/queue|length/nil: no metrics returned from external metrics API',
    'failed to get queue|length external metric value',
  ],
  [
    'a container that is not there',
    {
      type: 'ContainerResource',
      containerResource: { name: 'cpu', container: 'nope', target: { type: 'Utilization', averageUtilization: 50 } },
    },
    'FailedGetContainerResourceMetric',
    /^failed to get cpu utilization: unable to get metrics for resource cpu: failed to get container metrics: container nope not present in metrics for pod default\/web-\w+-\w+$/,
    'failed to get nope container metric value',
  ],
  [
    'a share of what is not requested',
    { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 50 } } },
    'FailedGetResourceMetric',
    /^failed to get memory utilization: missing request for memory in container web of Pod web-\w+-\w+$/,
    'failed to get memory resource metric value',
  ],
] as [string, object, string, string | RegExp, string][])
  test(`cannot be had: ${title}`, () =>
    withPlane(async (plane) => {
      const { status, conditions, events } = await scaled(plane, [metric]);
      const active = conditions.ScalingActive;
      assert.equal([active.status, active.reason], ['False', reason]);
      const prefix = 'the HPA was unable to compute the replica count: ';
      const why = String(active.message).slice(prefix.length);
      if (typeof message === 'string') assert.is(why, message);
      else assert.match(why, message);
      assert.equal(
        events.sort(),
        [
          `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: ${detail}: ${why}`,
          `${reason}: ${why}`,
        ].sort(),
      );
      assert.equal(status.currentMetrics, [{ type: '' }]);
      assert.is((await plane.client.get<KubeObject>(DEPLOYMENTS, 'web', 'default')).spec.replicas, 2);
    }));

test('with one metric that fails the size grows by the other, and never shrinks', () =>
  withPlane(async (plane) => {
    const grown = await scaled(plane, [METRICS.external, METRICS.container]);
    assert.is(grown.status.desiredReplicas, 4);
    assert.equal(grown.status.currentMetrics[0], { type: '' });
    assert.is(grown.conditions.ScalingActive.reason, 'ValidMetricFound');
    for (const { metadata } of (await plane.client.list(PODS, { namespace: 'default' })).items)
      await plane.client.patch(
        PODS,
        metadata.name,
        'default',
        { metadata: { annotations: { 'portolan.dev/cpu.web': '1m' } } },
        { type: 'merge' },
      );
    await plane.advance(600_000);
    const { status } = await plane.client.get<KubeObject>(HORIZONTAL_POD_AUTOSCALERS, 'web', 'default');
    assert.is(status.currentReplicas, 4);
    const active = status.conditions.find((c: KubeObject) => String(c['type']) === 'ScalingActive');
    assert.is(active.reason, 'FailedGetExternalMetric');
  }));

test.run();
