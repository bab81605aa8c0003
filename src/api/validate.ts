/** Validation of built-in objects, with the paths and texts of Kubernetes. Objects come decoded and defaulted. */
import { type FieldError, Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { equalJson } from './json.ts';
import { dns1035Name, labelName, type NameRule, pathSegmentName, subdomainName } from './names.ts';
import { type GroupVersionKind, gvkOf, type KubeObject } from './object.ts';
import { typeOf } from './scheme.ts';
import { validateAutoscaler } from './validate-autoscaler.ts';
import { validateClaim, validateClaimUpdate } from './validate-claim.ts';
import * as cluster from './validate-cluster.ts';
import * as jobs from './validate-jobs.ts';
import * as kinds from './validate-kinds.ts';
import { validateFinalizers, validateMeta, validateMetaUpdate } from './validate-meta.ts';
import * as network from './validate-network.ts';
import { validateNewPod, validatePod, validatePodTemplate } from './validate-pod.ts';
import { validateEphemeralUpdate, validatePodUpdate, validateResize } from './validate-pod-update.ts';
import * as quotas from './validate-quotas.ts';
import * as service from './validate-service.ts';
import * as storage from './validate-storage.ts';
import { validateWebhooks } from './validate-webhooks.ts';
import * as workloads from './validate-workloads.ts';

/** What is wrong with an object to be created; empty for nothing. Names are generated and namespaces set before. */
export function validateCreate(object: KubeObject): FieldError[] {
  const rule = ruleOf(object);
  const root = new Findings();
  validateMeta(object.metadata, root.at('metadata'), {
    namespaced: !typeOf(gvkOf(object))?.clusterScoped,
    name: rule.name ?? subdomainName,
  });
  checkFinalizers(object, root);
  checkSpec(rule, object, root);
  rule.create?.(object, root);
  return root.list;
}

/** What is wrong besides with an event that comes through the newer of the two APIs, in the form in which it is kept. */
export function newEventProblems(event: KubeObject): FieldError[] {
  const root = new Findings();
  cluster.validateNewerEvent(event, root);
  return root.list;
}

/** What is wrong with an object that is to replace `old`, itself or through a subresource. */
export function validateUpdate(object: KubeObject, old: KubeObject, subresource = ''): FieldError[] {
  const rule = ruleOf(object);
  const update = rule.parts?.[subresource] ?? rule.update;
  const root = new Findings();
  validateMetaUpdate(object.metadata, old.metadata, root.at('metadata'));
  checkFinalizers(object, root);
  // What has not changed was valid when it came.
  const check = () => equalJson(withoutMeta(object), withoutMeta(old)) || checkSpec(rule, object, root);
  if (!rule.changesFirst) check();
  update?.(object, old, rule.whole ? root : root.at('spec'));
  if (rule.changesFirst) check();
  return root.list;
}

/** Groups of the API machinery itself, which takes any finalizer with a good name. */
const ANY_FINALIZER = new Set(['admissionregistration.k8s.io', 'apiextensions.k8s.io', 'apiregistration.k8s.io']);

function checkFinalizers(object: KubeObject, root: Findings): void {
  if (ANY_FINALIZER.has(gvkOf(object).group)) return;
  validateFinalizers(object.metadata.finalizers, root.at('metadata', 'finalizers'));
}

const withoutMeta = ({ metadata: _m, status: _s, ...rest }: Loose): Loose => rest;

function checkSpec(rule: Rule, object: KubeObject, root: Findings): void {
  rule.check?.(object, rule.whole ? root : root.at('spec'));
}

interface Rule {
  name?: NameRule;
  check?: (object: Loose, at: Findings) => void;
  update?: (object: Loose, old: Loose, at: Findings) => void;
  /** What changes through a subresource, in place of `update`. */
  parts?: Record<string, (object: Loose, old: Loose, at: Findings) => void>;
  /** Whether an update is told of what may not change before what is wrong in itself. */
  changesFirst?: true;
  /** What is asked of new objects alone; `at` is the object. */
  create?: (object: Loose, at: Findings) => void;
  /** Whether the checks start at the object and not at its spec. */
  whole?: true;
}

const ruleOf = (object: KubeObject): Rule => RULES[keyOf(gvkOf(object))] ?? {};

const keyOf = ({ group, kind }: GroupVersionKind): string => (group === '' ? kind : `${kind}.${group}`);

const RBAC_NAME = { name: pathSegmentName, whole: true } as const;

const RULES: Record<string, Rule> = {
  Pod: {
    whole: true,
    check: validatePod,
    create: validateNewPod,
    update: (object, old, at) => validatePodUpdate(object, old, at.at('spec')),
    parts: {
      ephemeralcontainers: (object, old, at) => validateEphemeralUpdate(object, old, at.at('spec')),
      resize: (object, old, at) => validateResize(object, old, at.at('spec')),
    },
  },
  PodTemplate: { whole: true, check: ({ template }, at) => validatePodTemplate(template, at.at('template')) },
  Namespace: { name: labelName },
  Service: {
    name: dns1035Name,
    check: service.validateService,
    update: service.validateServiceUpdate,
    changesFirst: true,
  },
  ConfigMap: { check: kinds.validateConfigMap, update: kinds.validateDataUpdate, whole: true, changesFirst: true },
  Secret: { check: kinds.validateSecret, update: kinds.validateDataUpdate, whole: true, changesFirst: true },
  PersistentVolume: { check: storage.validateVolume, update: storage.validateVolumeUpdate },
  PersistentVolumeClaim: { check: validateClaim, update: validateClaimUpdate },
  ReplicationController: { check: workloads.validateReplicationController },
  ResourceQuota: { check: quotas.validateQuota, update: quotas.validateQuotaUpdate },
  LimitRange: { check: quotas.validateLimitRange },
  Endpoints: { check: service.validateEndpoints, whole: true },
  'Deployment.apps': { check: workloads.validateDeployment, update: workloads.validateSelectorUpdate },
  'ReplicaSet.apps': { check: workloads.validateReplicaSet, update: workloads.validateSelectorUpdate },
  'DaemonSet.apps': { check: workloads.validateDaemonSet, update: workloads.validateSelectorUpdate },
  'StatefulSet.apps': { check: workloads.validateStatefulSet, update: workloads.validateStatefulSetUpdate },
  'Job.batch': { check: jobs.validateJob, update: jobs.validateJobUpdate },
  'CronJob.batch': { check: jobs.validateCronJob },
  'Ingress.networking.k8s.io': { check: network.validateIngress, create: network.validateNewIngress },
  'IngressClass.networking.k8s.io': {
    check: network.validateIngressClass,
    update: network.validateIngressClassUpdate,
  },
  'NetworkPolicy.networking.k8s.io': { check: network.validateNetworkPolicy },
  'HorizontalPodAutoscaler.autoscaling': { check: validateAutoscaler },
  'PodDisruptionBudget.policy': { check: kinds.validateDisruptionBudget },
  'Role.rbac.authorization.k8s.io': { ...RBAC_NAME, check: kinds.validateRole },
  'ClusterRole.rbac.authorization.k8s.io': { ...RBAC_NAME, check: kinds.validateRole },
  'RoleBinding.rbac.authorization.k8s.io': {
    ...RBAC_NAME,
    check: kinds.validateBinding,
    update: kinds.validateBindingUpdate,
  },
  'ClusterRoleBinding.rbac.authorization.k8s.io': {
    ...RBAC_NAME,
    check: kinds.validateBinding,
    update: kinds.validateBindingUpdate,
  },
  'StorageClass.storage.k8s.io': {
    check: storage.validateStorageClass,
    update: storage.validateStorageClassUpdate,
    whole: true,
  },
  'PriorityClass.scheduling.k8s.io': {
    check: kinds.validatePriorityClass,
    update: kinds.validatePriorityClassUpdate,
    whole: true,
  },
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io': { check: validateWebhooks, whole: true },
  'MutatingWebhookConfiguration.admissionregistration.k8s.io': { check: validateWebhooks, whole: true },
  Node: { check: cluster.validateNode },
  Event: { name: pathSegmentName, check: cluster.validateEvent, whole: true },
  'EndpointSlice.discovery.k8s.io': {
    check: cluster.validateEndpointSlice,
    update: cluster.validateEndpointSliceUpdate,
    whole: true,
  },
  'Lease.coordination.k8s.io': { check: cluster.validateLease },
  'RuntimeClass.node.k8s.io': {
    check: cluster.validateRuntimeClass,
    update: cluster.validateRuntimeClassUpdate,
    whole: true,
  },
  'ControllerRevision.apps': {
    check: cluster.validateControllerRevision,
    update: cluster.validateControllerRevisionUpdate,
    whole: true,
  },
  'CSIDriver.storage.k8s.io': { check: cluster.validateCsiDriver, whole: true },
  'FlowSchema.flowcontrol.apiserver.k8s.io': { check: cluster.validateFlowSchema, whole: true },
  'PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io': { check: cluster.validatePriorityLevel, whole: true },
  'CertificateSigningRequest.certificates.k8s.io': { name: () => [], check: cluster.validateSigningRequest },
  'IPAddress.networking.k8s.io': { name: () => [] },
  'APIService.apiregistration.k8s.io': { name: pathSegmentName, check: cluster.validateApiService, whole: true },
};
