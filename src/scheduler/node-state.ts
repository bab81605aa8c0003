/** The scheduler's picture of the nodes: what each offers and what its pods take, kept up to date pod by pod. */
import type { KubeObject } from '../api/object.ts';
import { type Amounts, add, amounts, podRequests } from './requests.ts';

export interface PodInfo {
  pod: KubeObject;
  requests: Amounts;
  ports: string[];
}

export interface NodeState {
  node: KubeObject;
  name: string;
  labels: Record<string, string>;
  taints: { key: string; value?: string; effect: string }[];
  allocatable: Amounts;
  requested: Amounts;
  pods: Map<string, PodInfo>;
  ports: Map<string, number>;
  /** How many pods of each controller stand here, by the controller's uid. */
  owners: Map<string, number>;
}

export class Cluster {
  readonly nodes = new Map<string, NodeState>();
  /** Where each pod stands, by uid. */
  readonly #places = new Map<string, NodeState>();
  /** Pods bound to nodes that are not known yet. */
  readonly #homeless = new Map<string, PodInfo>();
  /** How many placed pods have (anti-)affinity to others: none, and the check is skipped. */
  affinityPods = 0;

  setNode(node: KubeObject): void {
    const known = this.nodes.get(node.metadata.name);
    const state: NodeState = known ?? {
      node,
      name: node.metadata.name,
      labels: {},
      taints: [],
      allocatable: new Map(),
      requested: new Map(),
      pods: new Map(),
      ports: new Map(),
      owners: new Map(),
    };
    state.node = node;
    state.labels = node.metadata.labels ?? {};
    state.taints = node.spec?.taints ?? [];
    state.allocatable = amounts(node.status?.allocatable);
    if (known) return;
    this.nodes.set(state.name, state);
    for (const [uid, info] of this.#homeless) if (info.pod.spec.nodeName === state.name) this.#place(uid, info, state);
  }

  removeNode(name: string): void {
    const state = this.nodes.get(name);
    if (!state) return;
    this.nodes.delete(name);
    for (const [uid, info] of state.pods) {
      this.#places.delete(uid);
      this.#homeless.set(uid, info);
    }
  }

  /** Counts a pod on a node: bound, or assumed to be while its binding is written. */
  addPod(pod: KubeObject, node = pod.spec.nodeName): void {
    const uid = pod.metadata.uid!;
    const place = this.#places.get(uid);
    if (place !== undefined && place.name === node) {
      place.pods.get(uid)!.pod = pod;
      return;
    }
    this.removePod(uid);
    const info = podInfo(pod);
    const state = this.nodes.get(node);
    if (state) this.#place(uid, info, state);
    else this.#homeless.set(uid, info);
  }

  removePod(uid: string): boolean {
    this.#homeless.delete(uid);
    const state = this.#places.get(uid);
    if (!state) return false;
    const info = state.pods.get(uid)!;
    this.#places.delete(uid);
    state.pods.delete(uid);
    add(state.requested, info.requests, -1);
    for (const port of info.ports) count(state.ports, port, -1);
    const owner = ownerOf(info.pod);
    if (owner) count(state.owners, owner, -1);
    if (hasPodAffinity(info.pod)) this.affinityPods--;
    return true;
  }

  #place(uid: string, info: PodInfo, state: NodeState): void {
    this.#homeless.delete(uid);
    this.#places.set(uid, state);
    state.pods.set(uid, info);
    add(state.requested, info.requests);
    for (const port of info.ports) count(state.ports, port, 1);
    const owner = ownerOf(info.pod);
    if (owner) count(state.owners, owner, 1);
    if (hasPodAffinity(info.pod)) this.affinityPods++;
  }
}

/** A node to try things on: what pods take is its own. */
export const copyOf = (node: NodeState): NodeState => ({
  ...node,
  requested: new Map(node.requested),
  pods: new Map(node.pods),
  ports: new Map(node.ports),
});

export function addTo(copy: NodeState, pod: KubeObject): void {
  const info = podInfo(pod);
  copy.pods.set(pod.metadata.uid!, info);
  add(copy.requested, info.requests);
  for (const port of info.ports) copy.ports.set(port, 1);
}

function count(map: Map<string, number>, key: string, change: 1 | -1): void {
  const total = (map.get(key) ?? 0) + change;
  if (total > 0) map.set(key, total);
  else map.delete(key);
}

export const ownerOf = ({ metadata }: KubeObject): string | undefined =>
  metadata.ownerReferences?.find((reference) => reference.controller)?.uid;

export const podInfo = (pod: KubeObject): PodInfo => ({ pod, requests: podRequests(pod), ports: hostPorts(pod) });

const hasPodAffinity = ({ spec }: KubeObject): boolean =>
  Boolean(spec.affinity?.podAffinity || spec.affinity?.podAntiAffinity);

/** `TCP/0.0.0.0/80` for every host port. */
function hostPorts({ spec }: KubeObject): string[] {
  const all: KubeObject[] = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  return all.flatMap(({ ports }) =>
    (ports ?? []).flatMap(({ hostPort, protocol = 'TCP', hostIP = '0.0.0.0' }: Record<string, string>) =>
      hostPort ? [`${protocol}/${hostIP}/${hostPort}`] : [],
    ),
  );
}

/** Two host ports clash on the same address, and any address clashes with all. */
export function clashes(state: NodeState, ports: string[]): boolean {
  for (const wanted of ports) {
    const [protocol, ip, port] = wanted.split('/');
    for (const used of state.ports.keys()) {
      const [usedProtocol, usedIp, usedPort] = used.split('/');
      if (protocol !== usedProtocol || port !== usedPort) continue;
      if (ip === usedIp || ip === '0.0.0.0' || usedIp === '0.0.0.0') return true;
    }
  }
  return false;
}
