/** The checks of the Pod Security Standards, baseline and restricted, with the texts Kubernetes gives them. */
import type { PodTemplate } from './pod-specs.ts';

export type Level = 'baseline' | 'restricted';

interface SecurityContext {
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
  procMount?: string;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seccompProfile?: { type: string };
  appArmorProfile?: { type: string };
  seLinuxOptions?: { type?: string; user?: string; role?: string };
  windowsOptions?: { hostProcess?: boolean };
  sysctls?: { name: string }[];
}

interface Container {
  name: string;
  securityContext?: SecurityContext;
  ports?: { hostPort?: number }[];
}

interface Pod {
  annotations: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: the pod's spec is checked by the scheme.
  spec: any;
  security: SecurityContext;
  containers: Container[];
}

/** What is wrong in a few words, and who does it. */
interface Finding {
  reason: string;
  detail: string;
}

type Check = (pod: Pod) => Finding | undefined;

/** Every violation of the level, in the order of the checks' names. */
export function violations(template: PodTemplate, level: Level): string[] {
  const spec = template.spec ?? {};
  const pod: Pod = {
    annotations: template.metadata?.annotations ?? {},
    spec,
    security: spec.securityContext ?? {},
    containers: [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])],
  };
  return (level === 'baseline' ? BASELINE : RESTRICTED)
    .map((check) => check(pod))
    .filter((finding) => finding !== undefined)
    .map(({ reason, detail }) => `${reason} (${detail})`);
}

const quoted = (names: string[]): string => names.map((name) => JSON.stringify(name)).join(', ');

/** `container "a"` or `containers "a", "b"`. */
const containersText = (names: string[]): string => `container${names.length > 1 ? 's' : ''} ${quoted(names)}`;

const named = ({ containers }: Pod, breaks: (security: SecurityContext, container: Container) => boolean): string[] =>
  containers.filter((container) => breaks(container.securityContext ?? {}, container)).map(({ name }) => name);

/** A finding of the containers that break a rule, if any does. */
const ofContainers =
  (
    reason: string,
    breaks: (security: SecurityContext, container: Container) => boolean,
    detail: (containers: string) => string,
  ): Check =>
  (pod) => {
    const names = named(pod, breaks);
    return names.length === 0 ? undefined : { reason, detail: detail(containersText(names)) };
  };

const NET_BIND = 'NET_BIND_SERVICE';
const BASELINE_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  NET_BIND,
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);
const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]);
const SAFE_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

const set = (values: Iterable<string>): string[] => [...new Set(values)].sort();

const allowPrivilegeEscalation = ofContainers(
  'allowPrivilegeEscalation != false',
  (security) => security.allowPrivilegeEscalation !== false,
  (who) => `${who} must set securityContext.allowPrivilegeEscalation=false`,
);

const baselineCapabilities: Check = (pod) => {
  const forbidden = (security: SecurityContext) =>
    (security.capabilities?.add ?? []).filter((name) => !BASELINE_CAPABILITIES.has(name));
  const names = named(pod, (security) => forbidden(security).length > 0);
  if (names.length === 0) return undefined;
  const added = set(pod.containers.flatMap(({ securityContext = {} }) => forbidden(securityContext)));
  return {
    reason: 'non-default capabilities',
    detail: `${containersText(names)} must not include ${quoted(added)} in securityContext.capabilities.add`,
  };
};

