/** FlowSchemas and PriorityLevelConfigurations of a new cluster. They are looked up and never applied: nobody waits here. */
import type { KubeObject } from '../api/object.ts';

const API = 'flowcontrol.apiserver.k8s.io/v1';

const metadata = (name: string) => ({ name, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } });

/** Shares, what of them may be lent in percent, and queues with their hand size; without queues requests are refused. */
const LEVELS: Record<string, [shares: number, lendable: number, queues?: number, handSize?: number]> = {
  'catch-all': [5, 0],
  'global-default': [20, 50, 128, 6],
  'leader-election': [10, 0, 16, 4],
  'node-high': [40, 25, 64, 6],
  system: [30, 33, 64, 6],
  'workload-high': [40, 50, 128, 6],
  'workload-low': [100, 90, 128, 6],
};

export const priorityLevels = (): KubeObject[] => [
  level('exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
  ...Object.entries(LEVELS).map(([name, [nominalConcurrencyShares, lendablePercent, queues, handSize]]) =>
    level(name, {
      type: 'Limited',
      limited: {
        nominalConcurrencyShares,
        lendablePercent,
        limitResponse:
          queues === undefined
            ? { type: 'Reject' }
            : { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } },
      },
    }),
  ),
];

const level = (name: string, spec: object): KubeObject => ({
  apiVersion: API,
  kind: 'PriorityLevelConfiguration',
  metadata: metadata(name),
  spec,
  status: {},
});

const group = (name: string) => ({ kind: 'Group', group: { name } });
const user = (name: string) => ({ kind: 'User', user: { name } });
const account = (name: string) => ({ kind: 'ServiceAccount', serviceAccount: { name, namespace: 'kube-system' } });

const ANYTHING = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }];
const ANY_PATH = [{ verbs: ['*'], nonResourceURLs: ['*'] }];

const resources = (verbs: string, apiGroup: string, names: string, namespaces: string, clusterScope = false) => ({
  verbs: verbs.split(' '),
  apiGroups: [apiGroup],
  resources: names.split(' '),
  namespaces: namespaces === '' ? null : [namespaces],
  ...(clusterScope && { clusterScope }),
});

const everything = (...subjects: object[]) => [{ subjects, resourceRules: ANYTHING, nonResourceRules: ANY_PATH }];
const EVERYONE = [group('system:unauthenticated'), group('system:authenticated')];
const CONTROLLERS = user('system:kube-controller-manager');
const SCHEDULER = user('system:kube-scheduler');
const ELECTION = 'get create update';

/** Precedence, priority level, how flows are told apart, and whose requests are meant. */
const SCHEMAS: Record<string, [precedence: number, level: string, by: '' | 'ByUser' | 'ByNamespace', rules: object[]]> =
  {
    exempt: [1, 'exempt', '', everything(group('system:masters'))],
    probes: [
      2,
      'exempt',
      '',
      [
        {
          subjects: EVERYONE,
          nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
        },
      ],
    ],
    'system-leader-election': [
      100,
      'leader-election',
      'ByUser',
      [
        {
          subjects: [CONTROLLERS, SCHEDULER, account('*')],
          resourceRules: [resources(ELECTION, 'coordination.k8s.io', 'leases', '*')],
        },
      ],
    ],
    'endpoint-controller': [
      150,
      'workload-high',
      'ByUser',
      [
        {
          subjects: [CONTROLLERS, account('endpoint-controller'), account('endpointslicemirroring-controller')],
          resourceRules: [resources(ELECTION, '', 'endpoints', '*')],
        },
      ],
    ],
    'workload-leader-election': [
      200,
      'leader-election',
      'ByUser',
      [
        {
          subjects: [account('*')],
          resourceRules: [
            resources(ELECTION, '', 'endpoints configmaps', '*'),
            resources(ELECTION, 'coordination.k8s.io', 'leases', '*'),
          ],
        },
      ],
    ],
    'system-node-high': [
      400,
      'node-high',
      'ByUser',
      [
        {
          subjects: [group('system:nodes')],
          resourceRules: [
            resources('*', '', 'nodes nodes/status', '', true),
            resources('*', 'coordination.k8s.io', 'leases', '*'),
          ],
        },
      ],
    ],
    'system-nodes': [500, 'system', 'ByUser', everything(group('system:nodes'))],
    'kube-controller-manager': [800, 'workload-high', 'ByNamespace', everything(CONTROLLERS)],
    'kube-scheduler': [800, 'workload-high', 'ByNamespace', everything(SCHEDULER)],
    'kube-system-service-accounts': [900, 'workload-high', 'ByNamespace', everything(account('*'))],
    'service-accounts': [9000, 'workload-low', 'ByUser', everything(group('system:serviceaccounts'))],
    'global-default': [9900, 'global-default', 'ByUser', everything(...EVERYONE)],
    'catch-all': [10000, 'catch-all', 'ByUser', everything(...EVERYONE)],
  };

export const flowSchemas = (now: string): KubeObject[] =>
  Object.entries(SCHEMAS).map(([name, [matchingPrecedence, levelName, by, rules]]) => ({
    apiVersion: API,
    kind: 'FlowSchema',
    metadata: metadata(name),
    spec: {
      priorityLevelConfiguration: { name: levelName },
      matchingPrecedence,
      ...(by !== '' && { distinguisherMethod: { type: by } }),
      rules,
    },
    status: {
      conditions: [
        {
          type: 'Dangling',
          status: 'False',
          lastTransitionTime: now,
          reason: 'Found',
          message: `This FlowSchema references the PriorityLevelConfiguration object named "${levelName}" and it exists`,
        },
      ],
    },
  }));
