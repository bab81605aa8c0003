/** Validation of built-in objects, with the paths and texts of Kubernetes. Objects come decoded and defaulted. */
import { type FieldError, Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { equalJson } from './json.ts';
import { dns1035Name, labelName, type NameRule, pathSegmentName, subdomainName } from './names.ts';
import { type GroupVersionKind, gvkOf, type KubeObject } from './object.ts';
import { typeOf } from './scheme.ts';
import { validateAutoscaler } from './validate-autoscaler.ts';
import * as kinds from './validate-kinds.ts';
import { validateMeta, validateMetaUpdate } from './validate-meta.ts';
import * as network from './validate-network.ts';
import { validatePodSpec } from './validate-pod.ts';
import * as workloads from './validate-workloads.ts';

/** What is wrong with an object to be created; empty for nothing. Names are generated and namespaces set before. */
export function validateCreate(object: KubeObject): FieldError[] {
  const rule = ruleOf(object);
  const root = new Findings();
  validateMeta(object.metadata, root.at('metadata'), {
    namespaced: !typeOf(gvkOf(object))?.clusterScoped,
    name: rule.name ?? subdomainName,
  });
  checkSpec(rule, object, root);
  rule.create?.(object, root);
  return root.list;
}

/** What is wrong with an object that is to replace `old`. */
export function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const rule = ruleOf(object);
  const root = new Findings();
  validateMetaUpdate(object.metadata, old.metadata, root.at('metadata'));
  // What has not changed was valid when it came.
  const check = () => equalJson(withoutMeta(object), withoutMeta(old)) || checkSpec(rule, object, root);
  if (!rule.changesFirst) check();
  rule.update?.(object, old, rule.whole ? root : root.at('spec'));
  if (rule.changesFirst) check();
  return root.list;
}

const withoutMeta = ({ metadata: _m, status: _s, ...rest }: Loose): Loose => rest;

function checkSpec(rule: Rule, object: KubeObject, root: Findings): void {
  rule.check?.(object, rule.whole ? root : root.at('spec'));
}

interface Rule {
  name?: NameRule;
  check?: (object: Loose, at: Findings) => void;
  update?: (object: Loose, old: Loose, at: Findings) => void;
  /** Whether an update is told of what may not change before what is wrong in itself. */
  changesFirst?: true;
  /** What is asked of new objects alone; `at` is the object. */
  create?: (object: Loose, at: Findings) => void;
  /** Whether the checks start at the object and not at its spec. */
  whole?: true;
}

const ruleOf = (object: KubeObject): Rule => RULES[keyOf(gvkOf(object))] ?? {};

const keyOf = ({ group, kind }: GroupVersionKind): string => (group === '' ? kind : `${kind}.${group}`);

const pod = ({ spec = {} }: Loose, at: Findings): void => validatePodSpec(spec, at, true);

const RBAC_NAME = { name: pathSegmentName, whole: true } as const;

const RULES: Record<string, Rule> = {
  Pod: { check: pod, update: validatePodUpdate },
  Namespace: { name: labelName },
  Service: {
    name: dns1035Name,
    check: network.validateService,
    update: network.validateServiceUpdate,
    changesFirst: true,
  },
  ConfigMap: { check: kinds.validateConfigMap, update: kinds.validateDataUpdate, whole: true, changesFirst: true },
  Secret: { check: kinds.validateSecret, update: kinds.validateDataUpdate, whole: true, changesFirst: true },
  PersistentVolume: { check: kinds.validateVolume },
  PersistentVolumeClaim: { check: kinds.validateClaim, update: kinds.validateClaimUpdate },
  ReplicationController: { check: workloads.validateReplicationController },
  ResourceQuota: { check: kinds.validateQuota },
  'Deployment.apps': { check: workloads.validateDeployment, update: workloads.validateSelectorUpdate },
  'ReplicaSet.apps': { check: workloads.validateReplicaSet, update: workloads.validateSelectorUpdate },
  'DaemonSet.apps': { check: workloads.validateDaemonSet, update: workloads.validateSelectorUpdate },
  'StatefulSet.apps': { check: workloads.validateStatefulSet, update: workloads.validateStatefulSetUpdate },
  'Job.batch': { check: workloads.validateJob, update: workloads.validateJobUpdate },
  'CronJob.batch': { check: workloads.validateCronJob },
  'Ingress.networking.k8s.io': { check: network.validateIngress, create: network.validateNewIngress },
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
    check: kinds.validateStorageClass,
    update: kinds.validateStorageClassUpdate,
    whole: true,
  },
  'PriorityClass.scheduling.k8s.io': {
    check: kinds.validatePriorityClass,
    update: kinds.validatePriorityClassUpdate,
    whole: true,
  },
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io': { check: kinds.validateWebhooks, whole: true },
  'MutatingWebhookConfiguration.admissionregistration.k8s.io': { check: kinds.validateWebhooks, whole: true },
  'CertificateSigningRequest.certificates.k8s.io': { name: () => [] },
  'IPAddress.networking.k8s.io': { name: () => [] },
  'APIService.apiregistration.k8s.io': { name: pathSegmentName },
};

const POD_TEXT =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function validatePodUpdate(object: Loose, old: Loose, at: Findings): void {
  const [spec, before] = [object['spec'] ?? {}, old['spec'] ?? {}];
  for (const list of ['containers', 'initContainers'])
    if ((spec[list]?.length ?? 0) !== (before[list]?.length ?? 0)) {
      at.at(list).forbidden('pod updates may not add or remove containers');
      return;
    }
  if (!equalJson(fixedPart(spec), fixedPart(before))) at.forbidden(POD_TEXT);
  const tolerations: unknown[] = spec.tolerations ?? [];
  if (!(before.tolerations ?? []).every((each: unknown) => tolerations.some((other) => equalJson(each, other))))
    at.at('tolerations').forbidden('existing toleration can not be modified except its tolerationSeconds');
}

/** Of a pod's spec, what no update may change. Binding and the scheduler's gates have ways of their own. */
function fixedPart(spec: Loose): Loose {
  const {
    activeDeadlineSeconds: _a,
    tolerations: _t,
    nodeName: _n,
    schedulingGates: _g,
    ephemeralContainers: _e,
    ...rest
  } = spec;
  const bare = (containers: Loose[] | undefined) => (containers ?? []).map(({ image: _i, ...container }) => container);
  return { ...rest, containers: bare(spec['containers']), initContainers: bare(spec['initContainers']) };
}
