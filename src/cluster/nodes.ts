/** The simulated nodes of a cluster that runs: looked at, added, taken away, silenced. All of it by the API alone. */
import { isConditionTrue } from '../api/conditions.ts';
import type { KubeObject } from '../api/object.ts';
import { hasReason, isNotFound } from '../api/status.ts';
import { NODES, PODS } from '../client/resources.ts';
import type { Client } from '../client/types.ts';
import { type Clock, sleep } from '../clock.ts';
import { capacityOf, LOST, type NodeSpec } from '../kubelet/nodes.ts';

export interface NodeSummary {
  name: string;
  /** As kubectl: `Ready`, `NotReady`, with `,SchedulingDisabled` where it is cordoned. */
  status: string;
  cpu: string;
  memory: string;
  /** Pods on it that have not ended, and how many it takes. */
  pods: number;
  maxPods: number;
  labels: Record<string, string>;
}

export interface Waiting {
  clock: Clock;
  signal?: AbortSignal;
  /** Milliseconds. */
  timeout: number;
}

/** Addresses of nodes and pods are handed out from fixed ranges. */
export const MAX_NODES = 1000;
const POLL = 50;

/** `count` nodes alike, with the first names that are not taken. */
export function nodeSpecs(count: number, rest: Omit<NodeSpec, 'name'> = {}, taken = new Set<string>()): NodeSpec[] {
  const specs: NodeSpec[] = [];
  for (let i = 1; specs.length < count; i++)
    if (!taken.has(`portolan-${i}`)) specs.push({ name: `portolan-${i}`, ...rest });
  return specs;
}

export async function listNodes(client: Client): Promise<NodeSummary[]> {
  const [nodes, pods] = await Promise.all([client.list<KubeObject>(NODES), client.list<KubeObject>(PODS)]);
  const counts = new Map<string, number>();
  for (const { spec, status } of pods.items)
    if (spec.nodeName && status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
      counts.set(spec.nodeName, (counts.get(spec.nodeName) ?? 0) + 1);
  return nodes.items.map((node) => summaryOf(node, counts.get(node.metadata.name) ?? 0));
}

function summaryOf(node: KubeObject, pods: number): NodeSummary {
  const { name, labels = {} } = node.metadata;
  const { cpu = '', memory = '', pods: maxPods = '0' } = node.status?.capacity ?? {};
  const own = Object.entries(labels).filter(([key]) => !/(^|\.)kubernetes\.io\//.test(key));
  const cordon = node.spec?.unschedulable ? ',SchedulingDisabled' : '';
  const status = `${isConditionTrue(node, 'Ready') ? 'Ready' : 'NotReady'}${cordon}`;
  return { name, status, cpu, memory, pods, maxPods: Number(maxPods), labels: Object.fromEntries(own) };
}

/** Answers the names of the new nodes when all are ready. */
export async function addNodes(
  client: Client,
  count: number,
  rest: Omit<NodeSpec, 'name'>,
  waiting: Waiting,
): Promise<string[]> {
  const { items } = await client.list(NODES);
  if (items.length + count > MAX_NODES)
    throw new Error(`add ${count} nodes: there are ${items.length}, and there may be ${MAX_NODES}`);
  const specs = nodeSpecs(count, rest, new Set(items.map(({ metadata }) => metadata.name)));
  for (const spec of specs) await client.create(NODES, nodeToRegister(spec));
  const names = specs.map(({ name }) => name);
  await until(waiting, 'add nodes: they are not ready', async () => {
    const nodes = await Promise.all(names.map((name) => client.get<KubeObject>(NODES, name)));
    return nodes.every((node) => isConditionTrue(node, 'Ready'));
  });
  return names;
}

/** The kubelet fills in what is not said. */
const nodeToRegister = ({ name, labels = {}, taints = [], ...spec }: NodeSpec): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
  spec: taints.length > 0 ? { taints } : {},
  status: { capacity: capacityOf(spec) },
});

/**
 * Takes a node away: at once, as when the machine goes; or, given how long to wait, drained as `kubectl drain` does it,
 * within what disruption budgets allow.
 */
export async function removeNode(client: Client, name: string, drain?: Waiting): Promise<void> {
  await client.get(NODES, name);
  if (drain !== undefined) await drainNode(client, name, drain);
  await client.delete(NODES, name);
}

async function drainNode(client: Client, node: string, waiting: Waiting): Promise<void> {
  await client.patch(NODES, node, undefined, { spec: { unschedulable: true } }, { type: 'merge' });
  await until(
    waiting,
    `drain node "${node}": pods are left on it, held by disruption budgets or their grace`,
    async () => {
      const { items } = await client.list<KubeObject>(PODS, { fieldSelector: `spec.nodeName=${node}` });
      const leaving = items.filter((pod) => !isDaemon(pod));
      await Promise.all(leaving.filter(({ metadata }) => !metadata.deletionTimestamp).map((pod) => evict(client, pod)));
      return leaving.length === 0;
    },
  );
}

const isDaemon = ({ metadata }: KubeObject): boolean =>
  metadata.ownerReferences?.some(({ controller, kind }) => controller && kind === 'DaemonSet') ?? false;

/** One that a budget holds back is asked again later. */
async function evict(client: Client, { metadata: { name, namespace } }: KubeObject): Promise<void> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  try {
    await client.create(PODS, eviction, { subresource: 'eviction' });
  } catch (error) {
    if (!hasReason(error, 'TooManyRequests') && !isNotFound(error)) throw error;
  }
}

/** A node that is lost runs on, but nobody hears of it; found again it goes on as if nothing had been. */
export async function setLost(client: Client, name: string, lost: boolean): Promise<void> {
  const metadata = { annotations: { [LOST]: lost ? 'true' : null } };
  await client.patch(NODES, name, undefined, { metadata }, { type: 'merge' });
}

async function until({ clock, signal, timeout }: Waiting, late: string, isDone: () => Promise<boolean>): Promise<void> {
  const deadline = clock.now() + timeout;
  while (!(await isDone())) {
    if (clock.now() >= deadline) throw new Error(late);
    await sleep(clock, POLL, signal);
  }
}
