import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyDefaults } from '../../src/api/defaults.ts';
import { gvkOf, type KubeObject } from '../../src/api/object.ts';
import { typeOf } from '../../src/api/scheme.ts';
import { decodeTyped } from '../../src/api/strict.ts';
import { validateCreate, validateUpdate } from '../../src/api/validate.ts';

const read = (object: object): KubeObject =>
  applyDefaults(decodeTyped<KubeObject>(object, typeOf(gvkOf(object as KubeObject))!).object);

const pod = (spec: object, container: object = {}, metadata: object = {}): KubeObject =>
  read({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'd', ...metadata },
    spec: { serviceAccountName: 'x', containers: [{ name: 'a', image: 'i', ...container }], ...spec },
  });

const texts = (causes: { field?: string; message?: string }[]): string[] =>
  causes.map(({ field, message }) => `${field}: ${message}`.replace(/^spec\./, ''));

const volume = (source: object) => ({ volumes: [{ name: 'v', ...source }] });
const mounting = (mount: object) => ({ volumeMounts: [{ name: 'v', mountPath: '/m', ...mount }] });
const required = (...terms: object[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
});
const spread = (constraint: object) => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'x' } },
      ...constraint,
    },
  ],
});
const QUALIFIED =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** With the texts of Kubernetes' pkg/apis/core/validation. */
const CASES: [spec: object, container: object, causes: string[]][] = [
  // volumes
  [
    volume({ hostPath: { path: '/a', type: 'Dir' } }),
    {},
    [
      'volumes[0].hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
  ],
  [
    volume({ hostPath: { path: '/a/../b' } }),
    {},
    ['volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain \'..\''],
  ],
  [
    volume({ nfs: { server: 's' } }),
    {},
    ['volumes[0].nfs.path: Required value', 'volumes[0].nfs.path: Invalid value: "": must be an absolute path'],
  ],
  [
    volume({ configMap: { name: 'c', items: [{ key: 'k', path: '..x' }] } }),
    {},
    ['volumes[0].configMap.items[0].path: Invalid value: "..x": must not start with \'..\''],
  ],
  [
    volume({ secret: { secretName: 's', defaultMode: 512 } }),
    {},
    ['volumes[0].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive'],
  ],
  [
    volume({ emptyDir: {}, secret: { secretName: 's' } }),
    {},
    ['volumes[0].secret: Forbidden: may not specify more than 1 volume type'],
  ],
  [
    volume({ secret: {} }),
    mounting({}),
    ['volumes[0].secret.secretName: Required value', 'containers[0].volumeMounts[0].name: Not found: "v"'],
  ],
  [
    volume({ downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'spec.nodeName' } }] } }),
    {},
    [
      'volumes[0].downwardAPI.fieldRef.fieldPath: Unsupported value: "spec.nodeName": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"',
    ],
  ],
  [
    volume({ downwardAPI: { items: [{ path: 'p', resourceFieldRef: { resource: 'limits.cpu' } }, { path: 'q' }] } }),
    {},
    [
      'volumes[0].downwardAPI.resourceFieldRef.containerName: Required value',
      'volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required',
    ],
  ],
  [
    volume({
      projected: {
        sources: [
          { serviceAccountToken: { path: 't', expirationSeconds: 10 } },
          { secret: { name: 's' }, configMap: { name: 'c' } },
        ],
      },
    }),
    {},
    [
      'volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes',
      'volumes[0].projected.sources[1]: Forbidden: may not specify more than 1 volume type per source',
    ],
  ],
  [
    volume({
      projected: {
        sources: [
          { secret: { name: 's', items: [{ key: 'a', path: 'f' }] } },
          { configMap: { name: 'c', items: [{ key: 'b', path: 'f' }] } },
        ],
      },
    }),
    {},
    ['volumes[0].projected: Invalid value: "c": conflicting duplicate paths'],
  ],
  [
    volume({ csi: { driver: 'Bad_Driver' } }),
    {},
    [
      "volumes[0].csi.driver: Invalid value: \"Bad_Driver\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
  ],
  [
    volume({ ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '0' } } } } } }),
    {},
    [
      'volumes[0].ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required',
      'volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Invalid value: "0": must be greater than zero',
    ],
  ],
  // mounts
  [
    volume({ emptyDir: {} }),
    mounting({ mountPropagation: 'Bidirectional' }),
    [
      'containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers',
    ],
  ],
  [
    volume({ emptyDir: {} }),
    mounting({ recursiveReadOnly: 'Enabled' }),
    ['containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true'],
  ],
  [
    volume({ emptyDir: {} }),
    { volumeDevices: [{ name: 'v', devicePath: '/a/../b' }] },
    [
      'containers[0].volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
      'containers[0].volumeDevices[0].devicePath: Invalid value: "/a/../b": can not contain backsteps (\'..\')',
    ],
  ],
  // variables
  [
    {},
    { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.phase' } } }] },
    [
      'containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
    ],
  ],
  [
    {},
    { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.name['a']" } } }] },
    [
      "containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"metadata.name['a']\": error converting fieldPath: field label does not support subscript: metadata.name['a']",
    ],
  ],
  [
    {},
    { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } }] },
    [
      'containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor\'s values 1m and 1 are supported with the cpu resource',
    ],
  ],
  // containers
  [
    {},
    { restartPolicy: 'Sometimes' },
    ['containers[0].restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"'],
  ],
  [
    {},
    { restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'Equals', values: [3] } }] },
    [
      'containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used',
      'containers[0].restartPolicyRules[0].exitCodes.operator: Unsupported value: "Equals": supported values: "In", "NotIn"',
    ],
  ],
  [
    { restartPolicy: 'Never' },
    { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] },
    [
      "containers[0].resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when `restartPolicy` is 'Never'",
    ],
  ],
  [
    {},
    { lifecycle: { preStop: { sleep: { seconds: 60 } } } },
    [
      'containers[0].lifecycle.preStop.sleep: Invalid value: 60: must be non-negative and less than terminationGracePeriodSeconds (30)',
    ],
  ],
  [{ initContainers: [{ name: 'a', image: 'i' }] }, {}, ['initContainers[0].name: Duplicate value: "a"']],
  // resources
  [
    {},
    { resources: { requests: { foo: '1' } } },
    [
      'containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource for containers',
    ],
  ],
  [
    {},
    { resources: { requests: { 'nvidia.com/gpu': '1' } } },
    ['containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources'],
  ],
  [
    {},
    { resources: { limits: { 'nvidia.com/gpu': '1.5' } } },
    [
      'containers[0].resources.limits[nvidia.com/gpu]: Invalid value: "1500m": must be an integer',
      'containers[0].resources.requests[nvidia.com/gpu]: Invalid value: "1500m": must be an integer',
    ],
  ],
  [
    {},
    { resources: { limits: { 'hugepages-2Mi': '2Mi' } } },
    ['containers[0].resources: Forbidden: HugePages require cpu or memory'],
  ],
  [
    {},
    { resources: { claims: [{ name: 'c' }] } },
    [
      'containers[0].resources.claims[0]: Not found: "c": must be one of the names in pod.spec.resourceClaims which is empty',
    ],
  ],
  [
    { resources: { requests: { cpu: '1' } } },
    { resources: { requests: { cpu: '2' } } },
    ['resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2'],
  ],
  // security
  [
    { securityContext: { fsGroupChangePolicy: 'Never' } },
    {},
    ['securityContext.fsGroupChangePolicy: Unsupported value: "Never": supported values: "Always", "OnRootMismatch"'],
  ],
  [
    { securityContext: { seccompProfile: { type: 'Localhost' } } },
    {},
    ['securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost'],
  ],
  [
    {},
    { securityContext: { seccompProfile: { type: 'Strict' } } },
    [
      'containers[0].securityContext.seccompProfile.type: Unsupported value: "Strict": supported values: "Localhost", "RuntimeDefault", "Unconfined"',
    ],
  ],
  [
    {},
    { securityContext: { appArmorProfile: { type: 'Unconfined', localhostProfile: 'x' } } },
    [
      'containers[0].securityContext.appArmorProfile.localhostProfile: Invalid value: "x": can only be set when AppArmor type is Localhost',
    ],
  ],
  [
    {},
    { securityContext: { procMount: 'Unmasked' } },
    ['containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`'],
  ],
  [
    {},
    { securityContext: { allowPrivilegeEscalation: false, privileged: true } },
    [
      'containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    ],
  ],
  [
    { securityContext: { sysctls: [{ name: 'Bad', value: '1' }] } },
    {},
    [
      'securityContext.sysctls[0].name: Invalid value: "Bad": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
    ],
  ],
  [
    { hostNetwork: true, securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1' }] } },
    {},
    [
      'securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": may not be specified when \'hostNetwork\' is true',
    ],
  ],
  [{ hostUsers: false, hostNetwork: true }, {}, ['hostNetwork: Forbidden: when `pod.Spec.HostUsers` is false']],
  // placement
  [
    required(),
    {},
    [
      'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
    ],
  ],
  [
    required({ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1', '2'] }] }),
    {},
    [
      "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'",
    ],
  ],
  [
    required({ matchFields: [{ key: 'x', operator: 'Exists' }] }),
    {},
    [
      'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].operator: Invalid value: "Exists": not a valid selector operator',
      'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key: Invalid value: "x": not a valid field selector key',
    ],
  ],
  [
    { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: {} }] } } },
    {},
    [
      'affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty',
      'affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty',
      `affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part ${QUALIFIED}`,
    ],
  ],
  [
    spread({ maxSkew: 0, whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2 }),
    {},
    [
      'topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
      'topologySpreadConstraints[0].minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
    ],
  ],
  [
    spread({ nodeTaintsPolicy: 'Maybe', matchLabelKeys: ['app'] }),
    {},
    [
      'topologySpreadConstraints[0].nodeTaintsPolicy: Unsupported value: "Maybe": supported values: "Honor", "Ignore"',
      'topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: "app": exists in both matchLabelKeys and labelSelector',
    ],
  ],
  [{ schedulingGates: [{ name: 'g' }, { name: 'g' }] }, {}, ['schedulingGates[1]: Duplicate value: "g"']],
  // the rest
  [
    { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches: ['a_b', '-'], options: [{ value: '1' }] } },
    {},
    [
      "dnsConfig.searches[1]: Invalid value: \"-\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
      'dnsConfig.options[0]: Required value: must not be empty',
    ],
  ],
  [
    { preemptionPolicy: 'Sometimes' },
    {},
    ['preemptionPolicy: Unsupported value: "Sometimes": supported values: "PreemptLowerPriority", "Never"'],
  ],
  [{ os: { name: 'bsd' } }, {}, ['os: Unsupported value: "bsd": supported values: "linux", "windows"']],
  [
    { os: { name: 'windows' }, securityContext: { fsGroup: 1 } },
    { securityContext: { privileged: true } },
    [
      'securityContext.fsGroup: Forbidden: cannot be set for a windows pod',
      'containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod',
    ],
  ],
  [
    { resourceClaims: [{ name: 'c' }] },
    {},
    [
      'resourceClaims[0]: Invalid value: {"Name":"c","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
    ],
  ],
  [
    { ephemeralContainers: [{ name: 'e', image: 'i', ports: [{ containerPort: 1 }], targetContainerName: 'z' }] },
    {},
    [
      'ephemeralContainers[0].targetContainerName: Not found: "z"',
      'ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
      'ephemeralContainers: Forbidden: cannot be set on create',
    ],
  ],
  [
    { nodeName: 'n', schedulingGates: [{ name: 'g' }] },
    {},
    ['nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
  ],
];

