/** Validation of persistent volumes and of the classes they come from. */
import { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { equalJson } from './json.ts';
import { isDns1123Subdomain, isQualifiedName } from './names.ts';
import { parseQuantity, quantityValue } from './quantity.ts';
import { VOLUME_MODES, validateAccessModes } from './validate-claim.ts';
import { immutable } from './validate-meta.ts';
import { noBacksteps } from './validate-paths.ts';
import { validateNodeSelector } from './validate-placement.ts';
import { has, type SourceCheck, validateDriver, validateHostPath } from './validate-volumes.ts';

const RECLAIMING = ['Delete', 'Recycle', 'Retain'];

export function validateVolume({ spec = {} }: Loose, at: Findings): void {
  if (!(spec.accessModes?.length > 0)) at.at('accessModes').required();
  validateAccessModes(spec.accessModes, at.at('accessModes'));
  validateCapacity(spec.capacity ?? {}, at.at('capacity'));
  const { persistentVolumeReclaimPolicy: policy, storageClassName: storageClass, volumeMode } = spec;
  if (policy && !RECLAIMING.includes(policy)) at.at('persistentVolumeReclaimPolicy').notSupported(policy, RECLAIMING);
  if (spec.nodeAffinity) {
    const own = at.at('nodeAffinity', 'required');
    if (spec.nodeAffinity.required) validateNodeSelector(spec.nodeAffinity.required, own);
    else own.required('must specify required node constraints');
  }
  validateSource(spec, at);
  if (policy === 'Recycle' && /^\/+$/.test(spec.hostPath?.path ?? ''))
    at.at('persistentVolumeReclaimPolicy').forbidden("may not be 'recycle' for a hostPath mount of '/'");
  if (storageClass) at.at('storageClassName').each(storageClass, isDns1123Subdomain(storageClass));
  if (volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode))
    at.at('volumeMode').notSupported(volumeMode, VOLUME_MODES);
}

function validateCapacity(capacity: Record<string, string>, at: Findings): void {
  const names = Object.keys(capacity);
  if (names.length === 0) at.required();
  if (capacity['storage'] === undefined || names.length > 1) at.notSupported(capacity, ['storage']);
  for (const [name, amount] of Object.entries(capacity)) {
    const quantity = parseQuantity(amount);
    if (quantity.unscaled < 0n)
      at.key(name).invalid(Number(quantityValue(quantity)), 'must be a valid resource quantity');
    if (quantity.unscaled <= 0n) at.key(name).invalid(amount, 'must be greater than zero');
  }
}

const SOURCES: Record<string, SourceCheck> = {
  hostPath: validateHostPath,
  gcePersistentDisk: has('pdName'),
  awsElasticBlockStore: has('volumeID'),
  glusterfs: has('endpoints', 'path'),
  flocker: () => {},
  nfs(source, at) {
    has('server', 'path')(source, at);
    if (!source['path']?.startsWith('/')) at.at('path').invalid(source['path'] ?? '', 'must be an absolute path');
  },
  rbd: has('monitors', 'image'),
  quobyte: has('registry', 'volume'),
  cephfs: has('monitors'),
  iscsi: has('targetPortal', 'iqn'),
  cinder: has('volumeID'),
  fc: () => {},
  flexVolume: has('driver'),
  azureFile: has('secretName', 'shareName'),
  vsphereVolume: has('volumePath'),
  photonPersistentDisk: has('pdID'),
  portworxVolume: has('volumeID'),
  azureDisk: has('diskName', 'diskURI'),
  scaleIO: has('gateway', 'system', 'volumeName'),
  local({ path }, at) {
    if (!path) at.at('path').required();
    else noBacksteps(path, at.at('path'));
  },
  storageos: has('volumeName'),
  csi({ driver = '', volumeHandle }, at) {
    validateDriver(driver, at.at('driver'));
    if (!volumeHandle) at.at('volumeHandle').required();
  },
};

function validateSource(spec: Loose, at: Findings): void {
  const [first, ...others] = Object.keys(SOURCES).filter((kind) => spec[kind]);
  if (first === undefined) {
    at.required('must specify a volume type');
    return;
  }
  SOURCES[first]!(spec[first], at.at(first));
  if (first === 'local' && !spec['nodeAffinity']) at.at('nodeAffinity').required('Local volume requires node affinity');
  for (const kind of others) at.at(kind).forbidden('may not specify more than 1 volume type');
}

export function validateVolumeUpdate(object: Loose, old: Loose, at: Findings): void {
  const [spec, before] = [object['spec'], old['spec']];
  if (Object.keys(SOURCES).some((kind) => !equalJson(spec[kind], before[kind])))
    at.at('persistentvolumesource').forbidden('spec.persistentvolumesource is immutable after creation');
  // As Kubernetes names the fields.
  immutable(spec.volumeMode, before.volumeMode, new Findings('volumeMode', at.list));
  if (before.nodeAffinity) immutable(spec.nodeAffinity, before.nodeAffinity, new Findings('nodeAffinity', at.list));
}

export function validateStorageClass(object: Loose, at: Findings): void {
  const { provisioner, reclaimPolicy, volumeBindingMode } = object;
  if (!provisioner) at.at('provisioner').required();
  else at.at('provisioner').each(provisioner, isQualifiedName(provisioner.toLowerCase()));
  if (reclaimPolicy && !['Delete', 'Retain'].includes(reclaimPolicy))
    at.at('reclaimPolicy').notSupported(reclaimPolicy, ['Delete', 'Retain']);
  if (!['Immediate', 'WaitForFirstConsumer'].includes(volumeBindingMode))
    at.at('volumeBindingMode').notSupported(volumeBindingMode ?? '', ['Immediate', 'WaitForFirstConsumer']);
}

export function validateStorageClassUpdate(object: Loose, old: Loose, at: Findings): void {
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy'])
    if (!equalJson(object[field], old[field])) at.at(field).forbidden(`updates to ${field} are forbidden.`);
  immutable(object['volumeBindingMode'], old['volumeBindingMode'], at.at('volumeBindingMode'));
}
