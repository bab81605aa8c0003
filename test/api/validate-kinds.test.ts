import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyDefaults } from '../../src/api/defaults.ts';
import { gvkOf, type KubeObject } from '../../src/api/object.ts';
import { typeOf } from '../../src/api/scheme.ts';
import { decodeTyped } from '../../src/api/strict.ts';
import { validateCreate, validateUpdate } from '../../src/api/validate.ts';

const CLUSTER = new Set([
  'PersistentVolume',
  'IngressClass',
  'ValidatingWebhookConfiguration',
  'Node',
  'RuntimeClass',
  'CSIDriver',
  'FlowSchema',
  'PriorityLevelConfiguration',
  'APIService',
  'CertificateSigningRequest',
]);

function read(kind: string, rest: object, metadata: object = {}): KubeObject {
  const [name = '', group = ''] = kind.split(' ');
  const meta = { name: 'o', ...(!CLUSTER.has(name) && { namespace: 'd' }), ...metadata };
  const object = { apiVersion: group === '' ? 'v1' : `${group}/v1`, kind: name, metadata: meta, ...rest };
  return applyDefaults(decodeTyped<KubeObject>(object, typeOf(gvkOf(object))!).object);
}

const texts = (causes: { field?: string; message?: string }[]): string[] =>
  causes.map(({ field, message }) => `${field}: ${message}`);

const ports = [{ port: 80 }];
const job = (spec: object) => ({
  spec: {
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'i' }] } },
    selector: {},
    ...spec,
  },
});
const hook = (webhook: object) => ({
  webhooks: [
    {
      name: 'a.b.c',
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      clientConfig: { url: 'https://h' },
      rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
      ...webhook,
    },
  ],
});
const HOOK = 'ValidatingWebhookConfiguration admissionregistration.k8s.io';
const volume = (spec: object) => ({
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/a' }, ...spec },
});
const claim = (spec: object) => ({
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});

