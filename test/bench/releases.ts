/** The life of a release on one embedded cluster behind HTTPS: ours and real helm in turn. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveConnection } from '../../src/client/connection.ts';
import { createClient } from '../../src/client/create-client.ts';
import { httpTransport } from '../../src/client/http-transport.ts';
import { loadKubeconfig } from '../../src/client/kubeconfig.ts';
import { realClock } from '../../src/clock.ts';
import { secretDriver } from '../../src/release/object-driver.ts';
import { releaseStorage } from '../../src/release/storage.ts';
import { realTools } from '../support/real.ts';
import { writeChart } from './charts.ts';
import { inFolder, median, ms, printTable, program, runProcess } from './measure.ts';

const RUNS = 5;

export async function run(): Promise<void> {
  await inFolder(async (folder) => {
    const env = { HOME: folder, PORTOLAN_HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') };
    const portolan = (...args: string[]) => runProcess(process.execPath, [program, ...args], env);
    portolan('create', join(folder, 'small'));
    portolan('cluster', 'start');
    try {
      const rows = [
        ...lifecycle('chart of `create`', join(folder, 'small'), env),
        ...lifecycle('chart of 300 objects', writeMany(join(folder, 'many'), 300), env),
      ];
      rows.push(...(await listing(join(folder, 'small'), env)));
      printTable('Releases on the embedded cluster, whole processes', ['work', 'ours', 'helm', 'ours / helm'], rows);
    } finally {
      portolan('cluster', 'stop');
    }
  });
}

const RELEASES = 1000;
const REVISIONS = 10;
const WRITERS = 16;

/** Records of many releases, copies of one that was installed, written as its own were. */
async function listing(chart: string, env: Record<string, string>): Promise<string[][]> {
  runProcess(process.execPath, [program, 'install', 'model', chart], env);
  const connection = resolveConnection(
    loadKubeconfig({ variable: env.KUBECONFIG, readFile: (path) => readFileSync(path, 'utf8') }),
    { readFile: (path) => readFileSync(path, 'utf8') },
  );
  const transport = httpTransport(connection);
  const client = createClient(transport.handler);
  const storage = releaseStorage(secretDriver({ client, namespace: 'default', clock: realClock }));
  const model = await storage.last('model');
  const copies = Array.from({ length: RELEASES * REVISIONS }, (_, i) => {
    const revision = (i % REVISIONS) + 1;
    const status = revision === REVISIONS ? ('deployed' as const) : ('superseded' as const);
    return { ...model, name: `app-${Math.floor(i / REVISIONS)}`, revision, info: { ...model.info, status } };
  });
  const writer = async () => {
    for (let copy = copies.pop(); copy; copy = copies.pop()) await storage.create(copy);
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  transport.close();
  const helm = realTools()?.helm;
  const times = (file: string, ...args: string[]) =>
    median(Array.from({ length: RUNS }, () => runProcess(file, [...args, 'list'], env).ms));
  const ours = times(process.execPath, program);
  const theirs = helm && times(helm);
  const label = `list, ${RELEASES} releases of ${REVISIONS} revisions`;
  return [[label, ms(ours), theirs ? ms(theirs) : '-', theirs ? (ours / theirs).toFixed(2) : '-']];
}

function lifecycle(label: string, chart: string, env: Record<string, string>): string[][] {
  const steps: Record<string, string[]> = {
    install: ['install', 'bench', chart, '--wait'],
    upgrade: ['upgrade', 'bench', chart, '--wait', '--set', 'replicaCount=2'],
    rollback: ['rollback', 'bench', '1', '--wait'],
    uninstall: ['uninstall', 'bench', '--wait'],
  };
  const helm = realTools()?.helm;
  const times = { ours: new Map<string, number[]>(), helm: new Map<string, number[]>() };
  const note = (map: Map<string, number[]>, step: string, time: number) =>
    map.set(step, [...(map.get(step) ?? []), time]);
  for (let i = 0; i < RUNS; i++) {
    for (const [step, args] of Object.entries(steps))
      note(times.ours, step, runProcess(process.execPath, [program, ...args], env).ms);
    if (helm) for (const [step, args] of Object.entries(steps)) note(times.helm, step, runProcess(helm, args, env).ms);
  }
  return Object.keys(steps).map((step) => {
    const ours = median(times.ours.get(step)!);
    const theirs = helm && median(times.helm.get(step)!);
    return [`${step}, ${label}`, ms(ours), theirs ? ms(theirs) : '-', theirs ? (ours / theirs).toFixed(2) : '-'];
  });
}

/** A chart of `count` ConfigMaps. */
const writeMany = (folder: string, count: number): string =>
  writeChart(folder, {
    'Chart.yaml': 'apiVersion: v2\nname: many\nversion: 1.0.0\n',
    'values.yaml': 'replicaCount: 1\n',
    'templates/objects.yaml': `{{- range $i := until ${count} }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $.Release.Name }}-{{ $i }}
data:
  replicas: {{ $.Values.replicaCount | quote }}
{{- end }}
`,
  });
