/**
 * Installs every chart below the given directories with real helm, `--wait`, on one embedded cluster of three nodes, and
 * tells which became ready, which the server refused and which did not get ready, with what held them up:
 * `node --import tsx test/conformance/install.ts DIR… [--limit N] [--seconds N] [--timeout N] [--jobs N] [--only WORD]`.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { GroupVersionResource, KubeObject } from '../../src/api/object.ts';
import { isNotFound } from '../../src/api/status.ts';
import { resolveConnection } from '../../src/client/connection.ts';
import { createClient } from '../../src/client/create-client.ts';
import { httpTransport } from '../../src/client/http-transport.ts';
import { parseKubeconfig } from '../../src/client/kubeconfig.ts';
import type { Client } from '../../src/client/types.ts';
import { kubeconfigFor } from '../../src/cluster/kubeconfig-entry.ts';
import { nodeSpecs } from '../../src/cluster/nodes.ts';
import { serveCluster } from '../../src/cluster/serve.ts';
import { realTools } from '../support/real.ts';
import { type FoundChart, findCharts, vendored } from './find-charts.ts';

const OUTCOMES = ['ready', 'not rendered', 'not served', 'refused', 'not ready', 'out of time'] as const;
type Outcome = (typeof OUTCOMES)[number];

interface Verdict {
  outcome: Outcome;
  seconds: number;
  why: string[];
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    limit: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '900' },
    timeout: { type: 'string', default: '15' },
    jobs: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
  },
});
const { helm } = realTools() ?? {};
if (helm === undefined) throw new Error('real helm is to be had on linux-x64 only, with development dependencies');

async function main(helm: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-install-'));
  const served = await serveCluster({ dataDir: join(folder, 'cluster'), port: 0, nodes: nodeSpecs(3) });
  try {
    const { credentials, state } = served;
    const text = kubeconfigFor({ server: state.url, ca: credentials.ca.cert, ...credentials.admin });
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, text, { mode: 0o600 });
    const connection = resolveConnection(parseKubeconfig(text, kubeconfig), {
      readFile: (path) => readFileSync(path, 'utf8'),
    });
    const transport = httpTransport(connection);
    const client = createClient(transport.handler);
    await judgeAll({ helm, kubeconfig, folder, client });
  } finally {
    await served.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Setting {
  helm: string;
  kubeconfig: string;
  folder: string;
  client: Client;
}

async function judgeAll(setting: Setting): Promise<void> {
  const all = positionals.flatMap((directory) => findCharts(resolve(directory)));
  const queue = all.filter(({ path }) => path.includes(options.only)).slice(0, Number(options.limit));
  const counts = new Map<Outcome, number>();
  const end = Date.now() + Number(options.seconds) * 1000;
  const worker = async () => {
    for (let chart = queue.shift(); chart !== undefined; chart = queue.shift()) {
      const verdict: Verdict =
        Date.now() < end ? await judge(chart, all, setting) : { outcome: 'out of time', seconds: 0, why: [] };
      counts.set(verdict.outcome, (counts.get(verdict.outcome) ?? 0) + 1);
      report(chart, verdict);
    }
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, worker));
  console.log(OUTCOMES.map((outcome) => `${counts.get(outcome) ?? 0} ${outcome}`).join(', '));
}

function report({ repository, name }: FoundChart, { outcome, seconds, why }: Verdict): void {
  if (outcome === 'out of time') return;
  const lines = why.map((line) => `\n    ${line.replaceAll('\n', '\n    ')}`);
  console.log(`${repository}/${name}: ${outcome} (${seconds.toFixed(1)} s)${lines.join('')}`);
}

/** A namespace of its own for each, gone afterwards. */
async function judge(chart: FoundChart, neighbours: FoundChart[], setting: Setting): Promise<Verdict> {
  const path = vendored(chart, neighbours, join(setting.folder, 'charts'));
  // Short, and not that of a neighbour: names of cluster roles are made from it.
  const release = `w${neighbours.indexOf(chart)}`;
  const namespace = `chart-${chart.name.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')}`;
  const started = performance.now();
  const { code, stderr } = await install(release, path, namespace, setting);
  const seconds = (performance.now() - started) / 1000;
  const said = stderr.split('\n').filter((line) => line.trim() !== '' && !/^level=|warning/i.test(line));
  try {
    const outcome = code === 0 ? 'ready' : outcomeOf(stderr);
    const held = outcome === 'not ready' ? await heldUp(setting.client, namespace) : [];
    return { outcome, seconds, why: code === 0 ? [] : [...said.slice(0, 4), ...held] };
  } finally {
    await helmRun(['uninstall', release, '--namespace', namespace], setting);
    await remove(setting.client, namespace);
  }
}

