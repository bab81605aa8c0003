/** A whole control plane in memory for tests: the API server and its clients over one set of informers. */
import type { ApiHandler } from '../../src/api/http.ts';
import { createApiServer } from '../../src/apiserver/server.ts';
import { createClient } from '../../src/client/create-client.ts';
import { createInformers, untilQuiet } from '../../src/client/informers.ts';
import { type Clock, ManualClock } from '../../src/clock.ts';
import { advanceClock } from '../../src/cluster/advance.ts';
import type { Authority } from '../../src/controller/certificate-signer.ts';
import { printControllerMetrics } from '../../src/controller/metrics.ts';
import { startControllers } from '../../src/controller/start.ts';
import { type KubeletOptions, startKubelet } from '../../src/kubelet/start.ts';
import { type Logger, silentLog } from '../../src/log.ts';
import { startScheduler } from '../../src/scheduler/start.ts';
import { openMemoryStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/types.ts';

export interface PlaneOptions extends Partial<Pick<KubeletOptions, 'nodes' | 'rules' | 'timing'>> {
  clock?: Clock;
  log?: Logger;
  only?: string[];
  authority?: Authority;
  /** What the controllers, the scheduler and the nodes see of the server; the `client` is spared. */
  through?: (handler: ApiHandler) => ApiHandler;
  /** One that outlives the plane: it is not closed with it. */
  store?: Store;
}

export async function startTestPlane(options: PlaneOptions = {}) {
  const { clock = new ManualClock(), log = silentLog, nodes, rules, timing } = options;
  const store = options.store ?? openMemoryStore();
  let read: ReturnType<typeof startKubelet>['podLogs'] | undefined;
  const moreMetrics = () => printControllerMetrics(controllers.stats());
  const server = createApiServer({ store, clock, log, moreMetrics, podLogs: (...args) => read?.(...args) ?? '' });
  const admin = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };
  const client = createClient(server.handler, { user: admin });
  const { through = (handler) => handler } = options;
  const parts = createClient(through(server.handler), { user: admin });
  const informers = createInformers({ client: parts, clock, onError: (_, error) => log.error('informer', { error }) });
  const controllers = startControllers({
    client,
    clock,
    log,
    informers,
    only: options.only,
    authority: options.authority,
  });
  const scheduler = startScheduler({ client, clock, log, informers });
  const kubelet = startKubelet({ client, clock, log, informers, nodes, rules, timing });
  read = kubelet.podLogs;
  await Promise.all([controllers.ready, scheduler.ready, kubelet.ready]);
  const settled = () => untilQuiet(() => controllers.idle && scheduler.idle && kubelet.idle);
  await settled();
  return {
    client,
    clock,
    store,
    informers,
    controllers,
    scheduler,
    kubelet,
    handler: server.handler,
    settled,
    /** Moves a manual clock on, letting everything settle at each instant at which something is due. */
    advance: (ms: number) => advanceClock(clock, { by: ms, settled }),
    async stop() {
      await Promise.all([controllers.stop(), scheduler.stop(), kubelet.stop()]);
      await informers.stop();
      server.stop();
      if (!options.store) await store.close();
    },
  };
}

export type Plane = Awaited<ReturnType<typeof startTestPlane>>;

/** Calls `use` with a plane that is stopped afterwards. */
export async function withPlane(use: (plane: Plane) => Promise<void>, options: PlaneOptions = {}): Promise<void> {
  const plane = await startTestPlane(options);
  try {
    await use(plane);
  } finally {
    await plane.stop();
  }
}
