/** Validation of where a container sees its volumes. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { hasBacksteps, validateRelative } from './validate-paths.ts';
import type { Volumes } from './validate-volumes.ts';

export function validateMounts(container: Loose, volumes: Volumes, at: Findings): void {
  const { volumeMounts: mounts = [], volumeDevices: devices = [] } = container;
  validateVolumeMounts(container, volumes, at.at('volumeMounts'));
  validateDevices(devices, mounts, volumes, at.at('volumeDevices'));
}

function validateVolumeMounts(container: Loose, volumes: Volumes, at: Findings): void {
  const paths = new Set<string>();
  const devices: Loose[] = container['volumeDevices'] ?? [];
  at.items(container['volumeMounts'] as Loose[], (mount, own) => {
    const { name = '', mountPath = '', subPath, subPathExpr } = mount;
    if (name === '') own.at('name').required();
    if (!volumes.has(name)) own.at('name').notFound(name);
    if (mountPath === '') own.at('mountPath').required();
    if (paths.has(mountPath)) own.at('mountPath').invalid(mountPath, 'must be unique');
    paths.add(mountPath);
    if (devices.some((device) => device['name'] === name))
      own.at('name').invalid(name, 'must not already exist in volumeDevices');
    if (devices.some(({ devicePath }) => devicePath === mountPath))
      own.at('mountPath').invalid(mountPath, 'must not already exist as a path in volumeDevices');
    // The paths of what follows have no index, as in Kubernetes.
    if (subPath) validateRelative(subPath, at.at('subPath'));
    if (subPathExpr) {
      if (subPath) own.at('subPathExpr').invalid(subPathExpr, 'subPathExpr and subPath are mutually exclusive');
      validateRelative(subPathExpr, at.at('subPathExpr'));
    }
    validatePropagation(mount, container, at.at('mountPropagation'));
    validateRecursive(mount, at.at('recursiveReadOnly'));
  });
}

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];

function validatePropagation({ mountPropagation: way }: Loose, { securityContext }: Loose, at: Findings): void {
  if (way === undefined) return;
  if (!PROPAGATIONS.includes(way)) at.notSupported(way, PROPAGATIONS);
  if (way === 'Bidirectional' && securityContext?.privileged !== true)
    at.forbidden('Bidirectional mount propagation is available only to privileged containers');
}

const RECURSIVE = ['Disabled', 'Enabled', 'IfPossible'];

function validateRecursive({ recursiveReadOnly: mode, readOnly, mountPropagation }: Loose, at: Findings): void {
  if (mode === undefined || mode === 'Disabled') return;
  if (!RECURSIVE.includes(mode)) {
    at.notSupported(mode, RECURSIVE);
    return;
  }
  if (!readOnly) at.forbidden('may only be specified when readOnly is true');
  if (mountPropagation !== undefined && mountPropagation !== 'None')
    at.forbidden('may only be specified when mountPropagation is None or not specified');
}

function validateDevices(devices: Loose[], mounts: Loose[], volumes: Volumes, at: Findings): void {
  const [names, paths] = [new Set<string>(), new Set<string>()];
  at.items(devices, ({ name = '', devicePath = '' }, own) => {
    const volume = volumes.get(name);
    if (name === '') own.at('name').required();
    if (names.has(name)) own.at('name').invalid(name, 'must be unique');
    if (volume && !volume['persistentVolumeClaim'] && !volume['ephemeral'])
      own
        .at('name')
        .invalid(name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode');
    if (!volume) own.at('name').notFound(name);
    if (devicePath === '') own.at('devicePath').required();
    if (paths.has(devicePath)) own.at('devicePath').invalid(devicePath, 'must be unique');
    if (hasBacksteps(devicePath)) own.at('devicePath').invalid(devicePath, "can not contain backsteps ('..')");
    else paths.add(devicePath);
    if (mounts.some((mount) => mount['name'] === name))
      own.at('name').invalid(name, 'must not already exist in volumeMounts');
    if (mounts.some(({ mountPath }) => mountPath === devicePath))
      own.at('devicePath').invalid(devicePath, 'must not already exist as a path in volumeMounts');
    if (name !== '') names.add(name);
  });
}