/** What kept helm from it: the chart itself, kinds that no server of this version has, an object, or time. */
function outcomeOf(stderr: string): Outcome {
  const found = SAYINGS.find(([saying]) => saying.test(stderr));
  return found?.[1] ?? 'refused';
}

const SAYINGS: [RegExp, Outcome][] = [
  [/no matches for kind/, 'not served'],
  [/context deadline exceeded|timed out|not ready\. status/, 'not ready'],
  [
    /execution error|error calling|parse error|nil pointer|missing in charts|values don't meet|YAML parse/,
    'not rendered',
  ],
];

function install(release: string, path: string, namespace: string, setting: Setting) {
  const args = ['install', release, path, '--namespace', namespace, '--create-namespace'];
  return helmRun([...args, '--wait', '--timeout', `${options.timeout}s`], setting);
}

function helmRun(args: string[], { helm, kubeconfig, folder }: Setting) {
  const env = { PATH: process.env.PATH, HOME: join(folder, 'home'), KUBECONFIG: kubeconfig };
  const limits = { timeout: (Number(options.timeout) + 30) * 1000, maxBuffer: 1 << 26 };
  return new Promise<{ code: number; stderr: string }>((done) =>
    execFile(helm, args, { env, ...limits }, (error, _, stderr) => done({ code: error ? 1 : 0, stderr })),
  );
}

const core = (resource: string): GroupVersionResource => ({ group: '', version: 'v1', resource });

/** What the namespace holds that is not as it should be. */
async function heldUp(client: Client, namespace: string): Promise<string[]> {
  const list = async (resource: string) => (await client.list<KubeObject>(core(resource), { namespace })).items;
  const pods = (await list('pods')).filter((pod) => !isReady(pod)).map(describePod);
  const claims = (await list('persistentvolumeclaims'))
    .filter((claim) => phaseOf(claim) !== 'Bound')
    .map((claim) => `claim ${claim.metadata.name}: ${phaseOf(claim)}`);
  const services = (await list('services'))
    .filter((service) => service.spec?.type === 'LoadBalancer' && !service.status?.loadBalancer?.ingress)
    .map((service) => `service ${service.metadata.name}: no address`);
  const events = (await list('events'))
    .filter((event) => event.type === 'Warning')
    .map((event) => `${event.involvedObject.kind} ${event.involvedObject.name}: ${event.reason}: ${event.message}`);
  return [...new Set([...pods, ...claims, ...services, ...events])].slice(0, 8).map((line) => line.slice(0, 400));
}

const phaseOf = (object: KubeObject): string => object.status?.phase ?? '';

const isReady = (pod: KubeObject): boolean =>
  phaseOf(pod) === 'Succeeded' ||
  pod.status?.conditions?.some(
    ({ type, status }: { type: string; status: string }) => type === 'Ready' && status === 'True',
  );

function describePod(pod: KubeObject): string {
  const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const waiting = containers.flatMap(({ name, ready, state }) => {
    const [kind, detail] = Object.entries<{ reason?: string; message?: string }>(state ?? {})[0] ?? ['', {}];
    return ready ? [] : [`${name} ${kind} ${detail.reason ?? ''} ${detail.message ?? ''}`.trim()];
  });
  return `pod ${pod.metadata.name}: ${phaseOf(pod)}; ${waiting.join('; ')}`;
}

const NAMESPACES = core('namespaces');

async function remove(client: Client, name: string): Promise<void> {
  try {
    await client.delete(NAMESPACES, name);
    for (let tries = 0; tries < 50; tries++) {
      await client.get(NAMESPACES, name);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    console.log(`namespace ${name} is still there`);
  } catch (error) {
    if (!isNotFound(error)) console.log(`delete namespace ${name}: ${error}`);
  }
}

await main(helm);
