/**
 * Every built-in resource of Kubernetes 1.36's stable groups, as data: what discovery tells, what routes exist, where
 * objects are kept. Groups stand in the order of a real server's `/apis`.
 */
import type { JsonObject } from '../api/json.ts';
import type { MergeSchema } from '../api/merge-schema.ts';
import type { GroupVersionResource, KubeObject } from '../api/object.ts';
import type { StatusCause } from '../api/status.ts';
import type { Converter } from './crd/conversion.ts';
import type { ScalePaths } from './subresources/scale.ts';
import type { Columns } from './table/table.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export interface SubresourceType {
  verbs: Verb[];
  /** Where the body's kind is not the parent's own. */
  group?: string;
  version?: string;
  kind?: string;
}

export interface ResourceType extends GroupVersionResource {
  kind: string;
  /** Where it is not the kind with List behind. */
  listKind?: string;
  singular: string;
  namespaced: boolean;
  verbs: Verb[];
  shortNames: string[];
  categories: string[];
  subresources: Record<string, SubresourceType>;
  /** The group and version objects are stored in, when this is one of several views on them. */
  storage: GroupVersionResource;
  /** `metadata.generation` counts the changes of everything but metadata and status. */
  countsGeneration: boolean;
  /** From a client's value, where the kind is not built in: pruned and defaulted, with what was unknown. */
  decode?(value: Record<string, unknown>): { object: KubeObject; strict: string[] };
  /** The structural schema of a kind that is not built in, for OpenAPI. */
  schema?: JsonObject;
  /** What is wrong with an object of a kind that is not built in; `old` is what it replaces. */
  validate?(object: KubeObject, old: KubeObject | undefined): StatusCause[];
  /** `validate` needs the language of rules. */
  hasRules?: boolean;
  /** How parts of a kind that is not built in merge. */
  mergeSchema?: MergeSchema;
  /** Between the versions of a custom resource. */
  converter?: Converter;
  /** The name of the definition that defines the kind, where it is not built in. */
  definition?: string;
  /** What requests are warned of. */
  warning?: string;
  /** What `scale` shows, where the kind is not built in. */
  scale?: ScalePaths;
  /** Of the Table form, where it is not the built-in one. */
  columns?: Columns;
  /** Further paths a field selector may name. */
  selectable?: string[];
  /** Served once and never stored: reviews, bindings. */
  virtual: boolean;
}

const ALL: Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const CHANGE: Verb[] = ['get', 'patch', 'update'];
const CREATE: Verb[] = ['create'];

const STATUS: SubresourceType = { verbs: CHANGE };
const SCALE: SubresourceType = { verbs: CHANGE, group: 'autoscaling', version: 'v1', kind: 'Scale' };
const CONNECT: Verb[] = ['create', 'get'];
const PROXY: Verb[] = ['create', 'delete', 'get', 'patch', 'update'];

interface Row {
  short?: string[];
  categories?: string[];
  subresources?: Record<string, SubresourceType>;
  verbs?: Verb[];
  singular?: string;
  storage?: Partial<GroupVersionResource>;
  generation?: boolean;
  warning?: string;
}

interface Entry extends Row {
  plural: string;
  kind: string;
  namespaced: boolean;
}

const namespaced = (plural: string, kind: string, row: Row = {}): Entry => ({ plural, kind, namespaced: true, ...row });
const cluster = (plural: string, kind: string, row: Row = {}): Entry => ({ plural, kind, namespaced: false, ...row });
const review = (plural: string, kind: string): Entry => cluster(plural, kind, { verbs: CREATE });

const status = { status: STATUS };
const statusAndScale = { scale: SCALE, status: STATUS };
const all = ['all'];
const apiExtensions = ['api-extensions'];

