/** The objects every cluster has from its first start. */
import { randomUUID } from 'node:crypto';
import { type KubeObject, parseApiVersion, timestamp } from '../api/object.ts';
import { builtinApiServices } from './api-services.ts';
import { defaultBindings, defaultRoles } from './authorization/default-roles.ts';
import { systemRoles } from './authorization/system-roles.ts';
import type { Api, Endpoint } from './call.ts';
import { flowSchemas, priorityLevels } from './flow-control.ts';
import { SERVICE_RANGE } from './service-addresses.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Where clients inside the cluster find the API server. */
const SERVICE_ADDRESS = '10.96.0.1';

/** Writes what is missing. A later start finds everything in place and writes nothing. */
export function bootstrap(api: Api): void {
  for (const object of objects(api)) ensure(api, object);
}

function objects({ types, clock, authority, endpoint }: Api): KubeObject[] {
  const now = timestamp(clock.now());
  return [
    ...NAMESPACES.map(namespace),
    ...NAMESPACES.map(serviceAccount),
    apiService(),
    apiEndpointSlice(endpoint),
    apiEndpoints(endpoint),
    serviceRange(now),
    tokenTracking(now),
    ...(authority === undefined ? [] : [authentication(authority)]),
    ...priorityClasses(),
    storageClass(),
    ...defaultRoles(),
    ...defaultBindings(),
    ...systemRoles(),
    ...priorityLevels(),
    ...flowSchemas(now),
    ...builtinApiServices(types.all(), now),
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

const apiEndpointSlice = ({ address, port }: Endpoint): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: [address], conditions: { ready: true } }],
  ports: [{ name: 'https', port, protocol: 'TCP' }],
});

const apiEndpoints = ({ address, port }: Endpoint): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: {
    name: 'kubernetes',
    namespace: 'default',
    labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
  },
  subsets: [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
});

const serviceRange = (now: string): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name: 'kubernetes', finalizers: ['networking.k8s.io/service-cidr-finalizer'] },
  spec: { cidrs: [SERVICE_RANGE] },
  status: {
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        lastTransitionTime: now,
        reason: '',
        message: 'Kubernetes Service CIDR is ready',
      },
    ],
  },
});

const systemMap = (name: string, data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'kube-system' },
  data,
});

const tokenTracking = (now: string): KubeObject =>
  systemMap('kube-apiserver-legacy-service-account-token-tracking', { since: now.slice(0, 10) });

/** By what API servers that extend this one know its clients. */
const authentication = (authority: string): KubeObject =>
  systemMap('extension-apiserver-authentication', {
    'client-ca-file': authority,
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-client-ca-file': authority,
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-username-headers': '["X-Remote-User"]',
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
function ensure(api: Api, object: KubeObject): void {
  const { group } = parseApiVersion(object.apiVersion);
  const type = api.types.findKind(group, object.kind)!;
  const { name, namespace = '' } = object.metadata;
  if (api.objects.get(type, namespace, name) !== undefined) return;
  const metadata = { ...object.metadata, uid: randomUUID(), creationTimestamp: timestamp(api.clock.now()) };
  if (type.countsGeneration) metadata.generation = 1;
  api.objects.put(type, { ...object, metadata }, undefined);
}
