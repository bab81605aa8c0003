/** Metrics that objects tell of themselves, as an adapter of custom and external metrics would serve them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withServer } from './server.ts';

const CUSTOM = '/apis/custom.metrics.k8s.io';
const EXTERNAL = '/apis/external.metrics.k8s.io/v1beta1';

const pod = (name: string, app: string, requests: string) => ({
  metadata: { name, labels: { app }, annotations: { 'portolan.dev/metric.http_requests': requests } },
  spec: { containers: [{ name: 'c', image: 'i' }] },
});

/** Pods are told by `describedObject.name` and value. */
const ANSWERED: [path: string, wanted: unknown][] = [
  [`${CUSTOM}/v1beta1/namespaces/default/pods/*/http_requests`, ['a=10', 'b=2500m']],
  [`${CUSTOM}/v1beta1/namespaces/default/pods/*/http_requests?labelSelector=app%3Dy`, ['b=2500m']],
  [`${CUSTOM}/v1beta2/namespaces/default/pods/a/http_requests`, ['a=10']],
  [`${CUSTOM}/v1beta1/namespaces/default/metrics/queue`, ['default=7']],
  [`${CUSTOM}/v1beta1/namespaces/default/pods/*/none`, 'the server could not find the metric none for pods'],
  [`${CUSTOM}/v1beta1/namespaces/default/pods/x/none`, 'the server could not find the metric none for pods x'],
  [`${EXTERNAL}/namespaces/default/queue`, ['queue=7']],
  [`${EXTERNAL}/namespaces/default/none`, []],
];

test('metrics that are declared', () =>
  withServer(async ({ ask }) => {
    for (const body of [pod('a', 'x', '10'), pod('b', 'y', '2.5')])
      assert.is((await ask('POST /api/v1/namespaces/default/pods', { body })).status, 201);
    const annotations = { 'portolan.dev/metric.queue': '7' };
    const headers = { 'content-type': 'application/merge-patch+json' };
    await ask('PATCH /api/v1/namespaces/default', { body: { metadata: { annotations } }, headers });
    for (const [path, wanted] of ANSWERED) {
      const { body } = await ask(`GET ${path}`);
      const told = (item: { describedObject?: { name: string }; metricName?: string; value: string }) =>
        `${item.describedObject?.name ?? item.metricName}=${item.value}`;
      assert.equal(body.items?.map(told) ?? body.message, wanted, path);
    }
    const { body } = await ask(`GET ${CUSTOM}/v1beta1/namespaces/default/pods/a/http_requests`);
    const [{ timestamp, ...item }] = body.items;
    assert.is(body.kind, 'MetricValueList');
    assert.match(timestamp, /Z$/);
    assert.equal(item, {
      describedObject: { kind: 'Pod', namespace: 'default', name: 'a', apiVersion: '/v1' },
      metricName: 'http_requests',
      value: '10',
      selector: null,
    });
    assert.is((await ask(`GET ${CUSTOM}/v1/namespaces/default/pods/a/http_requests`)).status, 404);
    assert.is((await ask(`GET /apis/constructor/v1beta1/namespaces/default/pods/a/b`)).status, 404);
    assert.is((await ask(`DELETE ${EXTERNAL}/namespaces/default/queue`)).status, 405);
  }));

test.run();
