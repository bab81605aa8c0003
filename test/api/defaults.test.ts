import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyDefaults } from '../../src/api/defaults.ts';
import { pullPolicyOf } from '../../src/api/defaults-pod.ts';
import { gvkOf, type KubeObject } from '../../src/api/object.ts';
import { typeOf } from '../../src/api/scheme.ts';
import { decodeTyped } from '../../src/api/strict.ts';

const defaulted = (object: object): KubeObject =>
  applyDefaults(decodeTyped<KubeObject>(object, typeOf(gvkOf(object as KubeObject))!).object);

test('a deployment looks as on a cluster', () => {
  const object = defaulted({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          serviceAccountName: 'sa',
          containers: [
            {
              name: 'nginx',
              image: 'nginx:1.25',
              ports: [{ containerPort: 80 }],
              livenessProbe: { httpGet: { port: 80 } },
            },
          ],
          volumes: [{ name: 'a', configMap: { name: 'cm' } }, { name: 'b' }, { name: 'c', hostPath: { path: '/x' } }],
        },
      },
    },
  });
  assert.equal(object, {
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    metadata: { name: 'web' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          volumes: [
            { name: 'a', configMap: { name: 'cm', defaultMode: 420 } },
            { name: 'b', emptyDir: {} },
            { name: 'c', hostPath: { path: '/x', type: '' } },
          ],
          containers: [
            {
              name: 'nginx',
              image: 'nginx:1.25',
              ports: [{ containerPort: 80, protocol: 'TCP' }],
              resources: {},
              livenessProbe: {
                httpGet: { path: '/', port: 80, scheme: 'HTTP' },
                timeoutSeconds: 1,
                periodSeconds: 10,
                successThreshold: 1,
                failureThreshold: 3,
              },
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
              imagePullPolicy: 'IfNotPresent',
            },
          ],
          restartPolicy: 'Always',
          terminationGracePeriodSeconds: 30,
          dnsPolicy: 'ClusterFirst',
          serviceAccountName: 'sa',
          serviceAccount: 'sa',
          securityContext: {},
          schedulerName: 'default-scheduler',
        },
      },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    },
    status: {},
  });
});

/** Objects, a path, and what stands there after defaulting. */
const CASES: [object: object, path: string, expected: unknown][] = [
  [pod({ limits: { cpu: '1' } }), 'spec.containers.0.resources', { limits: { cpu: '1' }, requests: { cpu: '1' } }],
  [pod({ limits: { cpu: '1' }, requests: { cpu: '0.0001' } }), 'spec.containers.0.resources.requests', { cpu: '1m' }],
  [pod({}), 'spec.enableServiceLinks', true],
  [
    { apiVersion: 'v1', kind: 'Secret', metadata: {}, stringData: { a: 'é' }, data: { b: 'YQ==' } },
    'data',
    { a: 'w6k=', b: 'YQ==' },
  ],
  [{ apiVersion: 'v1', kind: 'Secret', metadata: {} }, 'type', 'Opaque'],
  [service({ ports: [{ port: 80 }] }), 'spec.ports', [{ protocol: 'TCP', port: 80, targetPort: 80 }]],
  [service({ type: 'LoadBalancer' }), 'spec.externalTrafficPolicy', 'Cluster'],
  [service({ type: 'LoadBalancer' }), 'spec.allocateLoadBalancerNodePorts', true],
  [service({ type: 'ExternalName' }), 'spec.internalTrafficPolicy', undefined],
  [service({ sessionAffinity: 'ClientIP' }), 'spec.sessionAffinityConfig', { clientIP: { timeoutSeconds: 10800 } }],
  [batch('Job', {}), 'spec.completions', 1],
  [batch('Job', { parallelism: 2 }), 'spec.completions', undefined],
  [batch('Job', {}), 'spec.backoffLimit', 6],
  [batch('Job', { template: { metadata: { labels: { a: 'b' } } } }), 'metadata.labels', { a: 'b' }],
  [batch('CronJob', { schedule: '* * * * *' }), 'spec.concurrencyPolicy', 'Allow'],
  [
    { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: {}, spec: {} },
    'spec.metrics.0.resource.target.averageUtilization',
    80,
  ],
  [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: {},
      spec: { podSelector: {}, egress: [{}] },
    },
    'spec.policyTypes',
    ['Ingress', 'Egress'],
  ],
  [
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: {},
      spec: { volumeClaimTemplates: [{ metadata: { name: 'a' } }] },
    },
    'spec.volumeClaimTemplates.0.status.phase',
    'Pending',
  ],
  [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: {},
      roleRef: { kind: 'Role', name: 'a' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', name: 's' },
      ],
    },
    'subjects',
    [
      { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'u' },
      { kind: 'ServiceAccount', name: 's' },
    ],
  ],
  [
    {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: {},
      spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { memory: '1Mi' } }] },
    },
    'spec.limits.0.defaultRequest',
    { cpu: '2', memory: '1Mi' },
  ],
  [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } },
    'metadata.labels',
    { 'kubernetes.io/metadata.name': 'a' },
  ],
];

function pod(resources: object): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { containers: [{ name: 'a', resources }] } };
}
function service(spec: object): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: {}, spec };
}
function batch(kind: string, spec: object): object {
  return { apiVersion: 'batch/v1', kind, metadata: {}, spec };
}

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);

test('each kind gets its defaults', () => {
  for (const [object, path, expected] of CASES)
    assert.equal(at(defaulted(object), path), expected, `${(object as KubeObject).kind} ${path}`);
});

test('defaulting twice changes nothing', () => {
  for (const [object] of CASES) {
    const once = defaulted(object);
    assert.equal(defaulted(structuredClone(once)), once);
  }
});

test('the pull policy follows the tag', () => {
  const cases: [string, string][] = [
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1', 'IfNotPresent'],
    ['localhost:5000/nginx', 'Always'],
    ['localhost:5000/nginx:1', 'IfNotPresent'],
    ['nginx@sha256:00', 'IfNotPresent'],
    ['nginx:latest@sha256:00', 'Always'],
  ];
  for (const [image, policy] of cases) assert.is(pullPolicyOf(image), policy, image);
});

test.run();
