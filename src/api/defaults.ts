/** Kubernetes' defaults for built-in kinds, as its API gives them to every object it reads. */
import { defaultPod, defaultPodSpec, defaultVolumeSource } from './defaults-pod.ts';
import { addMissing, fill, fillAbsent, type Loose } from './fill.ts';
import { type KubeObject, parseApiVersion } from './object.ts';

/** Sets what the object leaves open. The object comes from `decodeTyped`, belongs to the caller and is changed. */
export function applyDefaults<T extends KubeObject>(object: T): T {
  const { group } = parseApiVersion(object.apiVersion);
  DEFAULTS[group === '' ? object.kind : `${object.kind}.${group}`]?.(object);
  return object;
}

type Default = (object: Loose) => void;

const template = (object: Loose): void => defaultPodSpec(object['spec']?.template?.spec);

const DEFAULTS: Record<string, Default> = {
  Pod: defaultPod,
  PodTemplate: (object) => defaultPodSpec(object['template']?.spec),
  ReplicationController(object) {
    const { spec } = object;
    fillAbsent(spec, { replicas: 1 });
    const labels = spec.template?.metadata?.labels;
    if (labels) {
      spec.selector ??= { ...labels };
      object['metadata'].labels ??= { ...labels };
    }
    template(object);
  },
  Service: defaultService,
  Endpoints(object) {
    for (const { ports } of object['subsets'] ?? []) for (const port of ports ?? []) fill(port, { protocol: 'TCP' });
  },
  Secret: defaultSecret,
  Namespace(object) {
    const { metadata } = object;
    if (metadata.name) metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
    object['status'] = { phase: 'Active', ...object['status'] };
  },
  Node({ status }) {
    if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
  },
  PersistentVolume(object) {
    fill(object['spec'], { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' });
    defaultVolumeSource(object['spec']);
    object['status'] = { phase: 'Pending', ...object['status'] };
  },
  PersistentVolumeClaim: defaultClaim,
  LimitRange({ spec }) {
    for (const limit of spec?.limits ?? []) if (limit.type === 'Container') defaultLimits(limit);
  },
  'Deployment.apps'({ spec }) {
    fillAbsent(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
    spec.strategy = rollingUpdate(spec.strategy, { maxUnavailable: '25%', maxSurge: '25%' });
    template({ spec });
  },
  'ReplicaSet.apps'({ spec }) {
    fillAbsent(spec, { replicas: 1 });
    template({ spec });
  },
  'DaemonSet.apps'({ spec }) {
    fillAbsent(spec, { revisionHistoryLimit: 10 });
    spec.updateStrategy = rollingUpdate(spec.updateStrategy, { maxUnavailable: 1, maxSurge: 0 });
    template({ spec });
  },
  'StatefulSet.apps': defaultStatefulSet,
  'Job.batch': defaultJob,
  'CronJob.batch'({ spec }) {
    fill(spec, { concurrencyPolicy: 'Allow' });
    fillAbsent(spec, { suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 });
    template(spec.jobTemplate ?? {});
  },
  'HorizontalPodAutoscaler.autoscaling': defaultAutoscaler,
  'NetworkPolicy.networking.k8s.io'({ spec }) {
    if (!spec) return;
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
      for (const port of rule.ports ?? []) fillAbsent(port, { protocol: 'TCP' });
    spec.policyTypes ??= spec.egress?.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  'IngressClass.networking.k8s.io'({ spec }) {
    if (spec?.parameters) fillAbsent(spec.parameters, { scope: 'Cluster' });
  },
  'EndpointSlice.discovery.k8s.io'({ ports }) {
    for (const port of ports ?? []) fillAbsent(port, { name: '', protocol: 'TCP' });
  },
  'RoleBinding.rbac.authorization.k8s.io': defaultBinding,
  'ClusterRoleBinding.rbac.authorization.k8s.io': defaultBinding,
  'StorageClass.storage.k8s.io': (object) =>
    fillAbsent(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  'CSIDriver.storage.k8s.io': ({ spec }) =>
    fillAbsent(spec, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
      requiresRepublish: false,
      seLinuxMount: false,
    }),
  'PriorityClass.scheduling.k8s.io': (object) => fillAbsent(object, { preemptionPolicy: 'PreemptLowerPriority' }),
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io': ({ webhooks }) => defaultWebhooks(webhooks),
  'MutatingWebhookConfiguration.admissionregistration.k8s.io'({ webhooks }) {
    defaultWebhooks(webhooks);
    for (const webhook of webhooks ?? []) fillAbsent(webhook, { reinvocationPolicy: 'Never' });
  },
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io'({ spec }) {
    fillAbsent(spec, { failurePolicy: 'Fail' });
    defaultMatchResources(spec.matchConstraints);
  },
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io': ({ spec }) =>
    defaultMatchResources(spec?.matchResources),
  'MutatingAdmissionPolicy.admissionregistration.k8s.io'({ spec }) {
    fillAbsent(spec, { failurePolicy: 'Fail' });
    defaultMatchResources(spec.matchConstraints);
  },
  'MutatingAdmissionPolicyBinding.admissionregistration.k8s.io': ({ spec }) =>
    defaultMatchResources(spec?.matchResources),
  'CustomResourceDefinition.apiextensions.k8s.io'({ spec }) {
    const { names } = spec;
    fill(names, { singular: names.kind?.toLowerCase(), listKind: names.kind ? `${names.kind}List` : undefined });
    spec.conversion ??= { strategy: 'None' };
    const service = spec.conversion.webhook?.clientConfig?.service;
    if (service) fillAbsent(service, { port: 443 });
  },
  'APIService.apiregistration.k8s.io'({ spec }) {
    if (spec?.service) fillAbsent(spec.service, { port: 443 });
  },
  'FlowSchema.flowcontrol.apiserver.k8s.io': ({ spec }) => fill(spec, { matchingPrecedence: 1000 }),
  'PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io'({ spec }) {
    if (spec.exempt) fillAbsent(spec.exempt, { nominalConcurrencyShares: 0, lendablePercent: 0 });
    if (!spec.limited) return;
    fillAbsent(spec.limited, { nominalConcurrencyShares: 30, lendablePercent: 0 });
    const queuing = spec.limited.limitResponse?.queuing;
    if (queuing) fill(queuing, { queues: 64, handSize: 8, queueLengthLimit: 50 });
  },
};

function rollingUpdate(strategy: Loose | undefined, limits: Loose): Loose {
  const type = strategy?.['type'] || 'RollingUpdate';
  if (type !== 'RollingUpdate') return { ...strategy, type };
  const given = strategy?.['rollingUpdate'] ?? {};
  return { ...strategy, type, rollingUpdate: addMissing(given, limits) };
}

function defaultStatefulSet({ spec }: Loose): void {
  fill(spec, { podManagementPolicy: 'OrderedReady' });
  fillAbsent(spec, { replicas: 1, revisionHistoryLimit: 10 });
  const strategy = spec.updateStrategy ?? {};
  if (!strategy.type) {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate)
    fillAbsent(strategy.rollingUpdate, { partition: 0, maxUnavailable: 1 });
  spec.updateStrategy = strategy;
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  fill(spec.persistentVolumeClaimRetentionPolicy, { whenDeleted: 'Retain', whenScaled: 'Retain' });
  for (const claim of spec.volumeClaimTemplates ?? []) {
    fill(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' });
    defaultClaim(claim);
  }
  template({ spec });
}

function defaultClaim(claim: Loose): void {
  fill(claim['spec'], { volumeMode: 'Filesystem' });
  claim['status'] = { phase: 'Pending', ...claim['status'] };
}

const MAX_INT32 = 2147483647;

function defaultJob(object: Loose): void {
  const { spec, metadata } = object;
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  fillAbsent(spec, {
    parallelism: 1,
    backoffLimit: spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed',
  });
  for (const { onPodConditions } of spec.podFailurePolicy?.rules ?? [])
    for (const condition of onPodConditions ?? []) fill(condition, { status: 'True' });
  const labels = spec.template?.metadata?.labels;
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  template({ spec });
}

function defaultService({ spec, status }: Loose): void {
  fill(spec, { sessionAffinity: 'None', type: 'ClusterIP' });
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  else if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } };
  for (const port of spec.ports ?? []) fill(port, { protocol: 'TCP', targetPort: port.port });
  const balanced = spec.type === 'LoadBalancer';
  const external = balanced || spec.type === 'NodePort' || (spec.type === 'ClusterIP' && spec.externalIPs?.length > 0);
  if (external) fill(spec, { externalTrafficPolicy: 'Cluster' });
  if (spec.type !== 'ExternalName') fillAbsent(spec, { internalTrafficPolicy: 'Cluster' });
  if (!balanced) return;
  fillAbsent(spec, { allocateLoadBalancerNodePorts: true });
  for (const ingress of status?.loadBalancer?.ingress ?? []) if (ingress.ip) fillAbsent(ingress, { ipMode: 'VIP' });
}

/** What was written as text is stored as bytes. */
function defaultSecret(object: Loose): void {
  const { stringData } = object;
  delete object['stringData'];
  if (stringData) {
    const encoded = Object.entries(stringData as Record<string, string>).map(
      ([key, text]) => [key, Buffer.from(text, 'utf8').toString('base64')] as const,
    );
    object['data'] = { ...object['data'], ...Object.fromEntries(encoded) };
  }
  fill(object, { type: 'Opaque' });
}

function defaultLimits(limit: Loose): void {
  limit['default'] = addMissing(limit['default'], limit['max']);
  limit['defaultRequest'] = addMissing(limit['defaultRequest'], addMissing(limit['default'], limit['min']));
  for (const key of ['default', 'defaultRequest']) if (Object.keys(limit[key]).length === 0) delete limit[key];
}

function defaultAutoscaler({ apiVersion, spec }: Loose): void {
  fillAbsent(spec, { minReplicas: 1 });
  if (apiVersion === 'autoscaling/v1') return;
  if (!(spec.metrics?.length > 0))
    spec.metrics = [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ];
  if (!spec.behavior) return;
  spec.behavior.scaleUp = scalingRules(spec.behavior.scaleUp, { stabilizationWindowSeconds: 0 }, [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ]);
  spec.behavior.scaleDown = scalingRules(spec.behavior.scaleDown, {}, [
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ]);
}

const scalingRules = (rules: Loose | undefined, extra: Loose, policies: Loose[]): Loose => ({
  ...extra,
  selectPolicy: 'Max',
  ...rules,
  policies: rules?.['policies']?.length > 0 ? rules!['policies'] : policies,
});

const RBAC = 'rbac.authorization.k8s.io';

function defaultBinding({ roleRef, subjects }: Loose): void {
  if (roleRef) fill(roleRef, { apiGroup: RBAC });
  for (const subject of subjects ?? [])
    if (subject.kind === 'User' || subject.kind === 'Group') fill(subject, { apiGroup: RBAC });
}

function defaultWebhooks(webhooks: Loose[] | undefined): void {
  for (const webhook of webhooks ?? []) {
    fillAbsent(webhook, { failurePolicy: 'Fail', matchPolicy: 'Equivalent', timeoutSeconds: 10 });
    fillAbsent(webhook, { namespaceSelector: {}, objectSelector: {} });
    if (webhook['clientConfig']?.service) fillAbsent(webhook['clientConfig'].service, { port: 443 });
    for (const rule of webhook['rules'] ?? []) fillAbsent(rule, { scope: '*' });
  }
}

function defaultMatchResources(resources: Loose | undefined): void {
  if (!resources) return;
  fillAbsent(resources, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} });
  for (const rule of [...(resources['resourceRules'] ?? []), ...(resources['excludeResourceRules'] ?? [])])
    fillAbsent(rule, { scope: '*' });
}
