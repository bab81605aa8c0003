/**
 * The control plane over HTTPS, as a client in another process sees it. The load comes over connections that cost little
 * (see support/connection.ts), so that what is measured is the server.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { realClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/types.ts';
import { Connection, type Server } from '../support/connection.ts';
import {
  inFolder,
  ms,
  perSecond,
  printTable,
  program,
  quantile,
  residentMegabytes,
  runProcess,
  timed,
} from './measure.ts';

const CONFIG_MAPS = '/api/v1/namespaces/bench/configmaps';
const configMap = (name: string, size: number) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'x'.repeat(size) } });

export async function run(): Promise<void> {
  await inFolder(async (folder) => {
    const env = { HOME: folder, PORTOLAN_HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') };
    const cluster = (verb: string) => runProcess(process.execPath, [program, 'cluster', verb], env).ms;
    const boot = cluster('start');
    try {
      const server = serverOf(join(folder, 'kubeconfig'));
      const rows = [['cluster start, process and all, to ready', ms(boot)], ...memory('after boot', folder)];
      await withConnections(server, 1, ([one]) =>
        one!.send('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: 'bench' } })),
      );
      for (const count of [1, 16, 64]) rows.push(...(await writes(server, count)));
      rows.push(...(await lists(server)), ...(await watches(server)), ...memory('after all of this', folder));
      rows.push(...(await reopening(server, folder, () => cluster('start'))));
      printTable('The control plane over HTTPS, 1 KB ConfigMaps, every write durable', ['work', 'ours'], rows);
    } finally {
      cluster('stop');
    }
  });
}

function serverOf(path: string): Server {
  const { clusters, users } = parse(readFileSync(path, 'utf8'));
  const url = new URL(clusters[0].cluster.server);
  const bytes = (text: string) => Buffer.from(text, 'base64');
  return {
    host: url.hostname,
    port: Number(url.port),
    ca: bytes(clusters[0].cluster['certificate-authority-data']),
    cert: bytes(users[0].user['client-certificate-data']),
    key: bytes(users[0].user['client-key-data']),
  };
}

async function withConnections<T>(
  server: Server,
  count: number,
  work: (connections: Connection[]) => Promise<T>,
): Promise<T> {
  const connections = await Promise.all(Array.from({ length: count }, () => Connection.open(server)));
  try {
    return await work(connections);
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Milliseconds for `count` calls, one at a time on each connection. */
async function together(
  connections: Connection[],
  count: number,
  call: (connection: Connection, i: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const worker = async (connection: Connection) => {
    while (next < count) await call(connection, next++);
  };
  return timed(() => Promise.all(connections.map(worker)));
}

async function writes(server: Server, width: number): Promise<string[][]> {
  const count = width === 1 ? 2000 : 6000;
  const name = (i: number) => `c${width}-${i}`;
  const bodies = Array.from({ length: count }, (_, i) => configMap(name(i), 1000));
  const versions: string[] = [];
  return withConnections(server, width, async (connections) => {
    const creates = await together(connections, count, async (connection, i) => {
      versions[i] = versionIn(await connection.send('POST', CONFIG_MAPS, bodies[i]));
    });
    const gets = await together(connections, count, (connection, i) =>
      connection.send('GET', `${CONFIG_MAPS}/${name(i)}`),
    );
    const changed = bodies.map((text, i) => {
      const { metadata, data, ...rest } = JSON.parse(text);
      const object = {
        ...rest,
        metadata: { ...metadata, resourceVersion: versions[i] },
        data: { ...data, more: 'yes' },
      };
      return JSON.stringify(object);
    });
    const updates = await together(connections, count, (connection, i) =>
      connection.send('PUT', `${CONFIG_MAPS}/${name(i)}`, changed[i]),
    );
    const label = `${width} connection${width === 1 ? '' : 's'}`;
    return [
      [`creates, ${label}`, perSecond(count, creates)],
      [`gets, ${label}`, perSecond(count, gets)],
      [`updates with conflict check, ${label}`, perSecond(count, updates)],
    ];
  });
}

const versionIn = (body: Buffer): string => /"resourceVersion":"(\d+)"/.exec(body.toString())![1]!;

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

function lists(server: Server): Promise<string[][]> {
  return withConnections(server, 16, async (connections) => {
    const one = connections[0]!;
    await one.send('DELETE', CONFIG_MAPS);
    await together(connections, 2000, (connection, i) =>
      connection.send('POST', CONFIG_MAPS, configMap(`l-${i}`, 1500)),
    );
    const median = async (path: string, accept?: string) => {
      const all: number[] = [];
      for (let i = 0; i < 20; i++) all.push(await timed(() => one.send('GET', path, '', accept)));
      return quantile(all, 0.5);
    };
    return [
      ['list of 2,000 (3 MB)', ms(await median(CONFIG_MAPS))],
      ['list of 500 as a Table', ms(await median(`${CONFIG_MAPS}?limit=500`, TABLE))],
      ['deletecollection of 2,000', ms(await timed(() => one.send('DELETE', CONFIG_MAPS)))],
    ];
  });
}

/** From the acknowledged write to the event, at 200 writes a second. */
function watches(server: Server): Promise<string[][]> {
  const acknowledged = new Map<string, number>();
  const seen = new Map<string, number>();
  return withConnections(server, 2, async ([writer, watcher]) => {
    watcher!.follow(`${CONFIG_MAPS}?watch=1`, (line) => {
      const name = /"name":"(w-\d+)"/.exec(line)?.[1];
      if (name !== undefined) seen.set(name, performance.now());
    });
    for (let i = 0; i < 600; i++) {
      const name = `w-${i}`;
      await writer!.send('POST', CONFIG_MAPS, configMap(name, 1000));
      acknowledged.set(name, performance.now());
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    const delays = [...acknowledged].map(([name, at]) => Math.max(0, (seen.get(name) ?? Number.NaN) - at));
    const at = (q: number) => quantile(delays, q).toFixed(1);
    return [['watch: event after acknowledged write, p50 / p99', `${at(0.5)} / ${at(0.99)} ms`]];
  });
}

const serverPid = (folder: string): number =>
  (JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8')) as { pid: number }).pid;

function memory(when: string, folder: string): string[][] {
  try {
    return [[`resident memory ${when}`, `${Math.round(residentMegabytes(serverPid(folder)))} MB`]];
  } catch {
    return []; // only Linux tells
  }
}

/** A server with 20,000 objects of 4 KB is killed; then its store is opened alone, and the whole plane over it. */
async function reopening(server: Server, folder: string, start: () => number): Promise<string[][]> {
  let store: Store | undefined;
  await withConnections(server, 16, async (connections) => {
    await connections[0]!.send('DELETE', CONFIG_MAPS);
    await together(connections, 20_000, (connection, i) =>
      connection.send('POST', CONFIG_MAPS, configMap(`r-${i}`, 4000)),
    );
  });
  process.kill(serverPid(folder), 'SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const opened = await timed(async () => {
    store = await openStore(join(folder, 'store'), { clock: realClock, log: silentLog });
  });
  await store!.close();
  return [
    ['reopening a store of 20,000 objects of 4 KB after kill -9', ms(opened)],
    ['cluster start on it, process and all, to ready', ms(start())],
  ];
}