const GROUPS: [group: string, version: string, entries: Entry[]][] = [
  [
    '',
    'v1',
    [
      namespaced('bindings', 'Binding', { verbs: CREATE }),
      cluster('componentstatuses', 'ComponentStatus', {
        short: ['cs'],
        verbs: ['get', 'list'],
        warning: 'v1 ComponentStatus is deprecated in v1.19+',
      }),
      namespaced('configmaps', 'ConfigMap', { short: ['cm'] }),
      namespaced('endpoints', 'Endpoints', {
        short: ['ep'],
        singular: 'endpoints',
        warning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
      }),
      namespaced('events', 'Event', { short: ['ev'] }),
      namespaced('limitranges', 'LimitRange', { short: ['limits'] }),
      cluster('namespaces', 'Namespace', {
        short: ['ns'],
        verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
        subresources: { finalize: { verbs: ['update'] }, status: STATUS },
      }),
      cluster('nodes', 'Node', {
        short: ['no'],
        subresources: { proxy: { verbs: PROXY, kind: 'NodeProxyOptions' }, status: STATUS },
      }),
      namespaced('persistentvolumeclaims', 'PersistentVolumeClaim', { short: ['pvc'], subresources: status }),
      cluster('persistentvolumes', 'PersistentVolume', { short: ['pv'], subresources: status }),
      namespaced('pods', 'Pod', {
        short: ['po'],
        categories: all,
        generation: true,
        subresources: {
          attach: { verbs: CONNECT, kind: 'PodAttachOptions' },
          binding: { verbs: CREATE, kind: 'Binding' },
          ephemeralcontainers: { verbs: CHANGE },
          eviction: { verbs: CREATE, group: 'policy', version: 'v1', kind: 'Eviction' },
          exec: { verbs: CONNECT, kind: 'PodExecOptions' },
          log: { verbs: ['get'] },
          portforward: { verbs: CONNECT, kind: 'PodPortForwardOptions' },
          proxy: { verbs: PROXY, kind: 'PodProxyOptions' },
          resize: { verbs: CHANGE },
          status: STATUS,
        },
      }),
      namespaced('podtemplates', 'PodTemplate', { generation: true }),
      namespaced('replicationcontrollers', 'ReplicationController', {
        short: ['rc'],
        categories: all,
        generation: true,
        subresources: statusAndScale,
      }),
      namespaced('resourcequotas', 'ResourceQuota', { short: ['quota'], subresources: status }),
      namespaced('secrets', 'Secret'),
      namespaced('serviceaccounts', 'ServiceAccount', {
        short: ['sa'],
        subresources: { token: { verbs: CREATE, group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' } },
      }),
      namespaced('services', 'Service', {
        short: ['svc'],
        categories: all,
        subresources: { proxy: { verbs: PROXY, kind: 'ServiceProxyOptions' }, status: STATUS },
      }),
    ],
  ],
  [
    'apiregistration.k8s.io',
    'v1',
    [cluster('apiservices', 'APIService', { categories: apiExtensions, subresources: status })],
  ],
  [
    'apps',
    'v1',
    [
      namespaced('controllerrevisions', 'ControllerRevision'),
      namespaced('daemonsets', 'DaemonSet', { short: ['ds'], categories: all, generation: true, subresources: status }),
      namespaced('deployments', 'Deployment', {
        short: ['deploy'],
        categories: all,
        generation: true,
        subresources: statusAndScale,
      }),
      namespaced('replicasets', 'ReplicaSet', {
        short: ['rs'],
        categories: all,
        generation: true,
        subresources: statusAndScale,
      }),
      namespaced('statefulsets', 'StatefulSet', {
        short: ['sts'],
        categories: all,
        generation: true,
        subresources: statusAndScale,
      }),
    ],
  ],
  ['events.k8s.io', 'v1', [namespaced('events', 'Event', { short: ['ev'], storage: { group: '' } })]],
  [
    'authentication.k8s.io',
    'v1',
    [review('selfsubjectreviews', 'SelfSubjectReview'), review('tokenreviews', 'TokenReview')],
  ],
  [
    'authorization.k8s.io',
    'v1',
    [
      namespaced('localsubjectaccessreviews', 'LocalSubjectAccessReview', { verbs: CREATE }),
      review('selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
      review('selfsubjectrulesreviews', 'SelfSubjectRulesReview'),
      review('subjectaccessreviews', 'SubjectAccessReview'),
    ],
  ],
  [
    'autoscaling',
    'v2',
    [
      namespaced('horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
        short: ['hpa'],
        categories: all,
        subresources: status,
      }),
    ],
  ],
  [
    'autoscaling',
    'v1',
    [
      namespaced('horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
        short: ['hpa'],
        categories: all,
        subresources: status,
        storage: { version: 'v2' },
      }),
    ],
  ],
  [
    'batch',
    'v1',
    [
      namespaced('cronjobs', 'CronJob', { short: ['cj'], categories: all, generation: true, subresources: status }),
      namespaced('jobs', 'Job', { categories: all, generation: true, subresources: status }),
    ],
  ],
  [
    'certificates.k8s.io',
    'v1',
    [
      cluster('certificatesigningrequests', 'CertificateSigningRequest', {
        short: ['csr'],
        subresources: { approval: { verbs: CHANGE }, status: STATUS },
      }),
    ],
  ],
  [
    'networking.k8s.io',
    'v1',
    [
      cluster('ingressclasses', 'IngressClass', { generation: true }),
      namespaced('ingresses', 'Ingress', { short: ['ing'], generation: true, subresources: status }),
      cluster('ipaddresses', 'IPAddress', { short: ['ip'] }),
      namespaced('networkpolicies', 'NetworkPolicy', { short: ['netpol'], generation: true }),
      cluster('servicecidrs', 'ServiceCIDR', { subresources: status }),
    ],
  ],
  [
    'policy',
    'v1',
    [
      namespaced('poddisruptionbudgets', 'PodDisruptionBudget', {
        short: ['pdb'],
        generation: true,
        subresources: status,
      }),
    ],
  ],
  [
    'rbac.authorization.k8s.io',
    'v1',
    [
      cluster('clusterrolebindings', 'ClusterRoleBinding'),
      cluster('clusterroles', 'ClusterRole'),
      namespaced('rolebindings', 'RoleBinding'),
      namespaced('roles', 'Role'),
    ],
  ],
  [
    'storage.k8s.io',
    'v1',
    [
      cluster('csidrivers', 'CSIDriver'),
      cluster('csinodes', 'CSINode'),
      namespaced('csistoragecapacities', 'CSIStorageCapacity'),
      cluster('storageclasses', 'StorageClass', { short: ['sc'] }),
      cluster('volumeattachments', 'VolumeAttachment', { subresources: status }),
      cluster('volumeattributesclasses', 'VolumeAttributesClass', { short: ['vac'] }),
    ],
  ],
  [
    'admissionregistration.k8s.io',
    'v1',
    [
      cluster('mutatingadmissionpolicies', 'MutatingAdmissionPolicy', {
        categories: apiExtensions,
        generation: true,
      }),
      cluster('mutatingadmissionpolicybindings', 'MutatingAdmissionPolicyBinding', {
        categories: apiExtensions,
        generation: true,
      }),
      cluster('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration', {
        categories: apiExtensions,
        generation: true,
      }),
      cluster('validatingadmissionpolicies', 'ValidatingAdmissionPolicy', {
        categories: apiExtensions,
        generation: true,
        subresources: status,
      }),
      cluster('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', {
        categories: apiExtensions,
        generation: true,
      }),
      cluster('validatingwebhookconfigurations', 'ValidatingWebhookConfiguration', {
        categories: apiExtensions,
        generation: true,
      }),
    ],
  ],
  [
    'apiextensions.k8s.io',
    'v1',
    [
      cluster('customresourcedefinitions', 'CustomResourceDefinition', {
        short: ['crd', 'crds'],
        categories: apiExtensions,
        generation: true,
        subresources: status,
      }),
    ],
  ],
  ['scheduling.k8s.io', 'v1', [cluster('priorityclasses', 'PriorityClass', { short: ['pc'], generation: true })]],
  ['coordination.k8s.io', 'v1', [namespaced('leases', 'Lease')]],
  ['node.k8s.io', 'v1', [cluster('runtimeclasses', 'RuntimeClass')]],
  ['discovery.k8s.io', 'v1', [namespaced('endpointslices', 'EndpointSlice', { generation: true })]],
  [
    'resource.k8s.io',
    'v1',
    [
      cluster('deviceclasses', 'DeviceClass', { generation: true }),
      namespaced('resourceclaims', 'ResourceClaim', { subresources: status }),
      namespaced('resourceclaimtemplates', 'ResourceClaimTemplate'),
      cluster('resourceslices', 'ResourceSlice', { generation: true }),
    ],
  ],
  [
    'flowcontrol.apiserver.k8s.io',
    'v1',
    [
      cluster('flowschemas', 'FlowSchema', { generation: true, subresources: status }),
      cluster('prioritylevelconfigurations', 'PriorityLevelConfiguration', { generation: true, subresources: status }),
    ],
  ],
];

function toResourceType(group: string, version: string, entry: Entry): ResourceType {
  const { plural, kind, verbs = ALL } = entry;
  return {
    group,
    version,
    resource: plural,
    kind,
    singular: entry.singular ?? kind.toLowerCase(),
    namespaced: entry.namespaced,
    verbs,
    shortNames: entry.short ?? [],
    categories: entry.categories ?? [],
    subresources: entry.subresources ?? {},
    storage: { group, version, resource: plural, ...entry.storage },
    countsGeneration: entry.generation ?? false,
    virtual: verbs === CREATE,
    ...(entry.warning !== undefined && { warning: entry.warning }),
  };
}

/** The built-in resources, in discovery's order. */
export const builtinResources: ResourceType[] = GROUPS.flatMap(([group, version, entries]) =>
  entries.map((entry) => toResourceType(group, version, entry)),
);
