/** Validation of security contexts: as whom a pod and its containers run, and behind which fences. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isUserId } from './names.ts';
import { validateRelative } from './validate-paths.ts';

export function validatePodSecurity(spec: Loose, at: Findings): void {
  const context = spec['securityContext'];
  if (!context) return;
  validateIds(context, ['fsGroup', 'runAsUser', 'runAsGroup'], at);
  at.at('supplementalGroups').items(context.supplementalGroups as number[], (group, own) =>
    own.each(group, isUserId(group)),
  );
  if (spec['shareProcessNamespace'] && spec['hostPID'])
    at.at('shareProcessNamespace').invalid(true, 'ShareProcessNamespace and HostPID cannot both be enabled');
  validateSysctls(context.sysctls, spec, at.at('sysctls'));
  isOneOf(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], at.at('fsGroupChangePolicy'));
  validateSeccomp(context.seccompProfile, at.at('seccompProfile'));
  validateAppArmor(context.appArmorProfile, at.at('appArmorProfile'));
  isOneOf(context.supplementalGroupsPolicy, ['Merge', 'Strict'], at.at('supplementalGroupsPolicy'));
  isOneOf(context.seLinuxChangePolicy, ['MountOption', 'Recursive'], at.at('seLinuxChangePolicy'));
}

export function validateContainerSecurity(context: Loose | undefined, at: Findings, hostUsers: boolean): void {
  if (!context) return;
  validateIds(context, ['runAsUser', 'runAsGroup'], at);
  const { procMount, privileged, capabilities } = context;
  if (procMount !== undefined && procMount !== 'Default') {
    if (procMount !== 'Unmasked') at.at('procMount').notSupported(procMount, ['Default', 'Unmasked']);
    else if (hostUsers) at.at('procMount').invalid(procMount, '`hostUsers` must be false to use `Unmasked`');
  }
  validateSeccomp(context['seccompProfile'], at.at('seccompProfile'));
  if (context['allowPrivilegeEscalation'] === false) {
    const both = 'cannot set `allowPrivilegeEscalation` to false and';
    if (privileged === true) at.invalid(goContext(context), `${both} \`privileged\` to true`);
    if (capabilities?.add?.includes('CAP_SYS_ADMIN'))
      at.invalid(goContext(context), `${both} \`capabilities.Add\` CAP_SYS_ADMIN`);
  }
  validateAppArmor(context['appArmorProfile'], at.at('appArmorProfile'));
}

/** A container's context as Kubernetes' internal type prints itself. */
const goContext = (context: Loose): Loose => ({
  Capabilities: context['capabilities'] ? goCapabilities(context['capabilities']) : null,
  Privileged: context['privileged'] ?? null,
  SELinuxOptions: context['seLinuxOptions']
    ? goNames(context['seLinuxOptions'], 'user', 'role', 'type', 'level')
    : null,
  WindowsOptions: context['windowsOptions'] ?? null,
  RunAsUser: context['runAsUser'] ?? null,
  RunAsGroup: context['runAsGroup'] ?? null,
  RunAsNonRoot: context['runAsNonRoot'] ?? null,
  ReadOnlyRootFilesystem: context['readOnlyRootFilesystem'] ?? null,
  AllowPrivilegeEscalation: context['allowPrivilegeEscalation'] ?? null,
  ProcMount: context['procMount'] ?? null,
  SeccompProfile: context['seccompProfile'] ? goProfile(context['seccompProfile']) : null,
  AppArmorProfile: context['appArmorProfile'] ? goProfile(context['appArmorProfile']) : null,
});

const goCapabilities = ({ add, drop }: Loose): Loose => ({ Add: add ?? null, Drop: drop ?? null });
const goProfile = ({ type, localhostProfile }: Loose): Loose => ({
  Type: type ?? '',
  LocalhostProfile: localhostProfile ?? null,
});
const goNames = (value: Loose, ...names: string[]): Loose =>
  Object.fromEntries(names.map((name) => [name[0]!.toUpperCase() + name.slice(1), value[name] ?? '']));

function validateIds(context: Loose, fields: string[], at: Findings): void {
  for (const field of fields)
    if (context[field] !== undefined) at.at(field).each(context[field], isUserId(context[field]));
}

function isOneOf(value: string | undefined, supported: string[], at: Findings): void {
  if (value !== undefined && !supported.includes(value)) at.notSupported(value, supported);
}

const SYSCTL = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
const isSysctl = (name: string): boolean =>
  name.length <= 253 && name.split(/[./]/).every((part) => /^[a-z0-9]$|^[a-z0-9][-_a-z0-9]*[a-z0-9]$/.test(part));
/** Those of the network and of interprocess communication end at the namespace. */
const NET = /^net[./]/;
const IPC = /^(kernel[./](shm|msg|sem)|fs[./]mqueue[./])/;

function validateSysctls(sysctls: Loose[] | undefined, { hostNetwork, hostIPC }: Loose, at: Findings): void {
  const seen = new Set<string>();
  at.items(sysctls, ({ name = '' }, own) => {
    const place = own.at('name');
    if (name === '') place.required();
    else if (!isSysctl(name)) place.invalid(name, `must have at most 253 characters and match regex ${SYSCTL}`);
    else if (seen.has(name)) place.duplicate(name);
    if (hostNetwork && NET.test(name)) place.invalid(name, "may not be specified when 'hostNetwork' is true");
    else if (hostIPC && IPC.test(name)) place.invalid(name, "may not be specified when 'hostIPC' is true");
    seen.add(name);
  });
}

const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function validateSeccomp(profile: Loose | undefined, at: Findings): void {
  if (!profile) return;
  const { type, localhostProfile } = profile;
  const own = at.at('localhostProfile');
  if (!type) at.at('type').required('type is required when seccompProfile is set');
  else isOneOf(type, PROFILES, at.at('type'));
  if (type !== 'Localhost') {
    if (localhostProfile !== undefined)
      own.invalid(goProfile(profile), 'can only be set when seccomp type is Localhost');
  } else if (localhostProfile === undefined) own.required('must be set when seccomp type is Localhost');
  else validateRelative(localhostProfile, own);
}

const LONGEST_PATH = 4095;

function validateAppArmor(profile: Loose | undefined, at: Findings): void {
  if (!profile) return;
  const { type, localhostProfile: path } = profile;
  const own = at.at('localhostProfile');
  if (!type) at.at('type').required('type is required when appArmorProfile is set');
  else if (!PROFILES.includes(type)) at.at('type').notSupported(type, PROFILES);
  else if (type !== 'Localhost') {
    if (path !== undefined) own.invalid(path, 'can only be set when AppArmor type is Localhost');
  } else {
    if (path !== undefined && path.trim() !== path) own.invalid(path, 'must not be padded with whitespace');
    else if (!path) own.required('must be set when AppArmor type is Localhost');
    if (path?.length > LONGEST_PATH) own.tooLong(LONGEST_PATH);
  }
}
