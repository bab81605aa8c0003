/** Simulated nodes: their objects, leases, addresses and images. */
import { randomUUID } from 'node:crypto';
import { equalJson } from '../api/json.ts';
import { type GroupVersionResource, type KubeObject, timestamp } from '../api/object.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../api/status.ts';
import type { EventRecorder } from '../client/events.ts';
import { CSI_NODES, LEASES, NODES, VOLUME_DRIVER } from '../client/resources.ts';
import type { Client } from '../client/types.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Logger } from '../log.ts';
import { fullName } from './images.ts';

export interface NodeSpec {
  name: string;
  cpu?: string;
  memory?: string;
  pods?: number;
  ephemeralStorage?: string;
  labels?: Record<string, string>;
  taints?: { key: string; value?: string; effect: string }[];
}

export interface Nodes {
  add(spec: NodeSpec): Promise<void>;
  has(name: string): boolean;
  addressOf(name: string): string;
  /** As it was seen last. */
  objectOf(name: string): KubeObject | undefined;
  /** What its pods may ask for, by resource. */
  allocatableOf(name: string): Record<string, string>;
  takeIp(node: string, pod: KubeObject): string;
  releaseIp(node: string, ip: string): void;
  hasImage(node: string, image: string): boolean;
  keepImage(node: string, image: string): void;
  /** A node object appeared or changed; answers whether its node is heard again, after others spoke for its pods. */
  observe(node: KubeObject): boolean;
  forget(name: string): void;
  readonly idle: boolean;
  stop(): void;
}

interface State {
  index: number;
  address: string;
  object?: KubeObject;
  images: Set<string>;
  ips: Set<string>;
  nextIp: number;
  timer?: Timer;
  /** Its lease is kept up: once for each node. */
  renewing: boolean;
  /** Annotated as lost: it renews nothing and looks dead to the node controller. */
  lost: boolean;
  /** Whether it takes pods; undefined until its object is seen. */
  schedulable?: boolean;
}

/** `true`: the node has fallen silent. */
export const LOST = 'portolan.dev/lost';
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
const MAX_IPS = 65_534;
const MAX_ATTEMPTS = 10;
const VERSION = 'v1.36.3';

export interface NodesOptions {
  client: Client;
  clock: Clock;
  log: Logger;
  recorderFor(node: string): EventRecorder;
}