test("a pod that is wrong is told what is wrong, in Kubernetes' words", () => {
  for (const [spec, container, causes] of CASES)
    assert.equal(texts(validateCreate(pod(spec, container))), causes, JSON.stringify([spec, container]));
});

const UPDATES: [before: object, after: object, causes: string[]][] = [
  [{}, { activeDeadlineSeconds: 10 }, []],
  [
    { activeDeadlineSeconds: 10 },
    { activeDeadlineSeconds: 20 },
    ['activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value'],
  ],
  [
    { activeDeadlineSeconds: 10 },
    {},
    ['activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value'],
  ],
  [
    { tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 }] },
    { tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 9 }] },
    [],
  ],
  [
    { tolerations: [{ key: 'a', operator: 'Exists' }] },
    {},
    ['tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
  ],
  [{ schedulingGates: [{ name: 'g' }] }, { nodeSelector: { a: 'b' } }, []],
  [
    { schedulingGates: [{ name: 'g' }], nodeSelector: { a: 'b' } },
    { nodeSelector: { a: 'c' } },
    [
      'nodeSelector: Invalid value: {"a":"c"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ],
  ],
  [
    {},
    { schedulingGates: [{ name: 'g' }] },
    ["schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'"],
  ],
];

test('of a pod little changes', () => {
  for (const [before, after, causes] of UPDATES)
    assert.equal(texts(validateUpdate(pod(after), pod(before))), causes, JSON.stringify([before, after]));
});

const RESIZES: [before: object, after: object, causes: string[]][] = [
  [{ requests: { cpu: '1' } }, { requests: { cpu: '2' } }, []],
  [
    { requests: { cpu: '1', memory: '1Gi' } },
    { requests: { cpu: '1' } },
    ['containers[0].resources.requests: Forbidden: resource requests cannot be removed'],
  ],
  [
    { requests: { cpu: '1' } },
    { requests: { cpu: '1', 'ephemeral-storage': '1Gi' } },
    ['Forbidden: only cpu and memory resources are mutable'],
  ],
  [
    { requests: { memory: '1Gi' } },
    { requests: { memory: '1Gi' }, limits: { memory: '2Gi' } },
    [
      'containers[0].resources.limits[memory]: Forbidden: memory limits cannot be added unless resizePolicy is RestartContainer',
    ],
  ],
  [
    { requests: { cpu: '1' } },
    { requests: { cpu: '1', memory: '1' }, limits: { cpu: '1', memory: '1' } },
    ['Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing'],
  ],
];

test('what containers have changes through resize, within bounds', () => {
  for (const [before, after, causes] of RESIZES)
    assert.equal(
      texts(validateUpdate(pod({}, { resources: after }), pod({}, { resources: before }), 'resize'))
        .slice(0, 1)
        .map((text) => text.replace(/^spec: /, '')),
      causes,
      JSON.stringify([before, after]),
    );
});

test.run();
