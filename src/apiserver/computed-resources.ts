/** Resources that are not stored but told from others: what pods and nodes use, and that the parts are well. */
import { type KubeObject, timestamp } from '../api/object.ts';
import type { Api } from './call.ts';
import { builtinResources, type ResourceType } from './resources.ts';

/** What a container of a simulated pod uses now: CPUs, or bytes of memory. */
export type ContainerUsage = (pod: KubeObject, container: { name: string }, resource: 'cpu' | 'memory') => number;

type Compute = (api: Api, namespace: string) => KubeObject[];

const COMPONENTS = ['controller-manager', 'etcd-0', 'scheduler'];

const COMPUTED: Record<string, Compute> = {
  componentstatuses: () =>
    COMPONENTS.map((name) => ({
      apiVersion: 'v1',
      kind: 'ComponentStatus',
      metadata: { name },
      conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
    })),
  'pods.metrics.k8s.io': (api, namespace) =>
    runningPods(api, namespace).map((pod) => ({
      ...metricsMetadata(api, 'PodMetrics', pod),
      containers: pod['spec'].containers.map((container: { name: string }) => ({
        name: container.name,
        usage: usageOf(api, pod, [container]),
      })),
    })),
  'nodes.metrics.k8s.io': (api) => {
    const nodes = api.objects.all(api.types.find('', 'v1', 'nodes')!);
    const pods = runningPods(api, '');
    return nodes.map((node) => {
      const own = pods.filter((pod) => pod['spec'].nodeName === node.metadata.name);
      return { ...metricsMetadata(api, 'NodeMetrics', node), usage: totalUsage(api, own) };
    });
  },
};

/** The objects of a computed type; undefined for one that is stored. */
export function computedObjects(
  api: Api,
  { group, resource }: ResourceType,
  namespace: string,
): KubeObject[] | undefined {
  const name = group === '' ? resource : `${resource}.${group}`;
  return COMPUTED[name]?.(api, namespace);
}

const metricsType = (resource: string, kind: string, namespaced: boolean): ResourceType => ({
  ...builtinResources[0]!,
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  resource,
  kind,
  singular: '',
  namespaced,
  verbs: ['get', 'list'],
  storage: { group: 'metrics.k8s.io', version: 'v1beta1', resource },
  virtual: true,
  columns: undefined,
});

/** What `kubectl top` asks for; served where the usage is known. */
export const metricsTypes: ResourceType[] = [
  metricsType('nodes', 'NodeMetrics', false),
  metricsType('pods', 'PodMetrics', true),
];

const runningPods = ({ objects, types }: Api, namespace: string): KubeObject[] =>
  objects.all(types.find('', 'v1', 'pods')!, namespace).filter(({ status }) => status?.phase === 'Running');

function metricsMetadata({ clock }: Api, kind: string, { metadata }: KubeObject) {
  const { name, namespace, labels, creationTimestamp } = metadata;
  return {
    apiVersion: 'metrics.k8s.io/v1beta1',
    kind,
    metadata: { name, ...(namespace && { namespace }), ...(labels && { labels }), creationTimestamp },
    timestamp: timestamp(clock.now()),
    window: '10s',
  };
}

function usageOf({ containerUsage }: Api, pod: KubeObject, containers: { name: string }[]) {
  const sum = (resource: 'cpu' | 'memory') =>
    containers.reduce((total, container) => total + (containerUsage?.(pod, container, resource) ?? 0), 0);
  return quantities(sum('cpu'), sum('memory'));
}

function totalUsage({ containerUsage }: Api, pods: KubeObject[]) {
  const sum = (resource: 'cpu' | 'memory') =>
    pods
      .flatMap((pod) => pod['spec'].containers.map((c: { name: string }) => containerUsage?.(pod, c, resource) ?? 0))
      .reduce((total: number, usage: number) => total + usage, 0);
  return quantities(sum('cpu'), sum('memory'));
}

const quantities = (cpus: number, bytes: number) => ({
  cpu: `${Math.round(cpus * 1e9)}n`,
  memory: `${Math.round(bytes / 1024)}Ki`,
});
