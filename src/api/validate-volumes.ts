/** Validation of the volumes of a pod. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isDns1123Label, isDns1123Subdomain } from './names.ts';
import { parseQuantity } from './quantity.ts';
import { validateClaim } from './validate-claim.ts';
import { VOLUME_FIELD_PATHS, validateFieldRef, validateResourceFieldRef } from './validate-env.ts';
import { oneOf, validateAnnotations, validateLabels } from './validate-meta.ts';
import { noBacksteps, validateNonReserved, validateRelative } from './validate-paths.ts';

/** The volumes that are good, by name, which mounts refer to. */
export type Volumes = Map<string, Loose>;

export function validateVolumes(volumes: Loose[] | undefined, at: Findings): Volumes {
  const good: Volumes = new Map();
  at.items(volumes, (volume, own) => {
    const { name = '' } = volume;
    const before = own.list.length;
    validateVolumeSource(volume, own);
    if (name === '') own.at('name').required();
    else own.at('name').each(name, isDns1123Label(name));
    if (good.has(name)) own.at('name').duplicate(name);
    if (own.list.length === before) good.set(name, volume);
  });
  return good;
}

/** What a source of one kind must be, in a pod as in a persistent volume. */
export type SourceCheck = (source: Loose, at: Findings) => void;

export const has =
  (...fields: string[]): SourceCheck =>
  (source, at) => {
    for (const field of fields) if (!source[field]) at.at(field).required();
  };

/** By kind, in the order in which Kubernetes looks at them. */
const SOURCES: Record<string, SourceCheck> = {
  emptyDir({ sizeLimit }, at) {
    if (sizeLimit && parseQuantity(sizeLimit).unscaled < 0n)
      at.at('sizeLimit').forbidden('SizeLimit field must be a valid resource quantity');
  },
  hostPath: validateHostPath,
  gitRepo(source, at) {
    has('repository')(source, at);
    validateRelative(source['directory'] ?? '', at.at('directory'));
  },
  gcePersistentDisk: has('pdName'),
  awsElasticBlockStore: has('volumeID'),
  secret(source, at) {
    has('secretName')(source, at);
    validateFiles(source, at);
  },
  nfs(source, at) {
    has('server', 'path')(source, at);
    if (!source['path']?.startsWith('/')) at.at('path').invalid(source['path'] ?? '', 'must be an absolute path');
  },
  iscsi: validateIscsi,
  glusterfs: has('endpoints', 'path'),
  flocker({ datasetName, datasetUUID }, at) {
    if (!datasetName && !datasetUUID) at.required('one of datasetName and datasetUUID is required');
  },
  persistentVolumeClaim: has('claimName'),
  rbd: has('monitors', 'image'),
  cinder: has('volumeID'),
  cephfs: has('monitors'),
  quobyte: has('registry', 'volume'),
  downwardAPI(source, at) {
    validateMode(source['defaultMode'], at.at('defaultMode'));
    // The path has no index, as in Kubernetes.
    for (const file of source['items'] ?? []) validateDownwardFile(file, at);
  },
  fc: validateFibre,
  flexVolume: has('driver'),
  configMap(source, at) {
    has('name')(source, at);
    validateFiles(source, at);
  },
  azureFile: has('secretName', 'shareName'),
  vsphereVolume: has('volumePath'),
  photonPersistentDisk: has('pdID'),
  portworxVolume: has('volumeID'),
  azureDisk: has('diskName', 'diskURI'),
  storageos: has('volumeName'),
  projected: validateProjected,
  scaleIO: has('gateway', 'system', 'volumeName'),
  csi({ driver = '' }, at) {
    validateDriver(driver, at.at('driver'));
  },
  ephemeral({ volumeClaimTemplate: template }, at) {
    const own = at.at('volumeClaimTemplate');
    if (!template) {
      own.required();
      return;
    }
    validateAnnotations(template.metadata?.annotations, own.at('metadata', 'annotations'));
    validateLabels(template.metadata?.labels, own.at('metadata', 'labels'));
    validateClaim(template, own.at('spec'));
  },
  image: ({ pullPolicy }, at) => oneOf(pullPolicy, ['Always', 'IfNotPresent', 'Never'], at.at('pullPolicy')),
};

/** Where Kubernetes tells of a source by another name than its field has: of its faults, and where it is one too many. */
const FAULTS_AT: Record<string, string> = { gcePersistentDisk: 'persistentDisk' };
const SURPLUS_AT: Record<string, string> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };

function validateVolumeSource(volume: Loose, at: Findings): void {
  const [first, ...others] = Object.keys(SOURCES).filter((kind) => volume[kind]);
  if (first === undefined) {
    at.required('must specify a volume type');
    return;
  }
  SOURCES[first]!(volume[first], at.at(FAULTS_AT[first] ?? first));
  for (const kind of others) at.at(SURPLUS_AT[kind] ?? kind).forbidden('may not specify more than 1 volume type');
}

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

