/** A server that is killed in the middle of its work, and the next one, which goes on with it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { resolveConnection } from '../../src/client/connection.ts';
import { createClient } from '../../src/client/create-client.ts';
import { httpTransport } from '../../src/client/http-transport.ts';
import { parseKubeconfig } from '../../src/client/kubeconfig.ts';
import { DEPLOYMENTS, PODS } from '../../src/client/resources.ts';
import type { Client } from '../../src/client/types.ts';
import { deployment, template } from '../controller/objects.ts';

const program = fileURLToPath(new URL('../../dist/portolan.cjs', import.meta.url));

const web = (image: string): KubeObject =>
  deployment('web', '', {
    replicas: 12,
    template: template('web', image, {}, { annotations: { 'portolan.dev/ready': '150ms' } }),
  });

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1500; i++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what}: it did not come to that`);
}

test('kill -9 in the middle of a rollout, which the next server finishes', async () => {
  const home = mkdtempSync(join(tmpdir(), 'portolan-killed-'));
  const kubeconfig = join(home, 'kubeconfig');
  const env = { PATH: process.env.PATH, HOME: home, PORTOLAN_HOME: home, KUBECONFIG: kubeconfig };
  const cluster = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'cluster', ...words], {
      env,
      encoding: 'utf8',
    });
    return { status, told: stdout + stderr };
  };
  const withClient = async (use: (client: Client) => Promise<void>) => {
    const config = parseKubeconfig(readFileSync(kubeconfig, 'utf8'), kubeconfig);
    const transport = httpTransport(resolveConnection(config, { readFile: () => '' }));
    try {
      await use(createClient(transport.handler));
    } finally {
      transport.close();
    }
  };
  const statusOf = async (client: Client): Promise<KubeObject['status']> =>
    (await client.get<KubeObject>(DEPLOYMENTS, 'web', 'default')).status ?? {};
  try {
    assert.is(cluster('start', '--nodes=2').status, 0);
    let uid = '';
    await withClient(async (client) => {
      await client.create(DEPLOYMENTS, web('nginx:1'));
      await until('available', async () => (await statusOf(client)).availableReplicas === 12);
      const { metadata } = await client.patch<KubeObject>(
        DEPLOYMENTS,
        'web',
        'default',
        { spec: web('nginx:2').spec },
        { type: 'merge' },
      );
      uid = metadata.uid!;
      await until('under way', async () => {
        const { updatedReplicas = 0, observedGeneration } = await statusOf(client);
        return observedGeneration === 2 && updatedReplicas >= 4;
      });
    });
    process.kill(JSON.parse(readFileSync(join(home, 'server.json'), 'utf8')).pid, 'SIGKILL');
    await until('gone', async () => cluster('status').status === 1);
    assert.is(cluster('start').status, 0);
    await withClient(async (client) => {
      await until('finished', async () => {
        const { updatedReplicas, availableReplicas, replicas } = await statusOf(client);
        return updatedReplicas === 12 && availableReplicas === 12 && replicas === 12;
      });
      const { items } = await client.list<KubeObject>(PODS, { namespace: 'default' });
      const living = items.filter(({ metadata }) => !metadata.deletionTimestamp);
      assert.equal(new Set(living.map(({ spec }) => spec.containers[0].image)), new Set(['nginx:2']));
      assert.is((await client.get(DEPLOYMENTS, 'web', 'default')).metadata.uid, uid);
    });
  } finally {
    cluster('stop');
    rmSync(home, { recursive: true, force: true });
  }
});

test.run();
