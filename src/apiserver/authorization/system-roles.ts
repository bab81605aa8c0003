/** The roles and bindings of Kubernetes' bootstrap policy that live in its own namespaces. */
import type { KubeObject } from '../../api/object.ts';
import { bootstrapped, EVENTS, READ, rule } from './default-roles.ts';
import type { PolicyRule } from './rbac.ts';

const RBAC = 'rbac.authorization.k8s.io';
const READER = 'extension-apiserver-authentication-reader';

/** A role, and who has it: users by name, service accounts of kube-system after a slash. */
const ROLES: [namespace: string, name: string, rules: PolicyRule[], holders: string[]][] = [
  [
    'kube-system',
    READER,
    [rule('get list watch', '""', 'configmaps', 'extension-apiserver-authentication')],
    ['system:kube-controller-manager', 'system:kube-scheduler'],
  ],
  [
    'kube-system',
    'system::leader-locking-kube-controller-manager',
    [
      rule('watch', '""', 'configmaps'),
      rule('get update', '""', 'configmaps', 'kube-controller-manager'),
      rule('get watch list create update', 'coordination.k8s.io', 'leases'),
    ],
    ['system:kube-controller-manager', '/kube-controller-manager', '/leader-election-controller'],
  ],
  [
    'kube-system',
    'system::leader-locking-kube-scheduler',
    [rule('watch', '""', 'configmaps'), rule('get update', '""', 'configmaps', 'kube-scheduler')],
    ['system:kube-scheduler', '/kube-scheduler'],
  ],
  ['kube-system', 'system:controller:bootstrap-signer', [rule(READ, '""', 'secrets')], ['/bootstrap-signer']],
  [
    'kube-system',
    'system:controller:cloud-provider',
    [rule('create get list watch', '""', 'configmaps')],
    ['/cloud-provider'],
  ],
  [
    'kube-system',
    'system:controller:token-cleaner',
    [rule('get list watch delete', '""', 'secrets'), EVENTS],
    ['/token-cleaner'],
  ],
  [
    'kube-public',
    'system:controller:bootstrap-signer',
    [rule(READ, '""', 'configmaps'), rule('update', '""', 'configmaps', 'cluster-info'), EVENTS],
    ['/bootstrap-signer'],
  ],
];

export const systemRoles = (): KubeObject[] =>
  ROLES.flatMap(([namespace, name, rules, holders]) => [
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata: { ...bootstrapped(name), namespace },
      rules,
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: { ...bootstrapped(name === READER ? `system::${name}` : name), namespace },
      roleRef: { apiGroup: RBAC, kind: 'Role', name },
      subjects: holders.map(subjectOf),
    },
  ]);

const subjectOf = (holder: string): object =>
  holder.startsWith('/')
    ? { kind: 'ServiceAccount', name: holder.slice(1), namespace: 'kube-system' }
    : { apiGroup: RBAC, kind: 'User', name: holder };