const restrictedCapabilities: Check = (pod) => {
  const undropped = named(pod, ({ capabilities }) => !(capabilities?.drop ?? []).includes('ALL'));
  const forbidden = (security: SecurityContext) =>
    (security.capabilities?.add ?? []).filter((name) => name !== NET_BIND);
  const adding = named(pod, (security) => forbidden(security).length > 0);
  const details: string[] = [];
  if (undropped.length > 0)
    details.push(`${containersText(undropped)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adding.length > 0) {
    const added = set(pod.containers.flatMap(({ securityContext = {} }) => forbidden(securityContext)));
    details.push(`${containersText(adding)} must not include ${quoted(added)} in securityContext.capabilities.add`);
  }
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const hostNamespaces: Check = ({ spec }) => {
  const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field]);
  return used.length === 0
    ? undefined
    : { reason: 'host namespaces', detail: used.map((field) => `${field}=true`).join(', ') };
};

interface Volume {
  name: string;
  [source: string]: unknown;
}

const hostPathVolumes: Check = ({ spec }) => {
  const names = ((spec.volumes ?? []) as Volume[]).filter((volume) => volume['hostPath']).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return { reason: 'hostPath volumes', detail: `volume${names.length > 1 ? 's' : ''} ${quoted(names)}` };
};

const hostPorts: Check = (pod) => {
  const using = named(pod, (_, { ports = [] }) => ports.some(({ hostPort }) => hostPort));
  if (using.length === 0) return undefined;
  const ports = set(
    pod.containers.flatMap(({ ports: all = [] }) => all.map(({ hostPort }) => String(hostPort || ''))),
  ).filter((port) => port !== '');
  const word = ports.length > 1 ? 'hostPorts' : 'hostPort';
  return {
    reason: 'hostPort',
    detail: `${containersText(using)} ${using.length > 1 ? 'use' : 'uses'} ${word} ${ports.join(', ')}`,
  };
};

const privileged = ofContainers(
  'privileged',
  (security) => security.privileged === true,
  (who) => `${who} must not set securityContext.privileged=true`,
);

const procMount = ofContainers(
  'procMount',
  (security) => security.procMount !== undefined && security.procMount !== 'Default',
  (who) => `${who} must not set securityContext.procMount to "Unmasked"`,
);

/** The pod itself and its containers, by one rule on the context of each. */
const anywhere =
  (reason: string, breaks: (security: SecurityContext) => boolean, what: string): Check =>
  (pod) => {
    const names = named(pod, breaks);
    const who = [...(breaks(pod.security) ? ['pod'] : []), ...(names.length > 0 ? [containersText(names)] : [])];
    return who.length === 0 ? undefined : { reason, detail: `${who.join(' and ')} ${what}` };
  };

const hostProcess = anywhere(
  'hostProcess',
  ({ windowsOptions }) => windowsOptions?.hostProcess === true,
  'must not set securityContext.windowsOptions.hostProcess=true',
);

const appArmor = anywhere(
  'forbidden AppArmor profile',
  ({ appArmorProfile }) => appArmorProfile?.type === 'Unconfined',
  'must not set AppArmor profile type to "Unconfined"',
);

const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];

const seLinux = anywhere(
  'seLinuxOptions',
  ({ seLinuxOptions: options }) =>
    options !== undefined && (!SELINUX_TYPES.includes(options.type ?? '') || Boolean(options.user || options.role)),
  'set forbidden securityContext.seLinuxOptions',
);

const seccompBaseline = anywhere(
  'seccompProfile',
  ({ seccompProfile }) => seccompProfile?.type === 'Unconfined',
  'must not set securityContext.seccompProfile.type to "Unconfined"',
);

const sysctls: Check = ({ security }) => {
  const names = (security.sysctls ?? []).map(({ name }) => name).filter((name) => !SAFE_SYSCTLS.has(name));
  return names.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: names.join(', ') };
};

const restrictedVolumes: Check = ({ spec }) => {
  const bad = ((spec.volumes ?? []) as Volume[]).filter((volume) => !SAFE_VOLUMES.some((source) => volume[source]));
  if (bad.length === 0) return undefined;
  const types = set(bad.map((volume) => Object.keys(volume).find((key) => key !== 'name') ?? 'unknown'));
  const [many, kinds] = [bad.length > 1, types.length > 1];
  const names = quoted(bad.map(({ name }) => name));
  return {
    reason: 'restricted volume types',
    detail: `volume${many ? 's' : ''} ${names} ${many ? 'use' : 'uses'} restricted volume type${kinds ? 's' : ''} ${quoted(types)}`,
  };
};

const runAsNonRoot: Check = (pod) => {
  const wrong = named(pod, (security) => security.runAsNonRoot === false);
  const unset = named(pod, (security) => security.runAsNonRoot === undefined);
  const byPod = pod.security.runAsNonRoot;
  const who = [...(byPod === false ? ['pod'] : []), ...(wrong.length > 0 ? [containersText(wrong)] : [])];
  const reason = 'runAsNonRoot != true';
  if (who.length > 0) return { reason, detail: `${who.join(' and ')} must not set securityContext.runAsNonRoot=false` };
  if (byPod === true || unset.length === 0) return undefined;
  return { reason, detail: `pod or ${containersText(unset)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: Check = (pod) => {
  const names = named(pod, (security) => security.runAsUser === 0);
  const who = [...(pod.security.runAsUser === 0 ? ['pod'] : []), ...(names.length > 0 ? [containersText(names)] : [])];
  return who.length === 0
    ? undefined
    : { reason: 'runAsUser=0', detail: `${who.join(' and ')} must not set runAsUser=0` };
};

const SECCOMP = ['RuntimeDefault', 'Localhost'];

const seccompRestricted: Check = (pod) => {
  const isBad = ({ seccompProfile }: SecurityContext) =>
    seccompProfile !== undefined && !SECCOMP.includes(seccompProfile.type);
  const bad = named(pod, isBad);
  const unset = named(pod, ({ seccompProfile }) => seccompProfile === undefined);
  const reason = 'seccompProfile';
  const who = [...(isBad(pod.security) ? ['pod'] : []), ...(bad.length > 0 ? [containersText(bad)] : [])];
  if (who.length > 0)
    return { reason, detail: `${who.join(' and ')} must not set securityContext.seccompProfile.type to "Unconfined"` };
  if (pod.security.seccompProfile !== undefined || unset.length === 0) return undefined;
  return {
    reason,
    detail: `pod or ${containersText(unset)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};

const BASELINE: Check[] = [
  appArmor,
  baselineCapabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  privileged,
  procMount,
  seLinux,
  seccompBaseline,
  sysctls,
  hostProcess,
];

/** A restricted check stands in for the baseline one of its subject. */
const RESTRICTED: Check[] = [
  ...BASELINE.filter((check) => check !== baselineCapabilities && check !== seccompBaseline),
  allowPrivilegeEscalation,
  restrictedCapabilities,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompRestricted,
];