export function validateHostPath({ path, type = '' }: Loose, at: Findings): void {
  if (!path) {
    at.at('path').required();
    return;
  }
  noBacksteps(path, at.at('path'));
  if (!HOST_PATH_TYPES.includes(type)) at.at('type').notSupported(type, HOST_PATH_TYPES);
}

function validateIscsi({ targetPortal, iqn, lun = 0 }: Loose, at: Findings): void {
  if (!targetPortal) at.at('targetPortal').required();
  if (!iqn) at.at('iqn').required();
  else if (!/^(iqn|eui|naa)/.test(iqn))
    at.at('iqn').invalid(iqn, 'must be valid format starting with iqn, eui, or naa');
  if (lun < 0 || lun > 255) at.at('lun').invalid(lun, 'must be between 0 and 255, inclusive');
}

function validateFibre({ targetWWNs = [], wwids = [], lun }: Loose, at: Findings): void {
  const own = at.at('targetWWNs');
  if (targetWWNs.length === 0 && wwids.length === 0)
    own.required('must specify either targetWWNs or wwids, but not both');
  if (targetWWNs.length > 0 && wwids.length > 0)
    own.invalid(targetWWNs, 'targetWWNs and wwids can not be specified simultaneously');
  if (targetWWNs.length > 0 && lun === undefined) at.at('lun').required('lun is required if targetWWNs is specified');
}

export function validateDriver(driver: string, at: Findings): void {
  if (driver === '') at.required();
  if (driver.length > 63) at.tooLong(63);
  at.each(driver, isDns1123Subdomain(driver.toLowerCase()));
}

const MODE_TEXT = 'must be a number between 0 and 0777 (octal), both inclusive';

function validateMode(mode: number | undefined, at: Findings): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) at.invalid(mode, MODE_TEXT);
}

function validateFiles(source: Loose, at: Findings): void {
  validateMode(source['defaultMode'], at.at('defaultMode'));
  at.at('items').items(source['items'] as Loose[], validateKeyToPath);
}

function validateKeyToPath({ key, path, mode }: Loose, at: Findings): void {
  if (!key) at.at('key').required();
  if (!path) at.at('path').required();
  validateNonReserved(path ?? '', at.at('path'));
  validateMode(mode, at.at('mode'));
}

function validateDownwardFile({ path, fieldRef, resourceFieldRef, mode }: Loose, at: Findings): void {
  if (!path) at.at('path').required();
  validateNonReserved(path ?? '', at.at('path'));
  if (fieldRef) {
    validateFieldRef(fieldRef, VOLUME_FIELD_PATHS, at.at('fieldRef'));
    if (resourceFieldRef) at.invalid('resource', 'fieldRef and resourceFieldRef can not be specified simultaneously');
  } else if (resourceFieldRef) validateResourceFieldRef(resourceFieldRef, at.at('resourceFieldRef'), true);
  else at.required('one of fieldRef and resourceFieldRef is required');
  validateMode(mode, at.at('mode'));
}

/** Each answers the files it makes. */
const PROJECTIONS: Record<string, (source: Loose, at: Findings, whole: Findings) => string[]> = {
  secret: validateNamedFiles,
  configMap: validateNamedFiles,
  downwardAPI(source, at) {
    for (const file of source['items'] ?? []) validateDownwardFile(file, at);
    return (source['items'] ?? []).map(({ path }: Loose) => path);
  },
  serviceAccountToken({ expirationSeconds: seconds, path }, at, whole) {
    const own = at.at('expirationSeconds');
    if (seconds < 600) own.invalid(seconds, 'may not specify a duration less than 10 minutes');
    if (seconds > 2 ** 32) own.invalid(seconds, 'may not specify a duration larger than 2^32 seconds');
    if (!path) whole.at('path').required();
    else validateNonReserved(path, whole.at('path'));
    return [];
  },
  clusterTrustBundle({ path, name, signerName }, at) {
    if (name !== undefined && signerName !== undefined)
      at.invalid({ name, signerName }, 'only one of name and signerName may be used');
    if (name === undefined && signerName === undefined) at.required('either name or signerName must be specified');
    if (!path) at.at('path').required();
    validateNonReserved(path ?? '', at.at('path'));
    return [path];
  },
  podCertificate: () => [],
};

function validateNamedFiles(source: Loose, at: Findings): string[] {
  if (!source['name']) at.at('name').required();
  at.at('items').items(source['items'] as Loose[], validateKeyToPath);
  return (source['items'] ?? []).map(({ path }: Loose) => path);
}

function validateProjected({ defaultMode, sources }: Loose, at: Findings): void {
  validateMode(defaultMode, at.at('defaultMode'));
  const paths = new Set<string>();
  at.at('sources').items(sources as Loose[], (source, own) => {
    const kinds = Object.keys(PROJECTIONS).filter((kind) => source[kind]);
    for (const kind of kinds)
      for (const path of PROJECTIONS[kind]!(source[kind], own.at(kind), at)) {
        if (path && paths.has(path)) at.invalid(source[kind].name ?? path, 'conflicting duplicate paths');
        paths.add(path);
      }
    if (kinds.length > 1) own.forbidden('may not specify more than 1 volume type per source');
  });
}
