/** The controllers, the scheduler and the nodes at work: rollouts over HTTPS, many pods, memory, a cluster in a test. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../../src/api/object.ts';
import { resolveConnection } from '../../src/client/connection.ts';
import { createClient } from '../../src/client/create-client.ts';
import { httpTransport } from '../../src/client/http-transport.ts';
import { Informer } from '../../src/client/informer.ts';
import { parseKubeconfig } from '../../src/client/kubeconfig.ts';
import { DEPLOYMENTS, PODS } from '../../src/client/resources.ts';
import type { Client } from '../../src/client/types.ts';
import { realClock } from '../../src/clock.ts';
import { parseYaml } from '../../src/encoding/yaml.ts';
import { inFolder, median, ms, printTable, program, residentMegabytes, root, runProcess, timed } from './measure.ts';

const RUNS = 5;
const DEFAULT = 'default';

export async function run(): Promise<void> {
  const rows: string[][] = [];
  await withServer(10, async (client, pid) => {
    rows.push(...(await bookinfo(client)));
    rows.push(...(await replicas(client, 500, pid)));
  });
  await withServer(100, async (client, pid) => rows.push(...(await replicas(client, 5000, pid, 1))));
  rows.push(...(await inTests()));
  printTable('The control plane at work, over HTTPS, every write durable', ['work', 'first', 'median'], rows);
}

/** A server in a process of its own with so many nodes, and a client of it. */
async function withServer(nodes: number, use: (client: Client, pid: number) => Promise<unknown>): Promise<void> {
  await inFolder(async (folder) => {
    const env = { HOME: folder, PORTOLAN_HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') };
    runProcess(process.execPath, [program, 'cluster', 'start', '--nodes', String(nodes), '--label', 'bench=yes'], env);
    const config = parseKubeconfig(readFileSync(env.KUBECONFIG, 'utf8'), env.KUBECONFIG);
    const transport = httpTransport(resolveConnection(config, { readFile: () => '' }));
    const { pid } = JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8')) as { pid: number };
    try {
      await use(createClient(transport.handler), pid);
    } finally {
      transport.close();
      runProcess(process.execPath, [program, 'cluster', 'stop'], env);
    }
  });
}

const row = (work: string, values: number[]): string[] => [work, ms(values[0]!), ms(median(values))];

async function bookinfo(client: Client): Promise<string[][]> {
  const objects = await manifests();
  const resources = await Promise.all(
    objects.map((object) => {
      const [group, version] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion];
      return client.resourceFor({ group: group!, version: version!, kind: object.kind });
    }),
  );
  const [applied, deleted]: [number[], number[]] = [[], []];
  for (let i = 0; i < RUNS; i++) {
    applied.push(
      await timed(async () => {
        for (const [n, object] of objects.entries())
          await client.create(resources[n]!, { ...object, metadata: { ...object.metadata, namespace: DEFAULT } });
        await until(client, DEPLOYMENTS, (all) => all.length > 0 && all.every(isAvailable));
      }),
    );
    deleted.push(
      await timed(async () => {
        for (const [n, object] of objects.entries())
          await client.delete(resources[n]!, object.metadata.name, DEFAULT, { propagationPolicy: 'Background' });
        await until(client, PODS, (all) => all.length === 0);
      }),
    );
  }
  return [
    row('bookinfo applied until all its deployments are Available', applied),
    row('the same deleted until the last pod is gone', deleted),
  ];
}

/** Its objects, without the hooks. */
async function manifests(): Promise<KubeObject[]> {
  const { loadChart, render } = await library();
  const chart = loadChart(join(root, 'charts', 'bookinfo'));
  const { manifests: all } = await render(chart, { releaseName: 'bookinfo', namespace: DEFAULT });
  return all.map(({ content }) => parseYaml(content) as unknown as KubeObject);
}

const library = (): Promise<typeof import('../../src/index.ts')> => import(join(root, 'dist', 'index.js'));

const isAvailable = ({ spec, status }: KubeObject): boolean =>
  (status?.availableReplicas ?? 0) === (spec.replicas ?? 1);

async function replicas(client: Client, count: number, pid: number, runs = RUNS): Promise<string[][]> {
  const [up, down, memory]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < runs; i++) {
    up.push(
      await timed(async () => {
        await client.create(DEPLOYMENTS, deployment(count));
        await until(client, DEPLOYMENTS, (all) => all.length > 0 && all.every(isAvailable));
      }),
    );
    memory.push(residentMegabytes(pid));
    down.push(
      await timed(async () => {
        await client.patch(DEPLOYMENTS, 'many', DEFAULT, { spec: { replicas: 0 } }, { type: 'merge' });
        await until(client, PODS, (all) => all.length === 0);
      }),
    );
    await client.delete(DEPLOYMENTS, 'many', DEFAULT, { propagationPolicy: 'Background' });
  }
  const megabytes = (value: number) => `${Math.round(value)} MB`;
  return [
    row(`a Deployment of ${count} replicas until Available`, up),
    row('… scaled to 0 until gone', down),
    [`resident memory with ${count} pods`, megabytes(memory[0]!), megabytes(Math.max(...memory))],
  ];
}

const deployment = (replicas: number): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'many', namespace: DEFAULT },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'many' } },
    template: {
      metadata: { labels: { app: 'many' } },
      spec: { containers: [{ name: 'main', image: 'nginx:1', resources: { requests: { cpu: '1m', memory: '1Mi' } } }] },
    },
  },
});

/** Watches until `isSo` of all objects of the default namespace. */
async function until(client: Client, resource: typeof PODS, isSo: (objects: KubeObject[]) => boolean): Promise<void> {
  const informer = new Informer<KubeObject>(resource, { client, clock: realClock, namespace: DEFAULT });
  await informer.synced();
  let scheduled = false;
  await new Promise<void>((resolve) => {
    const look = () => {
      scheduled = false;
      if (isSo(informer.list())) resolve();
    };
    look();
    informer.onChange(() => {
      if (!scheduled) setImmediate(look);
      scheduled = true;
    });
  });
  await informer.stop();
}

/** What a test pays: the library, built, in a process that has started one before. */
async function inTests(): Promise<string[][]> {
  const { startCluster } = await library();
  const starts: number[] = [];
  for (let i = 0; i <= 4 * RUNS; i++) {
    let stop = async () => {};
    starts.push(
      await timed(async () => {
        const cluster = await startCluster({ nodes: 1 });
        stop = cluster.stop;
      }),
    );
    await stop();
  }
  return [['startCluster in memory until a pod can run', ms(starts[0]!), ms(median(starts.slice(1)))]];
}