export function createNodes({ client, clock, log, recorderFor }: NodesOptions): Nodes {
  const states = new Map<string, State>();
  let pending = 0;
  let stopped = false;

  const track = (work: Promise<unknown>, what: string): void => {
    pending++;
    work.catch((error) => log.warn(what, { error })).finally(() => pending--);
  };

  const tell = (node: KubeObject, state: string): void => {
    const { name } = node.metadata;
    recorderFor(name).event(node, 'Normal', state, `Node ${name} status is now: ${state}`);
  };

  async function add(spec: NodeSpec): Promise<void> {
    try {
      await client.create<KubeObject>(NODES, nodeObject(spec, stateOf(spec.name), clock.now()));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      await rejoin(spec.name, spec);
    }
    await keepLease(spec.name);
  }

  /** The node was there before this process, or someone else made it: what its object lacks is filled in. */
  async function rejoin(name: string, spec: NodeSpec = { name }): Promise<void> {
    await writeLease(name);
    for (let attempt = 1; ; attempt++)
      try {
        const node = await labelled(await client.get<KubeObject>(NODES, name), spec);
        const status = filledStatus(node, nodeObject({ name }, stateOf(name), clock.now()), spec);
        await client.update(NODES, { ...node, status }, { subresource: 'status' });
        return;
      } catch (error) {
        if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error; // who made it may still be at it
      }
  }

  /** A label that only kubelets know is also missing on a node that someone applied. */
  async function labelled(node: KubeObject, spec: NodeSpec): Promise<KubeObject> {
    const labels = { ...labelsOf(node.metadata.name), ...node.metadata.labels, ...spec.labels };
    if (equalJson(labels, node.metadata.labels)) return node;
    return client.update<KubeObject>(NODES, { ...node, metadata: { ...node.metadata, labels } });
  }

  function stateOf(name: string): State {
    let state = states.get(name);
    if (!state) {
      const used = new Set([...states.values()].map(({ index }) => index));
      let index = 0;
      while (used.has(index)) index++;
      state = {
        index,
        address: `172.18.${index >> 8}.${(index & 255) + 2}`,
        images: new Set(),
        ips: new Set(),
        nextIp: 2,
        renewing: false,
        lost: false,
      };
      states.set(name, state);
    }
    return state;
  }

  async function keepLease(name: string): Promise<void> {
    const state = states.get(name);
    if (!state || state.renewing) return;
    state.renewing = true;
    await renew(name);
  }

  async function renew(name: string): Promise<void> {
    const state = states.get(name);
    if (!state || stopped) return;
    if (!state.lost) await writeLease(name);
    if (stopped || !states.has(name)) return;
    state.timer = clock.setTimeout(() => track(renew(name), 'node lease not renewed'), RENEW_MS);
  }

  async function writeLease(name: string): Promise<void> {
    const renewTime = new Date(clock.now()).toISOString().replace('Z', '000Z');
    const namespace = 'kube-node-lease';
    try {
      await client.patch(LEASES, name, namespace, { spec: { renewTime } }, { type: 'merge' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const { metadata } = await client.get<KubeObject>(NODES, name);
      const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid: metadata.uid! }];
      await register(LEASES, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name, namespace, ownerReferences },
        spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
      });
      await register(CSI_NODES, {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'CSINode',
        metadata: { name, ownerReferences },
        spec: { drivers: [{ name: VOLUME_DRIVER, nodeID: name, topologyKeys: null }] },
      });
    }
  }

  /** What stands beside a node and goes with it. */
  const register = (resource: GroupVersionResource, object: KubeObject): Promise<unknown> =>
    client.create(resource, object).catch((error) => {
      if (!isAlreadyExists(error)) log.debug(`${resource.resource} of a node not created`, { error });
    });

  return {
    add,
    has: (name) => states.has(name) && !states.get(name)!.lost,
    addressOf: (name) => states.get(name)?.address ?? '',
    objectOf: (name) => states.get(name)?.object,
    allocatableOf: (name) => states.get(name)?.object?.status?.allocatable ?? {},
    takeIp(node, pod) {
      const state = stateOf(node);
      if (pod.spec.hostNetwork) return state.address;
      // Addresses go round, so that one just given back is not given out at once.
      let ip: string;
      do {
        state.nextIp = state.nextIp >= MAX_IPS ? 2 : state.nextIp + 1;
        ip = podAddress(state.index, state.nextIp);
      } while (state.ips.has(ip) && state.ips.size < MAX_IPS - 2);
      state.ips.add(ip);
      return ip;
    },
    releaseIp: (node, ip) => void states.get(node)?.ips.delete(ip),
    hasImage: (node, image) => states.get(node)?.images.has(fullName(image)) ?? false,
    keepImage: (node, image) => void states.get(node)?.images.add(fullName(image)),
    observe(node) {
      const state = stateOf(node.metadata.name);
      const lost = node.metadata.annotations?.[LOST] === 'true';
      const returns = !lost && (state.lost || isGivenUp(node));
      const schedulable = !node.spec?.unschedulable;
      if (returns) tell(node, 'NodeReady');
      if (schedulable !== (state.schedulable ?? schedulable))
        tell(node, schedulable ? 'NodeSchedulable' : 'NodeNotSchedulable');
      state.schedulable = schedulable;
      if (returns || isBlank(node)) track(rejoin(node.metadata.name), 'node not rejoined');
      state.lost = lost;
      state.object = node;
      track(keepLease(node.metadata.name), 'node lease not renewed');
      return returns;
    },
    forget(name) {
      states.get(name)?.timer?.cancel();
      states.delete(name);
    },
    get idle() {
      return pending === 0;
    },
    stop() {
      stopped = true;
      for (const state of states.values()) state.timer?.cancel();
    },
  };
}

