/**
 * Which cluster a command talks to: that of a kubeconfig with a current context, else the one around this pod, else the
 * embedded one.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { ApiHandler } from '../api/http.ts';
import type { Connection } from '../client/connection.ts';
import { createClient } from '../client/create-client.ts';
import type { Transport } from '../client/http-transport.ts';
import type { Kubeconfig } from '../client/kubeconfig.ts';
import type { Client } from '../client/types.ts';
import type { CommandContext } from './command.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import type { Settings } from './settings.ts';

export interface Connected {
  client: Client;
  namespace: string;
  /** Nobody else can be at work on this cluster: its store is locked by this process. */
  exclusive: boolean;
  /** Lets the control plane finish what it has begun, where it runs in this process. */
  settle(): Promise<void>;
  /** The time is over: what does not come at once is not waited for any more. */
  hurry(): void;
  close(): Promise<void>;
}

/** The embedded cluster, and whether this command made it. */
interface Aboard extends Connected {
  describe: string;
  isNew?: boolean;
}

export type ConnectContext = Pick<CommandContext, 'settings' | 'environment' | 'stderr' | 'clock' | 'log' | 'signal'>;

/** The context by which the embedded cluster is asked for. */
const EMBEDDED = 'portolan';
/** How long to wait for another command that has the embedded cluster open. */
const LOCK_WAIT = 60_000;

/** Says on stderr which cluster it is where that is the embedded one, unless `quiet`. */
export async function connect(context: ConnectContext, { quiet = false } = {}): Promise<Connected> {
  const { settings, environment } = context;
  const { PORTOLAN_CLUSTER: wanted } = environment.variables;
  if (wanted && wanted !== 'embedded') throw new Error(`$PORTOLAN_CLUSTER may only be "embedded", not "${wanted}"`);
  const isForced = settings.kubeContext === EMBEDDED || wanted === 'embedded';
  try {
    const config = isForced ? undefined : await kubeconfigOf(context);
    if (config && !(await isLeftOver(context, config))) return await byKubeconfig(context, config);
    const around = !isForced && !config && (await aroundThisPod(context));
    if (around) return await overNetwork(context, around);
  } catch (error) {
    // Told by the first request, as Helm tells it: "kubernetes cluster unreachable: …".
    const unusable = () => Promise.reject(error);
    return connected(unusable, context.settings.namespace || 'default', async () => {});
  }
  const aboard = await embedded(context);
  if (quiet) return aboard;
  context.stderr.write(`Using ${aboard.describe}\n`);
  if (aboard.isNew && context.stderr.terminal)
    context.stderr.write("It is new; 'portolan cluster start' lets kubectl look at it.\n");
  return aboard;
}

/** Whether the current context is the one that our own server, killed since, put there: its cluster is the embedded one. */
async function isLeftOver(context: ConnectContext, config: Kubeconfig): Promise<boolean> {
  const { settings } = context;
  if (config.currentContext !== EMBEDDED || settings.kubeContext !== '' || settings.kubeApiServer !== '') return false;
  const { dataDirOf } = await import('./cluster.ts');
  const { runningServer } = await import('../cluster/background.ts');
  const { readAuthority } = await import('../cluster/credentials.ts');
  const dataDir = dataDirOf(context);
  const cluster = config.clusters.get(config.contexts.get(EMBEDDED)?.cluster ?? '');
  const authority = Buffer.from(cluster?.['certificate-authority-data'] ?? '', 'base64').toString();
  return authority !== '' && authority === readAuthority(dataDir) && runningServer(dataDir) === undefined;
}

const readFile = (path: string): string => readFileSync(path, 'utf8');

async function byKubeconfig(context: ConnectContext, config: Kubeconfig): Promise<Connected> {
  const { resolveConnection } = await import('../client/connection.ts');
  return overNetwork(context, resolveConnection(config, { overrides: overridesOf(context.settings), readFile }));
}

