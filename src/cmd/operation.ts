/** Opens what a command on releases needs: the cluster, the records in it, and somebody to tell about progress. */
import type { ActionContext, WaitStrategy } from '../action/context.ts';
import type { Waiting } from '../action/wait.ts';
import { type Clock, sleep } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { ReleaseDriver } from '../release/driver.ts';
import { releaseStorage } from '../release/storage.ts';
import type { CommandContext } from './command.ts';
import { type Connected, connect } from './connect.ts';
import { namespaceOf } from './kubeconfig.ts';
import type { FlagValues } from './parse.ts';

export interface OperationOptions {
  /** Says nothing but errors. */
  quiet?: boolean;
  /** Looks at the records of all namespaces. */
  allNamespaces?: boolean;
  /** The operation changes the cluster: what it sets off is let happen before a cluster in this process is left. */
  settle?: boolean;
}

/** How long a command waits for the control plane in its own process to finish what it set off. */
const SETTLE_LIMIT = 3000;
/** How long to look for the reasons of a failure. A server that has told nothing by then is not asked much more. */
const EXPLAIN_LIMIT = 5000;

/** Calls `run` with the cluster open and closes it after; ctrl-C aborts the operation. */
export async function onReleases<T>(
  context: CommandContext,
  options: OperationOptions,
  run: (action: ActionContext) => Promise<T>,
): Promise<T> {
  const connected = await connect(context, options);
  const { progressOn } = await import('./progress.ts');
  const { flags, stderr, clock } = context;
  const json = flags.has('output') && flags.string('output') === 'json';
  // What only reads is ended by the signal itself.
  const signal = options.settle ? context.signal : new AbortController().signal;
  signal.addEventListener('abort', connected.hurry, { once: true });
  const progress = options.quiet ? undefined : progressOn(stderr, clock, { json });
  let driver: ReleaseDriver | undefined;
  try {
    driver = await driverOf(context, connected, options);
    return await run({
      client: connected.client,
      releases: releaseStorage(driver, context.log),
      namespace: connected.namespace,
      clock: context.clock,
      log: context.log,
      signal,
      holder: holderOf(context.environment),
      isAbandoned: (holder) => connected.exclusive || isDead(holder, context),
      onHookLog: (text) => context.stderr.write(text.endsWith('\n') ? text : `${text}\n`),
      ...(progress && { onProgress: progress.show }),
      async onFailure(unready) {
        progress?.end();
        const { explainFailure, failureEvents } = await import('./explain.ts');
        const explain = json ? failureEvents : explainFailure;
        const text = await within(EXPLAIN_LIMIT, explain(connected.client, unready, clock), clock);
        if (text === undefined) connected.hurry();
        else stderr.write(text);
      },
    });
  } finally {
    progress?.end();
    if (options.settle) await within(SETTLE_LIMIT, connected.settle(), clock);
    await driver?.close?.();
    await connected.close();
  }
}

/** Calls `run` with no cluster at all: whoever asks one fails. */
export async function withoutCluster<T>(
  context: CommandContext,
  run: (action: ActionContext) => Promise<T>,
): Promise<T> {
  const { createClient } = await import('../client/create-client.ts');
  const { memoryDriver } = await import('../release/memory-driver.ts');
  const { clock, log, signal } = context;
  return run({
    client: createClient(() => Promise.reject(new Error('a client-side dry run asks no cluster'))),
    releases: releaseStorage(memoryDriver()),
    namespace: await namespaceOf(context),
    clock,
    log,
    signal,
  });
}

/** What `work` answers, undefined where that takes longer. */
async function within<T>(ms: number, work: Promise<T>, clock: Clock): Promise<T | undefined> {
  const over = new AbortController();
  const limit = sleep(clock, ms, over.signal).then(
    () => undefined,
    () => undefined,
  );
  return Promise.race([work, limit]).finally(() => over.abort());
}

async function driverOf(
  { environment, clock }: CommandContext,
  { client, namespace }: Connected,
  { allNamespaces = false }: OperationOptions,
): Promise<ReleaseDriver> {
  const name = environment.variables.HELM_DRIVER ?? '';
  const options = { client, namespace: allNamespaces ? '' : namespace, clock };
  if (['', 'secret', 'secrets'].includes(name))
    return (await import('../release/object-driver.ts')).secretDriver(options);
  if (['configmap', 'configmaps'].includes(name))
    return (await import('../release/object-driver.ts')).configMapDriver(options);
  if (name === 'memory') return (await import('../release/memory-driver.ts')).memoryDriver();
  if (name === 'sql') {
    const { sqlDriver } = await import('../release/sql-driver.ts');
    const { variables } = environment;
    const connectionString = variables.HELM_DRIVER_SQL_CONNECTION_STRING ?? '';
    return sqlDriver({ connectionString, variables, namespace: options.namespace, clock });
  }
  throw new Error(`unknown driver ${JSON.stringify(name)}`);
}

const holderOf = ({ variables, hostname, pid }: CommandContext['environment']): string =>
  `${variables.USER || variables.LOGNAME || variables.USERNAME || 'unknown'}@${hostname}:${pid}`;

/** Whether the process that began something ran on this machine and is gone. */
function isDead(holder: string | undefined, { environment }: CommandContext): boolean {
  const [, host, pid] = /@([^@]*):(\d+)$/.exec(holder ?? '') ?? [];
  return host === environment.hostname && Number(pid) > 0 && !environment.isAlive(Number(pid));
}

export const waitingOf = (flags: FlagValues, log: Logger): Waiting => ({
  strategy: waitStrategyOf(flags, log),
  timeout: flags.number('timeout'),
});

function waitStrategyOf(flags: FlagValues, log: Logger): WaitStrategy {
  const value = flags.string('wait');
  if (value !== 'true' && value !== 'false') return value as WaitStrategy;
  const strategy = value === 'true' ? 'watcher' : 'hookOnly';
  log.warn(`--wait=${value} is deprecated (boolean value) and can be replaced with --wait=${strategy}`);
  return strategy;
}