/** Taken for dead though it runs: the clock has jumped, or the machine slept. */
const isGivenUp = ({ status }: KubeObject): boolean =>
  status?.conditions?.some(
    ({ type, status: is, reason }: Record<string, string>) =>
      type === 'Ready' && is === 'Unknown' && reason === 'NodeStatusUnknown',
  ) ?? false;

/** Applied by hand, and never seen by a kubelet. What it says of its capacity counts. */
const isBlank = ({ status }: KubeObject): boolean => !status?.conditions?.length;

/** The node's own range first; beyond its 254 addresses a shared one, where a real node would refuse the pod. */
const podAddress = (node: number, n: number): string =>
  n < 255 ? `10.${244 + (node >> 8)}.${node & 255}.${n}` : `100.${64 + (node & 63)}.${n >> 8}.${n & 255}`;

/** What the node is told to have, else what its object says, else what every node has. */
function filledStatus(node: KubeObject, fresh: KubeObject, spec: NodeSpec): Record<string, unknown> {
  const told = capacityOf(spec);
  const capacity = { ...fresh.status.capacity, ...node.status?.capacity, ...told };
  const allocatable = { ...capacity, ...node.status?.allocatable, ...told };
  const kept = isBlank(node) ? {} : node.status;
  return { ...fresh.status, ...kept, capacity, allocatable, conditions: fresh.status.conditions };
}

/** The part of a node's capacity that its spec says. */
export const capacityOf = ({ cpu, memory, pods, ephemeralStorage }: Partial<NodeSpec>): Record<string, string> => ({
  ...(cpu !== undefined && { cpu }),
  ...(ephemeralStorage !== undefined && { 'ephemeral-storage': ephemeralStorage }),
  ...(memory !== undefined && { memory }),
  ...(pods !== undefined && { pods: String(pods) }),
});

const labelsOf = (name: string): Record<string, string> => ({
  'beta.kubernetes.io/arch': 'amd64',
  'beta.kubernetes.io/os': 'linux',
  'kubernetes.io/arch': 'amd64',
  'kubernetes.io/hostname': name,
  'kubernetes.io/os': 'linux',
});

const CAPACITY = {
  cpu: '8',
  'ephemeral-storage': '100Gi',
  'hugepages-1Gi': '0',
  'hugepages-2Mi': '0',
  memory: '32Gi',
  pods: '110',
};

function nodeObject(spec: NodeSpec, { index, address }: State, now: number): KubeObject {
  const { name } = spec;
  const resources = { ...CAPACITY, ...capacityOf(spec) };
  const id = randomUUID();
  const podCIDR = `10.${244 + (index >> 8)}.${index & 255}.0/24`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { ...labelsOf(name), ...spec.labels },
      annotations: {
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
    },
    spec: { podCIDR, podCIDRs: [podCIDR], ...(spec.taints?.length && { taints: spec.taints }) },
    status: {
      addresses: [
        { address, type: 'InternalIP' },
        { address: name, type: 'Hostname' },
      ],
      allocatable: resources,
      capacity: resources,
      conditions: conditions(now),
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      images: [],
      nodeInfo: {
        architecture: 'amd64',
        bootID: randomUUID(),
        containerRuntimeVersion: 'containerd://2.1.0',
        kernelVersion: '6.1.0-portolan',
        kubeProxyVersion: '',
        kubeletVersion: VERSION,
        machineID: id.replaceAll('-', ''),
        operatingSystem: 'linux',
        osImage: 'Portolan simulated node',
        systemUUID: id,
      },
    },
  };
}

const conditions = (now: number) => {
  const at = timestamp(now);
  const row = (type: string, status: string, reason: string, message: string) => ({
    lastHeartbeatTime: at,
    lastTransitionTime: at,
    message,
    reason,
    status,
    type,
  });
  return [
    row('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    row('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    row('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    row('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
  ];
};