async function aroundThisPod({ settings, environment }: ConnectContext): Promise<Connection | undefined> {
  const { variables } = environment;
  if (!variables.KUBERNETES_SERVICE_HOST) return undefined;
  const { inClusterConnection } = await import('../client/in-cluster.ts');
  return inClusterConnection({ variables, overrides: overridesOf(settings), readFile });
}

async function overNetwork(context: ConnectContext, connection: Connection): Promise<Connected> {
  const { httpTransport } = await import('../client/http-transport.ts');
  const { isatty } = await import('node:tty');
  const transport = httpTransport(connection, {
    readFile,
    env: context.environment.variables,
    isTerminal: () => isatty(0),
    clock: context.clock,
    rate: { qps: context.settings.qps, burst: context.settings.burstLimit },
  });
  return overTransport(transport, connection.namespace, context);
}

const overTransport = (transport: Transport, namespace: string, context: ConnectContext): Connected => ({
  ...connected(tellingWarnings(transport.handler, context), namespace, async () => transport.close()),
  hurry: transport.hurry,
});

const overridesOf = (settings: Settings) => ({
  context: settings.kubeContext,
  server: settings.kubeApiServer,
  caFile: settings.kubeCaFile,
  insecure: settings.kubeInsecureSkipTlsVerify,
  tlsServerName: settings.kubeTlsServerName,
  token: settings.kubeToken,
  asUser: settings.kubeAsUser,
  asGroups: settings.kubeAsGroups,
  namespace: settings.namespace,
});

async function embedded(context: ConnectContext): Promise<Aboard> {
  const { settings, clock } = context;
  const { dataDirOf } = await import('./cluster.ts');
  const dataDir = dataDirOf(context);
  const namespace = settings.namespace || 'default';
  const { runningServer } = await import('../cluster/background.ts');
  const server = runningServer(dataDir);
  if (server) {
    const { loadCredentials } = await import('../cluster/credentials.ts');
    const { httpTransport } = await import('../client/http-transport.ts');
    const { ca, admin } = loadCredentials(dataDir, [], clock.now());
    const transport = httpTransport(
      {
        server: server.url,
        ca: ca.cert,
        certificate: admin.cert,
        key: admin.key,
        insecure: false,
        context: EMBEDDED,
        namespace,
      },
      { clock },
    );
    const rest = overTransport(transport, namespace, context);
    return { ...rest, describe: `the embedded cluster (${server.url}, ${dataDir})` };
  }
  return inThisProcess(context, dataDir, namespace);
}

async function inThisProcess(context: ConnectContext, dataDir: string, namespace: string): Promise<Aboard> {
  const { clock, log, signal, stderr } = context;
  const { openEmbedded } = await import('../cluster/embedded.ts');
  const isNew = !existsSync(dataDir);
  const plane = await openEmbedded({
    dataDir,
    clock,
    log: { ...log, debug() {}, info() {} },
    wait: LOCK_WAIT,
    signal,
    onWait: ({ pid }) => stderr.write(`Waiting for another command that uses the embedded cluster (process ${pid})\n`),
  });
  return {
    ...connected(tellingWarnings(plane.handler, context), namespace, () => plane.stop()),
    exclusive: true,
    settle: () => plane.plane.settled(),
    describe: plane.describe,
    isNew,
  };
}

/** `299 - "text"`, several joined by commas. */
const WARNING = /\b299 \S+ "((?:[^"\\]|\\.)*)"/g;

/** Tells what the server warns of, each text once. */
function tellingWarnings(handler: ApiHandler, { stderr }: ConnectContext): ApiHandler {
  const told = new Set<string>();
  return async (request) => {
    const response = await handler(request);
    for (const [, quoted] of (response.headers.warning ?? '').matchAll(WARNING)) {
      const text = quoted!.replace(/\\(.)/g, '$1');
      if (!told.has(text)) stderr.write(`Warning: ${text}\n`);
      told.add(text);
    }
    return response;
  };
}

const connected = (handler: ApiHandler, namespace: string, close: () => Promise<void>): Connected => ({
  client: createClient(handler, { userAgent: 'portolan' }),
  namespace,
  exclusive: false,
  settle: async () => {},
  hurry() {},
  close,
});
