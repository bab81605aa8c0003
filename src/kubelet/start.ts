/** The simulated nodes: registers them, plays the pods bound to them, and answers for their logs. */
import type { PodLogOptions } from '../api/http.ts';
import type { KubeObject } from '../api/object.ts';
import { createEventRecorder, type EventRecorder } from '../client/events.ts';
import { createInformers, type Informers, untilQuiet } from '../client/informers.ts';
import { CONFIG_MAPS, NODES, PERSISTENT_VOLUME_CLAIMS, PODS, SECRETS } from '../client/resources.ts';
import { SharedClock } from '../client/shared-clock.ts';
import type { Client } from '../client/types.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { type ScenarioRule, validateRules } from './behaviour.ts';
import { createLogs, runOf } from './logs.ts';
import { createNodes, type NodeSpec } from './nodes.ts';
import { createPlayer } from './player.ts';
import { recallLogs } from './recall.ts';
import { DEFAULT_TIMING, type Timing } from './stages.ts';
import { volumeSources } from './volume-sources.ts';

export type { NodeSpec } from './nodes.ts';

export interface KubeletOptions {
  client: Client;
  clock: Clock;
  log: Logger;
  /** Three of 8 CPUs and 32 GiB where absent. */
  nodes?: NodeSpec[];
  /** Shared with the controllers and the scheduler; own ones otherwise. */
  informers?: Informers;
  timing?: Partial<Timing>;
  /** Rules of a scenario (behaviour.ts); validated, and refused with all that is wrong. */
  rules?: ScenarioRule[];
}

export interface Kubelet {
  /** Resolves when every node is registered and ready. */
  ready: Promise<void>;
  addNode(spec: NodeSpec): Promise<void>;
  podLogs(namespace: string, pod: string, container: string, options?: PodLogOptions): string | AsyncIterable<string>;
  /** Nothing under way that does not wait for time to pass. */
  readonly idle: boolean;
  settled(): Promise<void>;
  /** When a pod next moves on by itself. */
  nextDue(): number | undefined;
  stop(): Promise<void>;
}

const DEFAULT_NODES: NodeSpec[] = ['node-1', 'node-2', 'node-3'].map((name) => ({ name }));

export function startKubelet(options: KubeletOptions): Kubelet {
  const { log, timing, rules = [], nodes: specs = DEFAULT_NODES } = options;
  const wrong = validateRules(rules);
  if (wrong.length > 0) throw new Error(wrong.join('; '));
  const clock = new SharedClock(options.clock);
  const informers = options.informers ?? createInformers({ client: options.client, clock });
  const client = informers.clientOf('kubelet');
  const pods = informers.for(PODS);
  const nodeObjects = informers.for(NODES);
  const [configMaps, secrets, claims] = [CONFIG_MAPS, SECRETS, PERSISTENT_VOLUME_CLAIMS].map((r) => informers.for(r));
  const logs = createLogs();
  const recorders = new Map<string, EventRecorder>();
  const recorderFor = (host: string): EventRecorder => {
    let recorder = recorders.get(host);
    if (!recorder) {
      recorder = createEventRecorder({
        client,
        clock,
        component: 'kubelet',
        urgent: () => informers.writes,
        host,
        onError: (error) => log.debug('event not recorded', { node: host, error }),
      });
      recorders.set(host, recorder);
    }
    return recorder;
  };
  const nodes = createNodes({ client, clock, log, recorderFor });
  const player = createPlayer({
    client,
    clock: options.clock,
    log,
    timing: { ...DEFAULT_TIMING, ...timing },
    pods,
    nodes,
    logs,
    sources: volumeSources({ configMaps: configMaps!, secrets: secrets!, claims: claims! }),
    recorderFor,
    rules,
  });

  const play = (pod: KubeObject): void => {
    if (pod.spec?.nodeName && nodes.has(pod.spec.nodeName)) player.observe(pod);
  };
  pods.onChange(({ type, object }) => {
    if (type === 'deleted') {
      player.forget(object);
      logs.forget(object.metadata.uid!);
      return;
    }
    play(object);
    logs.wake(object.metadata.uid!);
  });
  for (const informer of [configMaps!, secrets!, claims!])
    informer.onChange(({ type }) => type !== 'deleted' && player.retryBlocked());
  nodeObjects.onChange(({ type, object }) => {
    const { name } = object.metadata;
    if (type === 'deleted') {
      nodes.forget(name);
      return;
    }
    const was = nodes.has(name);
    const isBack = nodes.observe(object);
    if ((was && !isBack) || !nodes.has(name)) return;
    for (const pod of pods.list()) if (pod.spec?.nodeName === name) play(pod);
    player.reportAll(name);
  });

  const ready = (async () => {
    await informers.synced();
    await Promise.all(specs.map((spec) => nodes.add(spec)));
  })();
  const isIdle = () => player.idle && nodes.idle && [...recorders.values()].every((recorder) => recorder.idle);
  ready.catch((error) => log.error('nodes not registered', { error }));

  return {
    ready,
    addNode: (spec) => nodes.add(spec),
    podLogs(namespace, name, container, logOptions = {}) {
      const pod = pods.get(name, namespace);
      if (pod) recallLogs(pod, logs, { clock, log, nodes, rules });
      const run = runOf(() => pods.get(name, namespace), container, logOptions.previous);
      return logs[logOptions.follow ? 'follow' : 'read'](run, logOptions, clock.now());
    },
    get idle() {
      return isIdle();
    },
    settled: async () => {
      await ready;
      await untilQuiet(isIdle);
    },
    nextDue: () => player.nextDue(),
    async stop() {
      player.stop();
      nodes.stop();
      for (const recorder of recorders.values()) recorder.stop();
      clock.stop();
      if (!options.informers) await informers.stop();
    },
  };
}
