/** Validation of the operating system that a pod is made for: what it says must mean something there. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';

/** What means nothing on the other system, of the pod, of its security context and of those of its containers. */
const LINUX_ONLY: [of: 'context' | 'pod', field: string][] = [
  ['context', 'appArmorProfile'],
  ['context', 'seLinuxOptions'],
  ['pod', 'hostUsers'],
  ['pod', 'hostPID'],
  ['pod', 'hostIPC'],
  ['context', 'seccompProfile'],
  ['context', 'fsGroup'],
  ['context', 'fsGroupChangePolicy'],
  ['context', 'sysctls'],
  ['pod', 'shareProcessNamespace'],
  ['context', 'runAsUser'],
  ['context', 'runAsGroup'],
  ['context', 'supplementalGroups'],
  ['context', 'supplementalGroupsPolicy'],
  ['context', 'seLinuxChangePolicy'],
];
const LINUX_ONLY_OF_CONTAINERS = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
];

export function validateOs(spec: Loose, at: Findings): void {
  const { name } = spec['os'];
  if (!name) at.at('os', 'name').required('cannot be empty');
  else if (!['linux', 'windows'].includes(name)) at.at('os').notSupported(name, ['linux', 'windows']);
  else if (name === 'linux') {
    const why = 'windows options cannot be set for a linux pod';
    if (spec['securityContext']?.windowsOptions) at.at('securityContext', 'windowsOptions').forbidden(why);
    forbidSecurity(spec, ['windowsOptions'], why, at);
  } else {
    for (const [of, field] of LINUX_ONLY) {
      const [owner, place] = of === 'pod' ? [spec, at] : [spec['securityContext'], at.at('securityContext')];
      if (owner?.[field]) place.at(field).forbidden('cannot be set for a windows pod');
    }
    forbidSecurity(spec, LINUX_ONLY_OF_CONTAINERS, 'cannot be set for a windows pod', at);
  }
}

function forbidSecurity(spec: Loose, fields: string[], why: string, at: Findings): void {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'])
    at.at(list).items(spec[list] as Loose[], ({ securityContext }, own) => {
      for (const field of fields)
        if (securityContext?.[field] !== undefined) own.at('securityContext', field).forbidden(why);
    });
}
