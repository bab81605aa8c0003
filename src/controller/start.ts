/** All controllers, started together over one set of informers. */
import { createInformers, type Informers, untilQuiet } from '../client/informers.ts';
import { SharedClock } from '../client/shared-clock.ts';
import type { Client } from '../client/types.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { watchAllResources } from './all-resources.ts';
import { apiServiceAvailabilityController } from './api-service-availability.ts';
import { type Authority, certificateSigner } from './certificate-signer.ts';
import { type ControllerDefinition, type RunningController, runController } from './controller.ts';
import { cronJobController } from './cron-job.ts';
import { daemonSetController } from './daemon-set.ts';
import { deploymentController } from './deployment.ts';
import { endpointSliceController, endpointsController } from './endpoint-slice.ts';
import { endpointSliceMirroringController } from './endpoint-slice-mirroring.ts';
import { garbageCollector } from './garbage-collector.ts';
import { horizontalPodAutoscalerController } from './horizontal-pod-autoscaler.ts';
import { ipAddressController } from './ip-address.ts';
import { jobController } from './job.ts';
import { ingressController, serviceController } from './load-balancer.ts';
import type { ControllerStats } from './metrics.ts';
import { namespaceController } from './namespace.ts';
import { nodeLifecycleController } from './node-lifecycle.ts';
import { podDisruptionBudgetController } from './pod-disruption-budget.ts';
import { replicaSetController, replicationController } from './replica-set.ts';
import { resourceQuotaController } from './resource-quota.ts';
import { rootCaController, serviceAccountController } from './service-account.ts';
import { statefulSetController } from './stateful-set.ts';
import { taintEvictionController } from './taint-eviction.ts';
import { ttlAfterFinishedController } from './ttl-after-finished.ts';
import { volumeBinderController } from './volume-binder.ts';

export interface ControllersOptions {
  client: Client;
  clock: Clock;
  log: Logger;
  /** Shared with the scheduler and the nodes; own ones otherwise. */
  informers?: Informers;
  /** Names of the controllers to run; all where absent. */
  only?: string[];
  /** The cluster's authority: pods trust its certificate, and requests are signed with its key. None are without one. */
  authority?: Authority;
}

export interface Controllers {
  /** Resolves when every informer holds its first list and the controllers see it. */
  ready: Promise<void>;
  /** No key is queued or worked on, and no event is left to write. */
  readonly idle: boolean;
  /** Resolves when no controller has work left that does not wait for time to pass. */
  settled(): Promise<void>;
  /** When the next key that waits for its time falls due. */
  nextDue(): number | undefined;
  /** Failures and queue lengths by controller, for metrics. */
  stats(): ControllerStats[];
  stop(): Promise<void>;
}

const CONTROLLERS: ControllerDefinition[] = [
  deploymentController,
  replicaSetController,
  replicationController,
  statefulSetController,
  daemonSetController,
  jobController,
  cronJobController,
  ttlAfterFinishedController,
  horizontalPodAutoscalerController,
  podDisruptionBudgetController,
  endpointSliceController,
  endpointsController,
  endpointSliceMirroringController,
  apiServiceAvailabilityController,
  ipAddressController,
  serviceController,
  ingressController,
  volumeBinderController,
  serviceAccountController,
  nodeLifecycleController,
  taintEvictionController,
];

export function startControllers(options: ControllersOptions): Controllers {
  const { log, only } = options;
  const clock = new SharedClock(options.clock);
  const informers = options.informers ?? createInformers({ client: options.client, clock });
  const all = watchAllResources(informers, log);
  const client = informers.clientOf('kube-controller-manager');
  const definitions = [
    ...CONTROLLERS,
    rootCaController(options.authority?.cert),
    ...(options.authority ? [certificateSigner(options.authority)] : []),
    namespaceController(all),
    garbageCollector(all),
    resourceQuotaController(all),
  ];
  const wanted = definitions.filter(({ name }) => !only || only.includes(name));
  const running: RunningController[] = wanted.map((definition) =>
    runController(definition, { informers, client, clock, log }),
  );
  const ready = Promise.all([informers.synced(), all.ready]).then(() => {});
  const isIdle = () => running.every((controller) => controller.idle && controller.recorder.idle);
  return {
    ready,
    get idle() {
      return isIdle();
    },
    settled: async () => {
      await ready;
      await untilQuiet(isIdle);
    },
    nextDue: () => clock.nextDue(),
    stats: () => running.map(({ name, failures, depth }) => ({ name, failures, depth })),
    async stop() {
      for (const controller of running) controller.stop();
      clock.stop();
      if (!options.informers) await informers.stop();
    },
  };
}
