/** Validation of the volumes of a pod. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isDns1123Label } from './names.ts';
import { parseQuantity } from './quantity.ts';

/** What a volume source must have, by kind. */
const VOLUME_FIELDS: Record<string, string[]> = {
  hostPath: ['path'],
  secret: ['secretName'],
  configMap: ['name'],
  persistentVolumeClaim: ['claimName'],
  nfs: ['server', 'path'],
  csi: ['driver'],
  iscsi: ['targetPortal', 'iqn'],
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  azureFile: ['secretName', 'shareName'],
  azureDisk: ['diskName', 'diskURI'],
  flexVolume: ['driver'],
  cephfs: ['monitors'],
};

/** Answers the names, which mounts refer to. */
export function validateVolumes(volumes: Loose[] | undefined, at: Findings): Set<string> {
  const seen = new Set<string>();
  at.items(volumes, (volume, own) => {
    const { name } = volume;
    const wrong = name ? isDns1123Label(name) : [];
    if (!name) own.at('name').required();
    else own.at('name').each(name, wrong);
    if (name && seen.has(name)) own.at('name').duplicate(name);
    else if (name && wrong.length === 0) seen.add(name);
    validateVolumeSource(volume, own);
  });
  return seen;
}

function validateVolumeSource(volume: Loose, at: Findings): void {
  const kinds = Object.keys(volume).filter((key) => key !== 'name' && volume[key]);
  if (kinds.length === 0) at.required('must specify a volume type');
  for (const kind of kinds.slice(1)) at.at(kind).forbidden('may not specify more than 1 volume type');
  const kind = kinds[0];
  if (kind === undefined) return;
  const [source, own] = [volume[kind], at.at(kind)];
  for (const field of VOLUME_FIELDS[kind] ?? []) if (!source[field]) own.at(field).required();
  if (kind === 'hostPath' && source.path) noBacksteps(source.path, own.at('path'));
  if (source.defaultMode !== undefined) validateMode(source.defaultMode, own.at('defaultMode'));
  validateItems(source.items, own.at('items'));
  (source.sources ?? []).forEach((each: Loose, i: number) => {
    for (const name of ['secret', 'configMap'])
      if (each[name]) {
        if (!each[name].name) own.at('sources', i, name, 'name').required();
        validateItems(each[name].items, own.at('sources', i, name, 'items'));
      }
  });
  if (kind === 'emptyDir' && source.sizeLimit && parseQuantity(source.sizeLimit).unscaled < 0n)
    own.at('sizeLimit').forbidden('SizeLimit field must be a valid resource quantity');
}

const MODE_TEXT = 'must be a number between 0 and 0777 (octal), both inclusive';

function validateMode(mode: number, at: Findings): void {
  if (mode < 0 || mode > 0o777) at.invalid(mode, MODE_TEXT);
}

function validateItems(items: Loose[] | undefined, at: Findings): void {
  at.items(items, (item, own) => {
    if ('key' in item && !item['key']) own.at('key').required();
    if (!item['path']) own.at('path').required();
    else validateRelative(item['path'], own.at('path'));
    if (item['mode'] !== undefined) validateMode(item['mode'], own.at('mode'));
  });
}

export function validateRelative(path: string, at: Findings): void {
  if (path.startsWith('/')) at.invalid(path, 'must be a relative path');
  noBacksteps(path, at);
}

function noBacksteps(path: string, at: Findings): void {
  if (path.split('/').includes('..')) at.invalid(path, "must not contain '..'");
}