/** With the texts of Kubernetes' pkg/apis. */
const CASES: [kind: string, rest: object, causes: string[]][] = [
  [
    'Service',
    { spec: { ports, trafficDistribution: 'Near' } },
    [
      'spec.trafficDistribution: Unsupported value: "Near": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
    ],
  ],
  [
    'Service',
    { spec: { ports, externalIPs: ['127.0.0.1', '169.254.1.1'] } },
    [
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'spec.externalIPs[1]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ],
  ],
  [
    'Service',
    { spec: { ports, clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.2'], ipFamilies: ['IPv5'] } },
    [
      'spec.clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`',
      'spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
    ],
  ],
  [
    'Service',
    { spec: { type: 'ExternalName', externalName: 'a.b', ipFamilyPolicy: 'SingleStack' } },
    ['spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services'],
  ],
  [
    'Endpoints',
    { subsets: [{ ports: [{ port: 0 }, { name: 'b', port: 1 }] }] },
    [
      'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
      'subsets[0].ports[0].name: Required value',
      'subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
  ],
  [
    'NetworkPolicy networking.k8s.io',
    {
      spec: {
        podSelector: {},
        ingress: [{ ports: [{ protocol: 'ICMP' }, { endPort: 5 }, { port: 9, endPort: 70000 }] }],
        policyTypes: ['In'],
      },
    },
    [
      'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
      'spec.ingress[0].ports[1].endPort: Invalid value: 5: may not be specified when `port` is not specified',
      'spec.ingress[0].ports[2].endPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
      'spec.policyTypes[0]: Unsupported value: "In": supported values: "Ingress", "Egress"',
    ],
  ],
  [
    'IngressClass networking.k8s.io',
    { spec: { controller: 'nginx', parameters: { kind: 'K', name: 'n', scope: 'Namespace' } } },
    [
      'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ],
  ],
  [
    'PersistentVolume',
    volume({ capacity: { storage: '0' }, storageClassName: '-' }),
    [
      'spec.capacity[storage]: Invalid value: "0": must be greater than zero',
      "spec.storageClassName: Invalid value: \"-\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
  ],
  [
    'PersistentVolume',
    volume({ hostPath: undefined, local: { path: '/a' } }),
    ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
  ],
  [
    'PersistentVolume',
    volume({ nfs: { server: 's', path: '/' } }),
    ['spec.nfs: Forbidden: may not specify more than 1 volume type'],
  ],
  [
    'PersistentVolumeClaim',
    claim({ dataSource: { kind: 'Snapshot', name: 's' } }),
    [
      'spec.dataSource: Invalid value: "Snapshot": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
    ],
  ],
  [
    'PersistentVolumeClaim',
    claim({ accessModes: ['ReadWriteOnce', 'ReadWriteOncePod'] }),
    ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
  ],
  [
    'ResourceQuota',
    { spec: { hard: { foo: '1', pods: '1.5', cpu: '-1' } } },
    [
      'spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota',
      'spec.hard[pods]: Invalid value: "1500m": must be an integer',
      'spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    ],
  ],
  [
    'ResourceQuota',
    { spec: { hard: { services: '1' }, scopes: ['BestEffort', 'NotBestEffort'] } },
    [
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: unsupported scope applied to resource',
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: unsupported scope applied to resource',
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
    ],
  ],
  [
    'ResourceQuota',
    {
      spec: {
        hard: { 'count/secrets': '1' },
        scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] },
      },
    },
    [
      "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
    ],
  ],
  [
    'LimitRange',
    {
      spec: {
        limits: [
          { type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } },
          { type: 'Pod', default: { cpu: '1' } },
          { type: 'PersistentVolumeClaim' },
        ],
      },
    },
    [
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1',
      'spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1',
      "spec.limits[1].default: Forbidden: may not be specified when `type` is 'Pod'",
      'spec.limits[2].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
    ],
  ],
  [
    'Job batch',
    job({ maxFailedIndexes: 1 }),
    [
      'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
      'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
    ],
  ],
  [
    'Job batch',
    job({
      podFailurePolicy: {
        rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [0] } }, { action: 'Ignore' }],
      },
    }),
    [
      'spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
      'spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator',
      'spec.podFailurePolicy.rules[1]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
    ],
  ],
  [
    'Job batch',
    job({ managedBy: 'me', podReplacementPolicy: 'Later' }),
    [
      'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
      'spec.podReplacementPolicy: Unsupported value: "Later": supported values: "Failed", "TerminatingOrFailed"',
    ],
  ],
  [HOOK, hook({}), []],
  [
    HOOK,
    hook({ name: 'a.b', failurePolicy: 'Maybe' }),
    [
      'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
      'webhooks[0].failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"',
    ],
  ],
  [
    HOOK,
    hook({ rules: [{ operations: ['*', 'CREATE'], apiGroups: [], apiVersions: ['v1'], resources: ['*/*', 'pods'] }] }),
    [
      'webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other operations',
      'webhooks[0].rules[0].apiGroups: Required value',
      'webhooks[0].rules[0].resources: Invalid value: ["*/*","pods"]: if \'*/*\' is present, must not specify other resources',
    ],
  ],
  [
    HOOK,
    hook({ clientConfig: { url: 'http://u@h/p?q#f' } }),
    [
      'webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
      'webhooks[0].clientConfig.url: Invalid value: "u": user information is not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "f": fragments are not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "q": query parameters are not permitted in the URL',
    ],
  ],
  [
    HOOK,
    hook({
      clientConfig: { service: { name: 's', namespace: 'n', path: 'x/y/' } },
      admissionReviewVersions: ['v2', 'v2'],
    }),
    [
      'webhooks[0].clientConfig.service.path: Invalid value: "x/y/": must start with a \'/\'',
      'webhooks[0].clientConfig.service.path: Invalid value: "x/y/": segment[0] may not be empty',
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1',
    ],
  ],
  [
    'Node',
    {
      spec: {
        taints: [
          { key: 'a', effect: 'Foo' },
          { key: 'a', effect: 'Foo' },
        ],
      },
    },
    [
      'spec.taints[0].effect: Unsupported value: "Foo": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      'spec.taints[1].effect: Unsupported value: "Foo": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      'spec.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"Foo","TimeAdded":null}: taints must be unique by key and effect pair',
    ],
  ],
  [
    'Event',
    { involvedObject: { kind: 'Pod', namespace: 'other' } },
    ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
  ],
  [
    'Event',
    {
      involvedObject: { kind: 'Pod', namespace: 'd' },
      type: 'Normal',
      eventTime: '2026-01-01T00:00:00.000000Z',
      reason: 'R',
      action: 'A',
      reportingComponent: 'a.b/c',
    },
    ['reportingInstance: Required value'],
  ],
  [
    'PriorityLevelConfiguration flowcontrol.apiserver.k8s.io',
    { spec: {} },
    ['spec.type: Unsupported value: "": supported values: "Exempt", "Limited"'],
  ],
  [
    'FlowSchema flowcontrol.apiserver.k8s.io',
    {
      spec: {
        matchingPrecedence: 5,
        priorityLevelConfiguration: { name: 'p' },
        rules: [
          { subjects: null },
          {
            subjects: [{ kind: 'User', group: { name: 'g' } }, {}],
            resourceRules: [{ verbs: ['*', 'get'], apiGroups: ['*'], resources: ['*'] }],
            nonResourceRules: [{ verbs: ['look'], nonResourceURLs: null }],
          },
        ],
      },
    },
    [
      'spec.rules[0].subjects: Required value: subjects must contain at least one value',
      'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
      "spec.rules[1].subjects[0].user: Required value: user is required when subject kind is 'User'",
      "spec.rules[1].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
      'spec.rules[1].subjects[1].kind: Unsupported value: "": supported values: "Group", "ServiceAccount", "User"',
      `spec.rules[1].resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
      'spec.rules[1].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace',
      'spec.rules[1].nonResourceRules[0].verbs: Unsupported value: ["look"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
      'spec.rules[1].nonResourceRules[0].nonResourceURLs: Required value: nonResourceURLs must contain at least one value',
    ],
  ],
  [
    'APIService apiregistration.k8s.io',
    { spec: { version: 'v1', group: 'a.io', groupPriorityMinimum: 100, caBundle: 'YWI=' } },
    [
      'metadata.name: Invalid value: "o": must be `spec.version+"."+spec.group`: "v1.a.io"',
      'spec.versionPriority: Invalid value: 0: must be positive and less than 1000',
      'spec.caBundle: Invalid value: "2 bytes": local APIServices may not have a caBundle',
    ],
  ],
  [
    'EndpointSlice discovery.k8s.io',
    {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.0.0.1', 'x'] }, { addresses: [] }],
      ports: [{ name: 'a' }, { name: 'a' }],
    },
    [
      'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'endpoints[0].addresses[1]: Invalid value: "x": must be a valid IPv4 address',
      'endpoints[1].addresses: Required value: must contain at least 1 address',
      'ports[1].name: Duplicate value: "a"',
    ],
  ],
  [
    'Lease coordination.k8s.io',
    { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } },
    [
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
    ],
  ],
  [
    'CSIDriver storage.k8s.io',
    { spec: { fsGroupPolicy: 'Odd' } },
    ['spec.fsGroupPolicy: Unsupported value: "Odd": supported values: "File", "None", "ReadWriteOnceWithFSType"'],
  ],
  [
    'FlowSchema flowcontrol.apiserver.k8s.io',
    { spec: { priorityLevelConfiguration: { name: '' }, matchingPrecedence: 10001 } },
    [
      'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000',
      'spec.priorityLevelConfiguration.name: Required value: must reference a priority level',
    ],
  ],
  [
    'CertificateSigningRequest certificates.k8s.io',
    { spec: { request: 'YQ==', signerName: 'foo', expirationSeconds: 60, usages: ['any', 'any'] } },
    [
      'spec.usages[1]: Duplicate value: "any"',
      'spec.signerName: Invalid value: "foo": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
      'spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 600 seconds (10 minutes)',
    ],
  ],
];

test('what is wrong with other kinds is told in the words of Kubernetes', () => {
  for (const [kind, rest, causes] of CASES)
    assert.equal(texts(validateCreate(read(kind, rest))), causes, JSON.stringify([kind, rest]));
});

const bound = (storage: string, rest: object = {}): KubeObject =>
  Object.assign(read('PersistentVolumeClaim', claim({ resources: { requests: { storage } }, ...rest })), {
    status: { phase: 'Bound', capacity: { storage: '2Gi' } },
  });

test('a bound claim may grow, and ask for less of what it never got', () => {
  assert.equal(texts(validateUpdate(bound('9Gi'), bound('3Gi'))), []);
  assert.equal(texts(validateUpdate(bound('3Gi'), bound('9Gi'))), []);
  assert.equal(texts(validateUpdate(bound('1Gi'), bound('2Gi'))), [
    'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
  ]);
  assert.equal(texts(validateUpdate(bound('2Gi', { storageClassName: 'a' }), bound('2Gi'))), []);
});

test.run();
