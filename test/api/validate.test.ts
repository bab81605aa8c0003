import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyDefaults } from '../../src/api/defaults.ts';
import { gvkOf, type KubeObject } from '../../src/api/object.ts';
import { typeOf } from '../../src/api/scheme.ts';
import { decodeTyped } from '../../src/api/strict.ts';
import { validateCreate, validateUpdate } from '../../src/api/validate.ts';

const read = (object: object): KubeObject =>
  applyDefaults(decodeTyped<KubeObject>(object, typeOf(gvkOf(object as KubeObject))!).object);

const texts = (causes: { field?: string; message?: string }[]): string[] =>
  causes.map(({ field, message }) => `${field}: ${message}`);

function pod(spec: object, containers: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'd' },
    spec: { containers: [{ name: 'a', image: 'i', ...containers }], ...spec },
  };
}

function deployment(spec: object, template: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'd' },
    spec: {
      selector: { matchLabels: { app: 'x' } },
      template: {
        metadata: { labels: { app: 'x' } },
        spec: { containers: [{ name: 'a', image: 'i' }], ...template },
      },
      ...spec,
    },
  };
}

function service(spec: object): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'd' }, spec };
}

function ingress(spec: object): object {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'i', namespace: 'd' }, spec };
}

function other(apiVersion: string, kind: string, rest: object): object {
  return { apiVersion, kind, metadata: { name: 'o', namespace: 'd' }, ...rest };
}

const path = (backend: object) => ({ rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] });

