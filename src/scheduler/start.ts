/** The scheduler: takes pods without a node by priority and age, finds each the best node, and binds it there. */
import { type KubeObject, timestamp } from '../api/object.ts';
import { isTerminal } from '../api/pods.ts';
import { fromLabelSelector, matchesLabels } from '../api/selectors.ts';
import { ignoreGone, isConflict, isNotFound } from '../api/status.ts';
import { createEventRecorder } from '../client/events.ts';
import { createInformers, type Informers, untilQuiet } from '../client/informers.ts';
import {
  NAMESPACES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  POD_DISRUPTION_BUDGETS,
  PODS,
  STORAGE_CLASSES,
} from '../client/resources.ts';
import type { Client } from '../client/types.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { type Candidate, prepare, type Refusal, refusal, summary } from './filters.ts';
import { Cluster, type NodeState, podInfo } from './node-state.ts';
import { Nominations } from './nominations.ts';
import { planPreemption, priorityOf } from './preemption.ts';
import { best } from './scores.ts';
import { selectNode, unboundClaims, volumeCheck } from './volumes.ts';

export interface SchedulerOptions {
  client: Client;
  clock: Clock;
  log: Logger;
  informers?: Informers;
}

export interface Scheduler {
  ready: Promise<void>;
  readonly idle: boolean;
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const NAME = 'default-scheduler';
/** Bindings under way at once. */
const MAX_BINDING = 64;

export function startScheduler(options: SchedulerOptions): Scheduler {
  const { clock, log } = options;
  const informers = options.informers ?? createInformers({ client: options.client, clock });
  const client = informers.clientOf('kube-scheduler');
  const pods = informers.for(PODS);
  const nodes = informers.for(NODES);
  const namespaces = informers.for(NAMESPACES);
  const budgets = informers.for(POD_DISRUPTION_BUDGETS);
  const volumes = {
    claims: informers.for(PERSISTENT_VOLUME_CLAIMS),
    volumes: informers.for(PERSISTENT_VOLUMES),
    classes: informers.for(STORAGE_CLASSES),
  };
  const recorder = createEventRecorder({
    client,
    clock,
    component: NAME,
    urgent: () => informers.writes,
    onError: (error) => log.debug('event not recorded', { error }),
  });
  const cluster = new Cluster();
  const waiting = new Map<string, KubeObject>();
  /** Pods that fit nowhere, with what they were told; looked at again when the cluster changes. */
  const unschedulable = new Map<string, string>();
  const assumed = new Set<string>();
  const nominations = new Nominations();
  let busy = 0;
  let planned = false;
  let stopped = false;

  nodes.onChange(({ type, object }) => {
    if (type === 'deleted') cluster.removeNode(object.metadata.name);
    else cluster.setNode(object);
    reconsider();
  });
  pods.onChange(({ type, object, previous }) => {
    const uid = object.metadata.uid!;
    if (type === 'deleted' || isTerminal(object)) {
      waiting.delete(uid);
      unschedulable.delete(uid);
      assumed.delete(uid);
      nominations.delete(uid);
      if (cluster.removePod(uid)) reconsider();
    } else if (object.spec.nodeName) {
      waiting.delete(uid);
      unschedulable.delete(uid);
      assumed.delete(uid);
      nominations.delete(uid);
      cluster.addPod(object);
    } else if (isOurs(object) && !assumed.has(uid)) {
      nominations.set(object, object.status?.nominatedNodeName);
      // A status that we wrote ourselves is no reason to try again.
      const unchanged = previous && previous.spec === object.spec && unschedulable.has(uid);
      if (unchanged || (unschedulable.has(uid) && !isChanged(previous, object))) return;
      waiting.set(uid, object);
      plan();
    }
  });
  for (const informer of [volumes.claims, volumes.volumes, volumes.classes]) informer.onChange(() => reconsider());

  function reconsider(): void {
    if (unschedulable.size === 0) return;
    for (const pod of pods.list()) if (unschedulable.has(pod.metadata.uid!)) waiting.set(pod.metadata.uid!, pod);
    plan();
  }

  function plan(): void {
    if (planned || stopped || waiting.size === 0) return;
    planned = true;
    setImmediate(() => {
      planned = false;
      if (!stopped) void schedule();
    });
  }

  /** Decides for every waiting pod in one go; only what is written takes turns. */
  async function schedule(): Promise<void> {
    if (busy >= MAX_BINDING) return;
    const batch = [...waiting.values()].sort(byUrgency);
    waiting.clear();
    for (const pod of batch) {
      if (stopped) return;
      const decision = decide(pod);
      if (!decision) continue;
      busy++;
      const work = decision.then(
        () => {},
        (error) => failed(pod, error),
      );
      void work.finally(() => {
        busy--;
        plan();
      });
      // Enough under way: go on when there is room, in order.
      if (busy >= MAX_BINDING) await work;
    }
  }

  /** Assumes a place for the pod at once and answers the writing of it. */
  function decide(pod: KubeObject): Promise<void> | undefined {
    const current = pods.get(pod.metadata.name, pod.metadata.namespace);
    if (!current || current.metadata.uid !== pod.metadata.uid || current.spec.nodeName) return undefined;
    if (current.spec.schedulingGates?.length || current.metadata.deletionTimestamp) return undefined;
    if (cluster.nodes.size === 0) return refuse(current, 'no nodes available to schedule pods');
    const volumeRule = volumeCheck(current, volumes);
    const total = cluster.nodes.size;
    if (volumeRule && typeof volumeRule !== 'function') return refuse(current, noNode(total, volumeRule));
    const candidate = prepare(podInfo(current), cluster, labelsOfNamespace, volumeRule);
    const refusals = new Map<NodeState, Refusal>();
    const feasible: NodeState[] = [];
    for (const node of cluster.nodes.values()) {
      const refused = refusalOn(candidate, node);
      if (refused) refusals.set(node, refused);
      else feasible.push(node);
    }
    if (feasible.length > 0) return bind(current, best(candidate, feasible, cluster, labelsOfNamespace));
    const { plan: preemption, message } = planPreemption({ candidate, refusals, isProtected, refusalOn });
    const told = summary(total, refusals.values(), message);
    return preemption ? preempt(current, preemption.node, preemption.victims, told) : refuse(current, told);
  }

  const refusalOn = (candidate: Candidate, node: NodeState) =>
    refusal(candidate, node) ?? nominations.refusal(candidate, node);

  const labelsOfNamespace = (name: string) => namespaces.get(name)?.metadata.labels ?? {};

  const isProtected = (pod: KubeObject): boolean =>
    budgets
      .list(pod.metadata.namespace)
      .some(
        (budget) =>
          (budget.status?.disruptionsAllowed ?? 0) <= 0 &&
          matchesLabels(fromLabelSelector(budget.spec.selector), pod.metadata.labels),
      );

  async function bind(pod: KubeObject, node: NodeState): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const unbound = unboundClaims(pod, volumes);
    if (unbound.length > 0) {
      // The claims are bound first; their change brings the pod back.
      unschedulable.set(uid!, '');
      await selectNode(client, unbound, node.name);
      return;
    }
    assumed.add(uid!);
    cluster.addPod(pod, node.name);
    try {
      await client.create(
        PODS,
        {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name, namespace, uid },
          target: { apiVersion: 'v1', kind: 'Node', name: node.name },
        },
        { subresource: 'binding' },
      );
    } catch (error) {
      assumed.delete(uid!);
      cluster.removePod(uid!);
      throw error;
    }
    recorder.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node.name}`, {
      action: 'Binding',
    });
  }

  async function preempt(pod: KubeObject, node: NodeState, victims: KubeObject[], message: string): Promise<void> {
    const outdone = nominations.lower(pod, node.name);
    nominations.set(pod, node.name);
    await refuse(pod, message, node.name);
    for (const lower of outdone) await denominate(lower);
    for (const victim of victims) {
      const { name, namespace, uid } = victim.metadata;
      await markVictim(victim).catch(ignoreGone);
      await client.delete(PODS, name, namespace, { preconditions: { uid } }).catch(ignoreGone);
      recorder.event(victim, 'Normal', 'Preempted', `Preempted by pod ${pod.metadata.uid} on node ${node.name}`, {
        action: 'Preempting',
      });
    }
  }

  /** Tells those who count failures that this one is not the pod's own. */
  async function markVictim({ metadata, status }: KubeObject): Promise<void> {
    const others: KubeObject[] = (status?.conditions ?? []).filter(
      ({ type }: { type: string }) => type !== 'DisruptionTarget',
    );
    const condition = {
      type: 'DisruptionTarget',
      observedGeneration: metadata.generation,
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: timestamp(clock.now()),
      reason: 'PreemptionByScheduler',
      message: `${NAME}: preempting to accommodate a higher priority pod`,
    };
    const patch = { status: { conditions: [...others, condition] } };
    await client.patch(PODS, metadata.name, metadata.namespace, patch, { type: 'merge', subresource: 'status' });
  }

  /** A pod whose node was promised to a more important one looks for another place. */
  async function denominate({ metadata: { name, namespace, uid } }: KubeObject): Promise<void> {
    nominations.delete(uid!);
    const status = { nominatedNodeName: null };
    await client.patch(PODS, name, namespace, { status }, { type: 'merge', subresource: 'status' }).catch(ignoreGone);
    const current = pods.get(name, namespace);
    if (current?.metadata.uid !== uid || current?.spec.nodeName) return;
    waiting.set(uid!, current!);
    plan();
  }

  async function refuse(pod: KubeObject, message: string, nominated?: string): Promise<void> {
    const uid = pod.metadata.uid!;
    const told = unschedulable.get(uid);
    unschedulable.set(uid, message);
    if (told === message && !nominated) return;
    recorder.event(pod, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' });
    const before: KubeObject[] = pod.status?.conditions ?? [];
    const old = before.find((condition) => condition.type === 'PodScheduled');
    const condition = {
      type: 'PodScheduled',
      observedGeneration: pod.metadata.generation,
      status: 'False',
      lastProbeTime: null,
      lastTransitionTime: old?.status === 'False' ? old.lastTransitionTime : timestamp(clock.now()),
      reason: 'Unschedulable',
      message,
    };
    const conditions = [...before.filter(({ type }) => type !== 'PodScheduled'), condition];
    const status = { conditions, ...(nominated && { nominatedNodeName: nominated }) };
    const { name, namespace } = pod.metadata;
    await client.patch(PODS, name, namespace, { status }, { type: 'merge', subresource: 'status' });
  }

  function failed(pod: KubeObject, error: unknown): void {
    if (isNotFound(error) || stopped) return;
    if (!isConflict(error)) log.warn('pod not scheduled', { pod: pod.metadata.name, error });
    const current = pods.get(pod.metadata.name, pod.metadata.namespace);
    if (!current || current.metadata.uid !== pod.metadata.uid || current.spec.nodeName) return;
    const retry = clock.setTimeout(() => {
      timers.delete(retry);
      waiting.set(pod.metadata.uid!, current);
      plan();
    }, 100);
    timers.add(retry);
  }
  const timers = new Set<{ cancel(): void }>();

  const ready = informers.synced();
  const isIdle = () => busy === 0 && !planned && waiting.size === 0 && recorder.idle;
  return {
    ready,
    settled: async () => {
      await ready;
      await untilQuiet(isIdle);
    },
    get idle() {
      return isIdle();
    },
    async stop() {
      stopped = true;
      recorder.stop();
      for (const timer of timers) timer.cancel();
      if (!options.informers) await informers.stop();
    },
  };
}

const noNode = (total: number, { reasons }: Refusal): string =>
  `0/${total} nodes are available: ${reasons.join(', ')}. no new claims to deallocate, preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`;

const isOurs = ({ spec }: KubeObject): boolean => (spec.schedulerName ?? NAME) === NAME;

/** Whether what the scheduler looks at has changed: labels, gates, tolerations, requests. */
const isChanged = (previous: KubeObject | undefined, { spec, metadata }: KubeObject): boolean =>
  !previous ||
  JSON.stringify(previous.spec) !== JSON.stringify(spec) ||
  JSON.stringify(previous.metadata.labels) !== JSON.stringify(metadata.labels);

const byUrgency = (a: KubeObject, b: KubeObject): number => priorityOf(b) - priorityOf(a);
