/** A cluster on a socket of this process, with ours and the real clients pointed at it in turn. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { createClient } from '../../src/client/create-client.ts';
import { httpTransport } from '../../src/client/http-transport.ts';
import type { Client } from '../../src/client/types.ts';
import { realClock } from '../../src/clock.ts';
import { kubeconfigFor } from '../../src/cluster/kubeconfig-entry.ts';
import { serveCluster } from '../../src/cluster/serve.ts';
import { runCommandLine } from '../../src/cmd/run.ts';
import { realTools } from '../support/real.ts';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Commands {
  /** Our command line, in this process. */
  portolan(...words: string[]): Promise<Ran>;
  /** The same, with a signal that aborts it. */
  portolanUntil(signal: AbortSignal, ...words: string[]): Promise<Ran>;
  helm(...words: string[]): Promise<Ran>;
  /** helm 3.18. */
  olderHelm(...words: string[]): Promise<Ran>;
  kubectl(...words: string[]): Promise<Ran>;
}

export interface TestCluster extends Commands {
  folder: string;
  /** Looks at the cluster as its administrator. */
  client: Client;
  /** The environment of every command; may be changed. */
  variables: Record<string, string | undefined>;
  /** The same commands with more in their environment. */
  with(more: Record<string, string>): Commands;
  stop(): Promise<void>;
}

export async function startTestCluster(): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-e2e-'));
  const served = await serveCluster({ dataDir: join(folder, 'data') });
  const { ca, admin } = served.credentials;
  const transport = httpTransport({
    server: served.state.url,
    ca: ca.cert,
    certificate: admin.cert,
    key: admin.key,
    insecure: false,
    context: '',
    namespace: 'default',
  });
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigFor({ server: served.state.url, ca: ca.cert, ...admin }));
  const variables: Record<string, string | undefined> = {
    PATH: process.env.PATH,
    HOME: folder,
    KUBECONFIG: kubeconfig,
  };
  return {
    folder,
    client: createClient(transport.handler),
    variables,
    with: (more) => commands(() => ({ ...variables, ...more }), folder),
    ...commands(() => variables, folder),
    async stop() {
      transport.close();
      await served.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function commands(environment: () => Record<string, string | undefined>, folder: string): Commands {
  const real = (file: string, words: string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const options = { env: environment(), cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 } as const;
      const child = execFile(file, words, options, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
      );
      child.stdin?.end();
    });
  const portolanUntil = async (signal: AbortSignal, ...words: string[]): Promise<Ran> => {
    const ran: Ran = { code: 0, stdout: '', stderr: '' };
    const sink = (name: 'stdout' | 'stderr') => ({
      write: (text: string) => void (ran[name] += text),
      terminal: false,
      columns: 80,
    });
    ran.code = await runCommandLine(words, {
      environment: {
        variables: environment(),
        home: folder,
        platform: 'linux',
        directory: folder,
        program: 'portolan',
        pid: process.pid,
        hostname: 'here',
        node: process.version,
        isAlive: (pid) => pid === process.pid,
      },
      stdout: sink('stdout'),
      stderr: sink('stderr'),
      stdin: async () => '',
      clock: realClock,
      signal,
    });
    return ran;
  };
  return {
    portolanUntil,
    portolan: (...words) => portolanUntil(new AbortController().signal, ...words),
    helm: (...words) => real(realTools()!.helm, words),
    olderHelm: (...words) => real(realTools('older')!.helm, words),
    kubectl: (...words) => real(realTools()!.kubectl, words),
  };
}

export async function onCluster(run: (cluster: TestCluster, client: Client) => Promise<void>): Promise<void> {
  const cluster = await startTestCluster();
  try {
    await run(cluster, cluster.client);
  } finally {
    await cluster.stop();
  }
}

/** A chart named web in the cluster's folder, and its path there. */
export function writeChart({ folder }: TestCluster, files: Record<string, string>): string {
  for (const [path, text] of Object.entries({
    'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
    ...files,
  })) {
    const file = join(folder, 'web', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return './web';
}

export const ok = (ran: Ran): Ran => {
  assert.is(ran.code, 0, ran.stderr);
  return ran;
};