const CASES: [object: object, causes: string[]][] = [
  [pod({}), []],
  [pod({ containers: [] }), ['spec.containers: Required value']],
  [pod({}, { image: '' }), ['spec.containers[0].image: Required value']],
  [
    pod({}, { image: ' i' }),
    ['spec.containers[0].image: Invalid value: " i": must not have leading or trailing whitespace'],
  ],
  [
    pod({
      containers: [
        { name: 'a', image: 'i' },
        { name: 'a', image: 'i' },
      ],
    }),
    ['spec.containers[1].name: Duplicate value: "a"'],
  ],
  [
    pod({}, { ports: [{ containerPort: 70000 }, { containerPort: 0 }] }),
    [
      'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
      'spec.containers[0].ports[1].containerPort: Required value',
    ],
  ],
  [
    pod(
      {},
      {
        ports: [
          { containerPort: 1, name: 'x' },
          { containerPort: 2, name: 'x', protocol: 'ICMP' },
        ],
      },
    ),
    [
      'spec.containers[0].ports[1].name: Duplicate value: "x"',
      'spec.containers[0].ports[1].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
    ],
  ],
  [
    pod({}, { volumeMounts: [{ name: 'v', mountPath: '/x' }] }),
    ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
  ],
  [
    pod(
      { volumes: [{ name: 'v' }] },
      {
        volumeMounts: [
          { name: 'v', mountPath: '/x' },
          { name: 'v', mountPath: '/x' },
        ],
      },
    ),
    ['spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/x": must be unique'],
  ],
  [
    pod({ volumes: [{ name: 'v', emptyDir: {}, secret: { secretName: 's' } }] }),
    ['spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type'],
  ],
  [pod({ volumes: [{ name: 'v', secret: {} }] }), ['spec.volumes[0].secret.secretName: Required value']],
  [
    pod({}, { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
    ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  ],
  [
    pod({}, { env: [{ name: '' }, { name: 'A', valueFrom: {} }] }),
    [
      'spec.containers[0].env[0].name: Required value',
      'spec.containers[0].env[1].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
    ],
  ],
  [
    pod({ restartPolicy: 'Sometimes' }),
    ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
  ],
  [
    pod({}, { imagePullPolicy: 'x' }),
    ['spec.containers[0].imagePullPolicy: Unsupported value: "x": supported values: "Always", "IfNotPresent", "Never"'],
  ],
  [pod({}, { livenessProbe: {} }), ['spec.containers[0].livenessProbe: Required value: must specify a handler type']],
  [deployment({}), []],
  [
    deployment({ selector: { matchLabels: { app: 'y' } } }),
    ['spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`'],
  ],
  [
    deployment({ selector: null }),
    [
      'spec.selector: Required value',
      'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`',
    ],
  ],
  [deployment({ replicas: -1 }), ['spec.replicas: Invalid value: -1: must be greater than or equal to 0']],
  [
    deployment({}, { restartPolicy: 'Never' }),
    ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ],
  [
    deployment({ strategy: { type: 'Recreate', rollingUpdate: {} } }),
    ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
  ],
  [
    deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
  ],
  [service({ ports: [{ port: 80 }] }), []],
  [service({}), ['spec.ports: Required value']],
  [service({ ports: [{ port: 80 }, { port: 81, name: 'b' }] }), ['spec.ports[0].name: Required value']],
  [
    service({ ports: [{ port: 0, name: 'a' }], type: 'Cluster' }),
    [
      'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.type: Unsupported value: "Cluster": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
  ],
  [
    service({
      ports: [
        { port: 80, name: 'a' },
        { port: 80, name: 'a', nodePort: 1 },
      ],
    }),
    [
      'spec.ports[1].name: Duplicate value: "a"',
      "spec.ports[1].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
      'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
    ],
  ],
  [ingress({}), ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified']],
  [ingress(path({ service: { name: 's', port: { number: 80 } } })), []],
  [
    ingress(path({ service: { name: 's' } })),
    ['spec.rules[0].http.paths[0].backend: Required value: port name or number is required'],
  ],
  [
    ingress({ rules: [{ http: { paths: [{ backend: { service: { name: 's', port: { number: 1 } } } }] } }] }),
    ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'],
  ],
  [
    other('v1', 'ConfigMap', { data: { 'a b': 'x' } }),
    [
      `data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
    ],
  ],
  [
    other('v1', 'ConfigMap', { data: { a: 'x'.repeat(1048577) } }),
    ['[]: Too long: may not be more than 1048576 bytes'],
  ],
  [
    other('v1', 'Secret', { type: 'kubernetes.io/tls' }),
    ['data[tls.crt]: Required value', 'data[tls.key]: Required value'],
  ],
  [
    other('batch/v1', 'CronJob', {
      spec: {
        schedule: '* * * *',
        jobTemplate: {
          spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'i' }] } } },
        },
      },
    }),
    ['spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]'],
  ],
  [
    other('v1', 'PersistentVolumeClaim', { spec: { resources: { requests: { storage: '1Gi' } } } }),
    ['spec.accessModes: Required value: at least 1 access mode is required'],
  ],
  [
    other('autoscaling/v2', 'HorizontalPodAutoscaler', {
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'd' }, minReplicas: 3, maxReplicas: 2 },
    }),
    ['spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`'],
  ],
  [
    other('autoscaling/v2', 'HorizontalPodAutoscaler', {
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'd' },
        maxReplicas: 2,
        minReplicas: 0,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: {} } },
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0 } } },
          { type: 'Pods' },
          { type: 'Odd' },
          { type: 'External', external: { metric: {}, target: { type: 'Value', value: '-1' } } },
        ],
        behavior: { scaleDown: { policies: [{ type: 'Some', value: 0, periodSeconds: 3600 }], selectPolicy: 'Odd' } },
      },
    }),
    [
      'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
      'spec.metrics[0].resource.target.type: Required value: must specify a metric target type',
      'spec.metrics[0].resource.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue',
      'spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
      'spec.metrics[1].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
      'spec.metrics[2].pods: Required value: must populate information for the given metric source',
      'spec.metrics[3].type: Unsupported value: "Odd": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
      'spec.metrics[3].type: Unsupported value: "Odd": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
      'spec.metrics[4].external.metric.name: Required value: must specify a metric name',
      'spec.metrics[4].external.target.value: Invalid value: "-1": must be positive',
      'spec.behavior.scaleDown.selectPolicy: Unsupported value: "Odd": supported values: "Disabled", "Max", "Min"',
      'spec.behavior.scaleDown.policies[0].type: Unsupported value: "Some": supported values: "Percent", "Pods"',
      'spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero',
      'spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 3600: must be less than or equal to 1800',
    ],
  ],
  ...[
    ['Europe/Berlin', undefined],
    ['US/Eastern', undefined],
    ['Etc/GMT+1', undefined],
    ['', 'timeZone must be nil or non-empty string'],
    ['local', 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'],
    ['AMERICA/new_york', 'unknown time zone AMERICA/new_york'],
    ['+01:00', 'unknown time zone +01:00'],
    ['Mars/Base', 'unknown time zone Mars/Base'],
  ].map(([timeZone, why]): (typeof CASES)[number] => [
    other('batch/v1', 'CronJob', {
      spec: {
        schedule: '@daily',
        timeZone,
        jobTemplate: {
          spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'i' }] } } },
        },
      },
    }),
    why === undefined ? [] : [`spec.timeZone: Invalid value: ${JSON.stringify(timeZone)}: ${why}`],
  ]),
  [
    other('networking.k8s.io/v1', 'NetworkPolicy', {
      spec: {
        podSelector: {},
        ingress: [
          {
            from: [
              { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.0.0.0/8', '11.0.0.0/16', 'x'] } },
              { ipBlock: { cidr: '2001:db8::/32', except: ['2001:db8:1::/48', '2001:db9::/48'] } },
            ],
          },
        ],
      },
    }),
    [
      'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
      'spec.ingress[0].from[0].ipBlock.except[2]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
      'spec.ingress[0].from[0].ipBlock.except[3]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      'spec.ingress[0].from[1].ipBlock.except[1]: Invalid value: "2001:db9::/48": must be a strict subset of `cidr`',
    ],
  ],
  [
    {
      ...other('networking.k8s.io/v1', 'Ingress', {
        spec: { ingressClassName: 'b', defaultBackend: { service: { name: 's', port: { number: 80 } } } },
      }),
      metadata: { name: 'a', namespace: 'd', annotations: { 'kubernetes.io/ingress.class': 'a' } },
    },
    [
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    ],
  ],
  [
    other('v1', 'Service', {
      spec: {
        ports: [{ port: 80 }],
        healthCheckNodePort: 30000,
        loadBalancerSourceRanges: ['10.0.0.0/8', 'x'],
      },
    }),
    [
      "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
      'spec.LoadBalancerSourceRanges[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
  ],
  [
    other('v1', 'Secret', {
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': Buffer.from('{"a":').toString('base64') },
    }),
    ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input'],
  ],
  [
    other('policy/v1', 'PodDisruptionBudget', { spec: { minAvailable: 1, unhealthyPodEvictionPolicy: 'Never' } }),
    ['spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"'],
  ],
  [
    other('policy/v1', 'PodDisruptionBudget', { spec: { minAvailable: 1, maxUnavailable: '200%' } }),
    [
      'spec: Invalid value: {"minAvailable":1,"maxUnavailable":"200%"}: minAvailable and maxUnavailable cannot be both set',
      'spec.maxUnavailable: Invalid value: "200%": must not be greater than 100%',
    ],
  ],
  [
    other('rbac.authorization.k8s.io/v1', 'Role', { rules: [{ verbs: [] }] }),
    [
      'rules[0].verbs: Required value: verbs must contain at least one value',
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
  ],
  [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'A_', namespace: 'd', labels: { 'a b': '-' } } },
    [
      `metadata.name: Invalid value: "A_": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      `metadata.labels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      `metadata.labels: Invalid value: "-": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    ],
  ],
  [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { namespace: 'x' } },
    [
      'metadata.name: Required value: name or generateName is required',
      'metadata.namespace: Forbidden: not allowed on this type',
    ],
  ],
];

test('what a cluster refuses to create is refused with its texts', () => {
  for (const [object, causes] of CASES) assert.equal(texts(validateCreate(read(object))), causes);
});

const claim = (phase: string, spec: object) =>
  other('v1', 'PersistentVolumeClaim', {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, ...spec },
    status: { phase },
  });
const FIXED_CLAIM =
  'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

const UPDATES: [before: object, after: object, causes: string[]][] = [
  [deployment({}), deployment({ replicas: 2 }), []],
  [
    deployment({}),
    { ...deployment({ selector: { matchLabels: { app: 'x', b: 'c' } } }) },
    [
      'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`',
      'spec.selector: Invalid value: {"matchLabels":{"app":"x","b":"c"}}: field is immutable',
    ],
  ],
  [claim('Bound', {}), claim('Bound', { resources: { requests: { storage: '3Gi' } } }), []],
  [
    claim('Pending', {}),
    claim('Pending', { resources: { requests: { storage: '3Gi' } } }),
    [
      `${FIXED_CLAIM}\n@@ -6,7 +6,7 @@\n  "Resources": {\n   "Limits": null,\n   "Requests": {\n-   "storage": "2Gi"\n+   "storage": "3Gi"\n   }\n  },\n  "VolumeName": "",\n`,
    ],
  ],
  [
    claim('Bound', {}),
    claim('Bound', { accessModes: ['ReadWriteMany'] }),
    [
      `${FIXED_CLAIM}\n@@ -1,6 +1,6 @@\n {\n  "AccessModes": [\n-  "ReadWriteOnce"\n+  "ReadWriteMany"\n  ],\n  "Selector": null,\n  "Resources": {\n`,
    ],
  ],
  [
    other('v1', 'ConfigMap', { immutable: true, data: { a: 'b' } }),
    other('v1', 'ConfigMap', { immutable: true, data: { a: 'c' } }),
    ['data: Forbidden: field is immutable when `immutable` is set'],
  ],
  [
    other('v1', 'Secret', { type: 'a' }),
    other('v1', 'Secret', { type: 'b' }),
    ['type: Invalid value: "b": field is immutable'],
  ],
  [
    service({ clusterIP: '10.0.0.1', ports: [{ port: 80 }] }),
    service({ clusterIP: '10.0.0.2', ports: [{ port: 80 }] }),
    ['spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'],
  ],
  [
    other('rbac.authorization.k8s.io/v1', 'RoleBinding', { roleRef: { kind: 'Role', name: 'a' } }),
    other('rbac.authorization.k8s.io/v1', 'RoleBinding', { roleRef: { kind: 'Role', name: 'b' } }),
    [
      'roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"b"}: cannot change roleRef',
    ],
  ],
  [pod({}), pod({}, { image: 'j' }), []],
  [
    pod({}),
    pod({
      containers: [
        { name: 'a', image: 'i' },
        { name: 'b', image: 'i' },
      ],
    }),
    ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  ],
];

test('what may not change does not', () => {
  for (const [before, after, causes] of UPDATES) assert.equal(texts(validateUpdate(read(after), read(before))), causes);
});

test.run();
