/** The library as programs use it: a cluster in memory, a chart, a release. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadFiles } from '../../src/chart/load-files.ts';
import { openReleases, render, startCluster } from '../../src/index.ts';

const chart = loadFiles(
  Object.entries({
    'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
    'values.yaml': 'replicas: 1\n',
    'templates/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
`,
  }).map(([name, text]) => ({ name, data: new TextEncoder().encode(text) })),
);

test('render, install, upgrade, roll back, uninstall', async () => {
  const { manifest } = await render(chart, { releaseName: 'web', namespace: 'default' });
  assert.match(manifest, /replicas: 1\n/);
  const cluster = await startCluster();
  try {
    const releases = openReleases({ client: cluster.client });
    const deployments = { group: 'apps', version: 'v1', resource: 'deployments' };
    const ready = async () => (await cluster.client.get(deployments, 'web', 'default')).status.readyReplicas;
    assert.is((await releases.install('web', chart)).info.status, 'deployed');
    assert.is(await ready(), 1);
    await releases.upgrade('web', chart, { overrides: { replicas: 3 } });
    assert.is(await ready(), 3);
    await releases.rollback('web');
    assert.is(await ready(), 1);
    assert.equal(
      (await releases.history('web')).map(({ revision, info }) => [revision, info.status]),
      [
        [1, 'superseded'],
        [2, 'superseded'],
        [3, 'deployed'],
      ],
    );
    assert.equal((await releases.get('web', 2)).overrides, { replicas: 3 });
    await releases.uninstall('web');
    assert.equal(await releases.list(), []);
  } finally {
    await cluster.stop();
  }
});

test.run();
