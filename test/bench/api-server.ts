/** The control plane over HTTPS, as a client in another process sees it. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { parse } from 'yaml';
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

interface Server {
  host: string;
  port: number;
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
}

const CONFIG_MAPS = '/api/v1/namespaces/bench/configmaps';
const configMap = (name: string, size: number) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'x'.repeat(size) } });

export async function run(): Promise<void> {
  await inFolder(async (folder) => {
    const env = { HOME: folder, PORTOLAN_HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') };
    const boot = runProcess(process.execPath, [program, 'cluster', 'start'], env).ms;
    try {
      const server = serverOf(join(folder, 'kubeconfig'));
      await send(
        server,
        agentOf(server, 1),
        'POST',
        '/api/v1/namespaces',
        JSON.stringify({ metadata: { name: 'bench' } }),
      );
      const rows = [['cluster start, process and all, to ready', ms(boot)]];
      for (const connections of [1, 16, 64]) rows.push(...(await writes(server, connections)));
      rows.push(...(await lists(server)), ...(await watches(server)), ...(await memory(folder)));
      printTable('The control plane over HTTPS, 1 KB ConfigMaps, every write durable', ['work', 'ours'], rows);
    } finally {
      runProcess(process.execPath, [program, 'cluster', 'stop'], env);
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

const agentOf = ({ ca, cert, key }: Server, connections: number) =>
  new Agent({ keepAlive: true, maxSockets: connections, ca, cert, key });

function send(server: Server, agent: Agent, method: string, path: string, body?: string, accept = 'application/json') {
  return new Promise<string>((resolve, reject) => {
    const { host, port } = server;
    const headers = { accept, ...(body !== undefined && { 'content-type': 'application/json' }) };
    const call = request({ host, port, agent, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode! >= 400) reject(new Error(`${method} ${path}: ${text}`));
        else resolve(text);
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** Runs `count` calls, `connections` at a time. */
async function together(connections: number, count: number, call: (i: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const worker = async () => {
    while (next < count) await call(next++);
  };
  return timed(() => Promise.all(Array.from({ length: connections }, worker)));
}

async function writes(server: Server, connections: number): Promise<string[][]> {
  const agent = agentOf(server, connections);
  const count = connections === 1 ? 1000 : 4000;
  const name = (i: number) => `c${connections}-${i}`;
  const versions: string[] = [];
  const creates = await together(connections, count, async (i) => {
    versions[i] = JSON.parse(
      await send(server, agent, 'POST', CONFIG_MAPS, configMap(name(i), 1000)),
    ).metadata.resourceVersion;
  });
  const gets = await together(connections, count, (i) => send(server, agent, 'GET', `${CONFIG_MAPS}/${name(i)}`));
  const updates = await together(connections, count, (i) => {
    const object = JSON.parse(configMap(name(i), 1000));
    object.metadata.resourceVersion = versions[i];
    object.data.changed = 'yes';
    return send(server, agent, 'PUT', `${CONFIG_MAPS}/${name(i)}`, JSON.stringify(object));
  });
  agent.destroy();
  const label = `${connections} connection${connections === 1 ? '' : 's'}`;
  return [
    [`creates, ${label}`, perSecond(count, creates)],
    [`gets, ${label}`, perSecond(count, gets)],
    [`updates with conflict check, ${label}`, perSecond(count, updates)],
  ];
}

async function lists(server: Server): Promise<string[][]> {
  const agent = agentOf(server, 16);
  await send(server, agent, 'DELETE', CONFIG_MAPS);
  await together(16, 2000, (i) => send(server, agent, 'POST', CONFIG_MAPS, configMap(`l-${i}`, 1500)));
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const times = async (path: string, accept?: string) => {
    const all: number[] = [];
    for (let i = 0; i < 10; i++) all.push(await timed(() => send(server, agent, 'GET', path, undefined, accept)));
    return quantile(all, 0.5);
  };
  const rows = [
    ['list of 2,000 (3 MB)', ms(await times(CONFIG_MAPS))],
    ['list of 500 as a Table', ms(await times(`${CONFIG_MAPS}?limit=500`, table))],
  ];
  rows.push(['deletecollection of 2,000', ms(await timed(() => send(server, agent, 'DELETE', CONFIG_MAPS)))]);
  agent.destroy();
  return rows;
}

/** From the acknowledged write to the event, at 200 writes a second. */
async function watches(server: Server): Promise<string[][]> {
  const agent = agentOf(server, 2);
  const acknowledged = new Map<string, number>();
  const seen = new Map<string, number>();
  const { host, port } = server;
  const stream = request({ host, port, agent, path: `${CONFIG_MAPS}?watch=1` }, (response) => {
    let rest = '';
    response.on('data', (chunk) => {
      rest += chunk;
      const lines = rest.split('\n');
      rest = lines.pop()!;
      for (const line of lines) seen.set(JSON.parse(line).object.metadata.name, performance.now());
    });
    response.on('error', () => {});
  });
  stream.on('error', () => {});
  stream.end();
  for (let i = 0; i < 600; i++) {
    const name = `w-${i}`;
    await send(server, agent, 'POST', CONFIG_MAPS, configMap(name, 1000));
    acknowledged.set(name, performance.now());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  stream.destroy();
  agent.destroy();
  const delays = [...acknowledged]
    .filter(([name]) => seen.has(name))
    .map(([name, at]) => Math.max(0, seen.get(name)! - at));
  return [
    [
      'watch: event after acknowledged write, p50 / p99',
      `${quantile(delays, 0.5).toFixed(1)} / ${quantile(delays, 0.99).toFixed(1)} ms`,
    ],
  ];
}

async function memory(folder: string): Promise<string[][]> {
  const { pid } = JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8')) as { pid: number };
  try {
    return [['resident memory after all of this', `${Math.round(residentMegabytes(pid))} MB`]];
  } catch {
    return []; // only Linux tells
  }
}
