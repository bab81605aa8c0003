/** The objects every cluster has from its first start. */
import { randomUUID } from 'node:crypto';
import { type KubeObject, parseApiVersion } from '../api/object.ts';
import { defaultBindings, defaultRoles } from './authorization/default-roles.ts';
import { type Api, timestamp } from './call.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Where clients inside the cluster find the API server. */
export const SERVICE_ADDRESS = '10.96.0.1';

export interface Endpoint {
  /** Address and port the server listens on. */
  address: string;
  port: number;
}

/** Writes what is missing. A later start finds everything in place and writes nothing. */
export function bootstrap(api: Api, endpoint: Endpoint): void {
  for (const object of objects(endpoint)) ensure(api, object);
}

function objects(endpoint: Endpoint): KubeObject[] {
  return [
    ...NAMESPACES.map(namespace),
    ...NAMESPACES.map(serviceAccount),
    apiService(),
    apiEndpoints(endpoint),
    ...priorityClasses(),
    storageClass(),
    ...defaultRoles(),
    ...defaultBindings(),
  ];
}

const namespace = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Active' },
});

const serviceAccount = (namespace: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'default', namespace },
});

const API_LABELS = { component: 'apiserver', provider: 'kubernetes' };

const apiService = (): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kubernetes', namespace: 'default', labels: API_LABELS },
  spec: {
    clusterIP: SERVICE_ADDRESS,
    clusterIPs: [SERVICE_ADDRESS],
    internalTrafficPolicy: 'Cluster',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
    sessionAffinity: 'None',
    type: 'ClusterIP',
  },
  status: { loadBalancer: {} },
});

const apiEndpoints = ({ address, port }: Endpoint): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: [address], conditions: { ready: true } }],
  ports: [{ name: 'https', port, protocol: 'TCP' }],
});

const priorityClass = (name: string, value: number, description: string): KubeObject => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value,
  description,
  preemptionPolicy: 'PreemptLowerPriority',
});

const priorityClasses = (): KubeObject[] => [
  priorityClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
  priorityClass(
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
];

const storageClass = (): KubeObject => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'portolan.dev/simulated',
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
  allowVolumeExpansion: true,
});

/** Stores `object` unless there is one of its name; what is there may have been changed and stays. */
export function ensure(api: Api, object: KubeObject): void {
  const { group } = parseApiVersion(object.apiVersion);
  const type = api.types.findKind(group, object.kind)!;
  const { name, namespace = '' } = object.metadata;
  if (api.objects.get(type, namespace, name) !== undefined) return;
  const metadata = { ...object.metadata, uid: randomUUID(), creationTimestamp: timestamp(api.clock) };
  if (type.countsGeneration) metadata.generation = 1;
  api.objects.put(type, { ...object, metadata }, undefined);
}
