/** The order in which kinds are created and deleted. */
import { compareStrings } from '../template/value.ts';

/** Before a kind may be used, what it needs must exist: Helm's order, with webhooks last since 4.0. */
export const INSTALL_ORDER: readonly string[] = [
  'PriorityClass',
  'Namespace',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'PodSecurityPolicy',
  'PodDisruptionBudget',
  'ServiceAccount',
  'Secret',
  'SecretList',
  'ConfigMap',
  'StorageClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleList',
  'ClusterRoleBinding',
  'ClusterRoleBindingList',
  'Role',
  'RoleList',
  'RoleBinding',
  'RoleBindingList',
  'Service',
  'DaemonSet',
  'Pod',
  'ReplicationController',
  'ReplicaSet',
  'Deployment',
  'HorizontalPodAutoscaler',
  'StatefulSet',
  'Job',
  'CronJob',
  'IngressClass',
  'Ingress',
  'APIService',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
];

/** Not quite the reverse: services and webhooks go before what stands behind them. */
export const UNINSTALL_ORDER: readonly string[] = [
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'APIService',
  'Ingress',
  'IngressClass',
  'Service',
  'CronJob',
  'Job',
  'StatefulSet',
  'HorizontalPodAutoscaler',
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'Pod',
  'DaemonSet',
  'RoleBindingList',
  'RoleBinding',
  'RoleList',
  'Role',
  'ClusterRoleBindingList',
  'ClusterRoleBinding',
  'ClusterRoleList',
  'ClusterRole',
  'CustomResourceDefinition',
  'PersistentVolumeClaim',
  'PersistentVolume',
  'StorageClass',
  'ConfigMap',
  'SecretList',
  'Secret',
  'ServiceAccount',
  'PodDisruptionBudget',
  'PodSecurityPolicy',
  'LimitRange',
  'ResourceQuota',
  'NetworkPolicy',
  'Namespace',
  'PriorityClass',
];

const WEBHOOKS = new Set(['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']);

/** The install order of Helm 3, which did not know webhook configurations. */
export const INSTALL_ORDER_3: readonly string[] = INSTALL_ORDER.filter((kind) => !WEBHOOKS.has(kind));

/** Sorts by kind, stable; kinds that the order does not name come last, by name. */
export function sortByKind<T>(items: readonly T[], kindOf: (item: T) => string, order = INSTALL_ORDER): T[] {
  const rank = new Map(order.map((kind, index) => [kind, index]));
  const rankOf = (kind: string) => rank.get(kind) ?? order.length;
  return [...items].sort((a, b) => {
    const [kindA, kindB] = [kindOf(a), kindOf(b)];
    return rankOf(kindA) - rankOf(kindB) || (rank.has(kindA) ? 0 : compareStrings(kindA, kindB));
  });
}
