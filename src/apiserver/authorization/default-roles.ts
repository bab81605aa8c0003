/** The cluster roles and bindings every cluster starts with, as Kubernetes' bootstrap policy has them. */
import type { KubeObject } from '../../api/object.ts';
import type { PolicyRule } from './rbac.ts';

export const READ = 'get list watch';
const WRITE = 'create delete deletecollection patch update';
export const EVENTS = rule('create patch update', '"" events.k8s.io', 'events');
const REVIEWS = [
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
];

/** Words separated by spaces; the core group is `""`. */
export function rule(verbs: string, groups: string, resources: string, names = ''): PolicyRule {
  return {
    apiGroups: groups.split(' ').map((group) => (group === '""' ? '' : group)),
    ...(names !== '' && { resourceNames: names.split(' ') }),
    resources: resources.split(' '),
    verbs: verbs.split(' '),
  };
}

const paths = (urls: string): PolicyRule => ({ nonResourceURLs: urls.split(' '), verbs: ['get'] });

const ADMIN_RULES = [
  rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
  rule(`${WRITE} ${READ}`, 'rbac.authorization.k8s.io', 'rolebindings roles'),
];

const EDIT_RULES = [
  rule(READ, '""', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
  rule('impersonate', '""', 'serviceaccounts'),
  rule(WRITE, '""', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
  rule('create', '""', 'pods/eviction'),
  rule(
    WRITE,
    '""',
    'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
  ),
  rule('create', '""', 'serviceaccounts/token'),
  rule(
    WRITE,
    'apps',
    'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
  ),
  rule(WRITE, 'autoscaling', 'horizontalpodautoscalers'),
  rule(WRITE, 'batch', 'cronjobs jobs'),
  rule(WRITE, 'policy', 'poddisruptionbudgets'),
  rule(WRITE, 'networking.k8s.io', 'ingresses networkpolicies'),
  rule(`${WRITE} ${READ}`, 'coordination.k8s.io', 'leases'),
  rule(WRITE, 'resource.k8s.io', 'resourceclaims resourceclaimtemplates'),
];

const VIEW_RULES = [
  rule(
    READ,
    '""',
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
  ),
  rule(
    READ,
    '""',
    'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
  ),
  rule(READ, '""', 'namespaces'),
  rule(READ, 'discovery.k8s.io', 'endpointslices'),
  rule(
    READ,
    'apps',
    'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
  ),
  rule(READ, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
  rule(READ, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
  rule(READ, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
  rule(READ, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
  rule(READ, 'resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates'),
];

const LABEL = 'rbac.authorization.k8s.io/aggregate-to-';

/** A role that carries the rules of others, which it finds by their labels. */
const aggregated = (name: string, rules: PolicyRule[], into?: string): KubeObject => ({
  ...role(name, rules, into),
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [LABEL + name]: 'true' } }] },
});

export const bootstrapped = (name: string, labels: Record<string, string> = {}) => ({
  name,
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
});

function role(name: string, rules: PolicyRule[], into?: string): KubeObject {
  const labels = into === undefined ? {} : { [LABEL + into]: 'true' };
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: bootstrapped(name, labels),
    rules,
  };
}

const approver = (signer: string): KubeObject =>
  role(`system:certificates.k8s.io:${signer}-approver`, [
    rule('approve', 'certificates.k8s.io', 'signers', `kubernetes.io/${signer}`),
  ]);

export const defaultRoles = (): KubeObject[] => [
  role('cluster-admin', [rule('*', '*', '*'), { nonResourceURLs: ['*'], verbs: ['*'] }]),
  aggregated('admin', [...ADMIN_RULES, ...EDIT_RULES, ...VIEW_RULES]),
  aggregated('edit', [...EDIT_RULES, ...VIEW_RULES], 'admin'),
  aggregated('view', VIEW_RULES, 'edit'),
  role('system:aggregate-to-admin', ADMIN_RULES, 'admin'),
  role('system:aggregate-to-edit', EDIT_RULES, 'edit'),
  role('system:aggregate-to-view', VIEW_RULES, 'view'),
  role('system:discovery', [
    paths('/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/'),
  ]),
  role('system:public-info-viewer', [paths('/healthz /livez /readyz /version /version/')]),
  role('system:monitoring', [paths('/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*')]),
  role('system:basic-user', [
    rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
    rule('create', 'authentication.k8s.io', 'selfsubjectreviews'),
  ]),
  role('system:auth-delegator', REVIEWS),
  role('system:kubelet-api-admin', [
    rule(READ, '""', 'nodes'),
    rule('proxy', '""', 'nodes'),
    rule('*', '""', 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
  ]),
  role('system:kube-dns', [rule('list watch', '""', 'endpoints services')]),
  role('system:node-proxier', [
    rule('list watch', '""', 'endpoints services'),
    rule(READ, '""', 'nodes'),
    EVENTS,
    rule('list watch', 'discovery.k8s.io', 'endpointslices'),
    rule('list watch', 'networking.k8s.io', 'servicecidrs'),
  ]),
  role('system:node-problem-detector', [rule('get', '""', 'nodes'), rule('patch', '""', 'nodes/status'), EVENTS]),
  role('system:node-bootstrapper', [
    rule('create get list watch', 'certificates.k8s.io', 'certificatesigningrequests'),
  ]),
  role('system:persistent-volume-provisioner', [
    rule('create delete get list watch', '""', 'persistentvolumes'),
    rule('get list update watch', '""', 'persistentvolumeclaims'),
    rule(READ, 'storage.k8s.io', 'storageclasses'),
    rule('watch', '""', 'events'),
    EVENTS,
  ]),
  role('system:volume-scheduler', [
    rule('get list patch update watch', '""', 'persistentvolumes'),
    rule(READ, 'storage.k8s.io', 'storageclasses'),
    rule('get list patch update watch', '""', 'persistentvolumeclaims'),
  ]),
  role('system:service-account-issuer-discovery', [
    paths('/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/'),
  ]),
  role('system:certificates.k8s.io:certificatesigningrequests:nodeclient', [
    rule('create', 'certificates.k8s.io', 'certificatesigningrequests/nodeclient'),
  ]),
  role('system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', [
    rule('create', 'certificates.k8s.io', 'certificatesigningrequests/selfnodeclient'),
  ]),
  approver('kube-apiserver-client'),
  approver('kube-apiserver-client-kubelet'),
  approver('kubelet-serving'),
  approver('legacy-unknown'),
  role('system:kube-controller-manager', [
    EVENTS,
    rule('create', 'coordination.k8s.io', 'leases'),
    rule('get update', 'coordination.k8s.io', 'leases', 'kube-controller-manager'),
    rule('create update', '""', 'secrets serviceaccounts'),
    rule('delete', '""', 'secrets'),
    rule('get', '""', 'configmaps namespaces secrets serviceaccounts'),
    ...REVIEWS,
    rule('list watch', '*', '*'),
    rule('create', '""', 'serviceaccounts/token'),
  ]),
  role('system:kube-scheduler', [
    EVENTS,
    rule('create', 'coordination.k8s.io', 'leases'),
    rule('get list update watch', 'coordination.k8s.io', 'leases', 'kube-scheduler'),
    rule(READ, '""', 'nodes'),
    rule('delete get list watch', '""', 'pods'),
    rule('create', '""', 'bindings pods/binding'),
    rule('patch update', '""', 'pods/status'),
    rule(READ, '""', 'replicationcontrollers services'),
    rule(READ, 'apps', 'replicasets statefulsets'),
    rule(READ, 'policy', 'poddisruptionbudgets'),
    rule(READ, '""', 'persistentvolumeclaims persistentvolumes'),
    ...REVIEWS,
    rule(READ, 'storage.k8s.io', 'csinodes csidrivers csistoragecapacities volumeattachments'),
    rule(READ, '""', 'namespaces'),
  ]),
  role('system:node', [
    ...REVIEWS,
    rule(READ, '""', 'services'),
    rule('create get list watch', '""', 'nodes'),
    rule('patch update', '""', 'nodes nodes/status'),
    EVENTS,
    rule('create delete get list watch', '""', 'pods'),
    rule('patch update', '""', 'pods/status'),
    rule('create', '""', 'pods/eviction'),
    rule(READ, '""', 'configmaps secrets'),
    rule('get', '""', 'persistentvolumeclaims persistentvolumes'),
    rule('create get list watch', 'certificates.k8s.io', 'certificatesigningrequests'),
    rule('create delete get patch update', 'coordination.k8s.io', 'leases'),
    rule('get', 'storage.k8s.io', 'volumeattachments'),
    rule('create', '""', 'serviceaccounts/token'),
    rule(READ, 'storage.k8s.io', 'csidrivers'),
    rule('create delete get patch update', 'storage.k8s.io', 'csinodes'),
    rule(READ, 'node.k8s.io', 'runtimeclasses'),
  ]),
];

const binding = (name: string, roleName: string, ...subjects: [kind: string, name: string][]): KubeObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: bootstrapped(name),
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
  subjects: subjects.map(([kind, subject]) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name: subject })),
});

const ofSelf = (name: string, ...subjects: [kind: string, name: string][]) => binding(name, name, ...subjects);

export const defaultBindings = (): KubeObject[] => [
  binding('cluster-admin', 'cluster-admin', ['Group', 'system:masters']),
  ofSelf('system:monitoring', ['Group', 'system:monitoring']),
  ofSelf('system:discovery', ['Group', 'system:authenticated']),
  ofSelf('system:basic-user', ['Group', 'system:authenticated']),
  ofSelf('system:public-info-viewer', ['Group', 'system:authenticated'], ['Group', 'system:unauthenticated']),
  ofSelf('system:node-proxier', ['User', 'system:kube-proxy']),
  ofSelf('system:kube-controller-manager', ['User', 'system:kube-controller-manager']),
  ofSelf('system:kube-scheduler', ['User', 'system:kube-scheduler']),
  ofSelf('system:volume-scheduler', ['User', 'system:kube-scheduler']),
  ofSelf('system:service-account-issuer-discovery', ['Group', 'system:serviceaccounts']),
];
