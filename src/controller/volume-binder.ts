/**
 * Persistent volumes: binds claims to volumes that fit, makes volumes for storage classes as a provisioner would, and
 * gives them up when their claims go. A simulated volume holds nothing.
 */
import type { KubeObject } from '../api/object.ts';
import { parseQuantity, quantityNumber } from '../api/quantity.ts';
import { fromLabelSelector, matchesLabels } from '../api/selectors.ts';
import { ignoreNotFound, isAlreadyExists } from '../api/status.ts';
import { keyOf, toKey } from '../client/informer.ts';
import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  STORAGE_CLASSES,
  VOLUME_DRIVER,
} from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition, Reconcile } from './controller.ts';

const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
/** Who is to make the volume: by its present name and by the one it had. */
const PROVISIONER = ['volume.beta.kubernetes.io/storage-provisioner', 'volume.kubernetes.io/storage-provisioner'];
const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';
const VOLUME_PROTECTION = 'kubernetes.io/pv-protection';

export const volumeBinderController: ControllerDefinition = {
  name: 'persistentvolume-binder-controller',
  component: 'persistentvolume-controller',
  setUp,
};

function setUp(context: ControllerContext): Reconcile {
  const claims = context.informer(PERSISTENT_VOLUME_CLAIMS);
  const volumes = context.informer(PERSISTENT_VOLUMES);
  const classes = context.informer(STORAGE_CLASSES);
  const pods = context.informer(PODS);
  pods.addIndex('claim', (pod) => claimsUsedBy(pod).map((name) => toKey(name, pod.metadata.namespace)));
  claims.onChange(({ type, object }) => {
    context.enqueue(keyOf(object));
    if (type === 'deleted' && object.spec.volumeName) context.enqueue(object.spec.volumeName);
  });
  volumes.onChange(({ object }) => {
    context.enqueue(object.metadata.name);
    const { claimRef } = object.spec;
    if (claimRef) context.enqueue(toKey(claimRef.name, claimRef.namespace));
    else if (object.status?.phase === 'Available') enqueueUnbound();
  });
  classes.onChange(() => enqueueUnbound());
  pods.onChange(({ type, object }) => {
    // A claim that is being deleted goes when no pod needs it any more; ephemeral volumes begin with their pods.
    for (const name of claimsUsedBy(object)) {
      const claim = claims.get(name, object.metadata.namespace);
      if (claim?.metadata.deletionTimestamp) context.enqueue(keyOf(claim));
    }
    if (type === 'added' && object.spec.volumes?.some((volume: KubeObject) => volume.ephemeral))
      context.enqueue(`pod:${keyOf(object)}`);
  });

  function enqueueUnbound(): void {
    for (const claim of claims.list()) if (claim.status?.phase !== 'Bound') context.enqueue(keyOf(claim));
  }

  return async (key) => {
    if (key.startsWith('pod:')) return makeEphemeralClaims(context, key.slice(4));
    if (key.includes('/')) {
      const claim = claims.byKey(key);
      if (claim) await syncClaim(context, claim);
    } else {
      const volume = volumes.byKey(key);
      if (volume) await syncVolume(context, volume);
    }
    return undefined;
  };
}

async function syncClaim(context: ControllerContext, claim: KubeObject): Promise<void> {
  if (claim.metadata.deletionTimestamp) return releaseClaim(context, claim);
  if (!claim.metadata.finalizers?.includes(CLAIM_PROTECTION))
    return addFinalizer(context, PERSISTENT_VOLUME_CLAIMS, claim, CLAIM_PROTECTION);
  const volumes = context.informer(PERSISTENT_VOLUMES);
  if (claim.metadata.annotations?.[BIND_COMPLETED]) {
    const volume = volumes.get(claim.spec.volumeName);
    if (!volume) return setPhase(context, claim, 'Lost');
    if (claim.status?.phase !== 'Bound') await markClaimBound(context, claim, volume);
    else await expand(context, claim, volume);
    return;
  }
  const volume = findVolume(claim, volumes.list());
  if (volume) return bind(context, claim, volume);
  if (claim.spec.volumeName) return; // it asks for one that does not exist yet
  await provision(context, claim);
}

/** The smallest volume that is free, large enough, of the class and modes asked for, and of the labels selected. */
function findVolume(claim: KubeObject, volumes: KubeObject[]): KubeObject | undefined {
  const {
    volumeName,
    selector,
    resources,
    accessModes = [],
    storageClassName = '',
    volumeMode = 'Filesystem',
  } = claim.spec;
  const wanted = bytes(resources?.requests?.storage);
  const fitting = volumes.filter(({ metadata, spec, status }) => {
    const mine = spec.claimRef?.name === claim.metadata.name && spec.claimRef?.namespace === claim.metadata.namespace;
    if (mine) return !spec.claimRef.uid || spec.claimRef.uid === claim.metadata.uid;
    if (volumeName) return metadata.name === volumeName && !spec.claimRef;
    return (
      !spec.claimRef &&
      !metadata.deletionTimestamp &&
      status?.phase === 'Available' &&
      (spec.storageClassName ?? '') === storageClassName &&
      (spec.volumeMode ?? 'Filesystem') === volumeMode &&
      bytes(spec.capacity?.storage) >= wanted &&
      accessModes.every((mode: string) => spec.accessModes?.includes(mode)) &&
      (!selector || matchesLabels(fromLabelSelector(selector), metadata.labels))
    );
  });
  const isMine = ({ spec }: KubeObject) => (spec.claimRef ? 0 : 1);
  return fitting.sort(
    (a, b) => isMine(a) - isMine(b) || bytes(a.spec.capacity?.storage) - bytes(b.spec.capacity?.storage),
  )[0];
}

async function bind(context: ControllerContext, claim: KubeObject, volume: KubeObject): Promise<void> {
  const { client } = context;
  let bound = volume;
  if (volume.spec.claimRef?.uid !== claim.metadata.uid)
    bound = await client.update<KubeObject>(PERSISTENT_VOLUMES, {
      ...volume,
      metadata: {
        ...volume.metadata,
        annotations: { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' },
      },
      spec: { ...volume.spec, claimRef: referenceTo(claim) },
    });
  if (bound.status?.phase !== 'Bound')
    await client.update(
      PERSISTENT_VOLUMES,
      { ...bound, status: { ...bound.status, phase: 'Bound' } },
      { subresource: 'status' },
    );
  const updated = await client.update<KubeObject>(PERSISTENT_VOLUME_CLAIMS, {
    ...claim,
    metadata: {
      ...claim.metadata,
      annotations: {
        ...claim.metadata.annotations,
        [BIND_COMPLETED]: 'yes',
        ...(!claim.spec.volumeName && { [BOUND_BY_CONTROLLER]: 'yes' }),
      },
    },
    spec: { ...claim.spec, volumeName: volume.metadata.name },
  });
  await markClaimBound(context, updated, bound);
}

async function markClaimBound({ client }: ControllerContext, claim: KubeObject, { spec }: KubeObject): Promise<void> {
  const status = { ...claim.status, phase: 'Bound', accessModes: spec.accessModes, capacity: spec.capacity };
  await client.update(PERSISTENT_VOLUME_CLAIMS, { ...claim, status }, { subresource: 'status' });
}

/** A bound claim that asks for more gets it, where its class allows that. */
async function expand(context: ControllerContext, claim: KubeObject, volume: KubeObject): Promise<void> {
  const wanted = claim.spec.resources?.requests?.storage;
  if (bytes(wanted) <= bytes(claim.status?.capacity?.storage)) return;
  const storageClass = context.informer(STORAGE_CLASSES).get(claim.spec.storageClassName ?? '');
  if (!storageClass?.allowVolumeExpansion) return;
  let grown = volume;
  if (bytes(volume.spec.capacity?.storage) < bytes(wanted)) {
    const capacity = { ...volume.spec.capacity, storage: wanted };
    grown = await context.client.update(PERSISTENT_VOLUMES, { ...volume, spec: { ...volume.spec, capacity } });
  }
  await markClaimBound(context, claim, grown);
  context.recorder.event(claim, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded');
}

async function setPhase({ client }: ControllerContext, claim: KubeObject, phase: string): Promise<void> {
  if (claim.status?.phase === phase) return;
  await client.update(
    PERSISTENT_VOLUME_CLAIMS,
    { ...claim, status: { ...claim.status, phase } },
    { subresource: 'status' },
  );
}

const referenceTo = ({ apiVersion, kind, metadata }: KubeObject) => ({
  kind,
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
  apiVersion,
  resourceVersion: metadata.resourceVersion,
});

/** What an external provisioner would do for a class; every class is served, as the volumes are only made up. */
async function provision(context: ControllerContext, claim: KubeObject): Promise<void> {
  const { client, recorder } = context;
  const className: string = claim.spec.storageClassName ?? '';
  if (className === '') {
    const message = 'no persistent volumes available for this claim and no storage class is set';
    recorder.event(claim, 'Normal', 'FailedBinding', message);
    return;
  }
  const storageClass = context.informer(STORAGE_CLASSES).get(className);
  if (!storageClass) {
    recorder.event(claim, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`);
    return;
  }
  const node = claim.metadata.annotations?.[SELECTED_NODE];
  if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && !node) {
    recorder.event(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
    return;
  }
  if (storageClass.provisioner === 'kubernetes.io/no-provisioner') return;
  const { provisioner } = storageClass;
  recorder.event(
    claim,
    'Normal',
    'ExternalProvisioning',
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
  );
  const volume = volumeFor(claim, storageClass);
  await client.create(PERSISTENT_VOLUMES, volume).catch((error) => {
    if (!isAlreadyExists(error)) throw error;
  });
  recorder.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volume.metadata.name}`);
  const made = context.informer(PERSISTENT_VOLUMES).get(volume.metadata.name);
  const annotations = { ...claim.metadata.annotations };
  for (const name of PROVISIONER) annotations[name] = provisioner;
  if (made) await bind(context, { ...claim, metadata: { ...claim.metadata, annotations } }, made);
}

function volumeFor(claim: KubeObject, { metadata, provisioner, reclaimPolicy, mountOptions }: KubeObject): KubeObject {
  const name = `pvc-${claim.metadata.uid}`;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name,
      annotations: { 'pv.kubernetes.io/provisioned-by': provisioner },
      finalizers: [VOLUME_PROTECTION],
    },
    spec: {
      accessModes: claim.spec.accessModes,
      capacity: { storage: claim.spec.resources?.requests?.storage ?? '1Gi' },
      claimRef: referenceTo(claim),
      csi: { driver: VOLUME_DRIVER, volumeHandle: name },
      ...(mountOptions && { mountOptions }),
      persistentVolumeReclaimPolicy: reclaimPolicy ?? 'Delete',
      storageClassName: metadata.name,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
    },
  };
}

async function syncVolume(context: ControllerContext, volume: KubeObject): Promise<void> {
  const { client } = context;
  const { claimRef, persistentVolumeReclaimPolicy: policy = 'Retain' } = volume.spec;
  if (volume.metadata.deletionTimestamp && volume.status?.phase !== 'Bound')
    return dropFinalizer(context, PERSISTENT_VOLUMES, volume, VOLUME_PROTECTION);
  if (!volume.metadata.deletionTimestamp && !volume.metadata.finalizers?.includes(VOLUME_PROTECTION))
    return addFinalizer(context, PERSISTENT_VOLUMES, volume, VOLUME_PROTECTION);
  const phase = !claimRef ? 'Available' : undefined;
  if (phase && volume.status?.phase !== phase)
    await client.update(
      PERSISTENT_VOLUMES,
      { ...volume, status: { ...volume.status, phase } },
      { subresource: 'status' },
    );
  if (!claimRef?.uid) return;
  const claim = context.informer(PERSISTENT_VOLUME_CLAIMS).get(claimRef.name, claimRef.namespace);
  if (claim?.metadata.uid === claimRef.uid) return;
  if (policy === 'Delete') {
    const released = { ...volume, status: { ...volume.status, phase: 'Released' } };
    if (volume.status?.phase !== 'Released')
      await client.update(PERSISTENT_VOLUMES, released, { subresource: 'status' });
    await client.delete(PERSISTENT_VOLUMES, volume.metadata.name).catch(ignoreNotFound);
  } else if (volume.status?.phase !== 'Released')
    await client.update(
      PERSISTENT_VOLUMES,
      { ...volume, status: { ...volume.status, phase: 'Released' } },
      { subresource: 'status' },
    );
}

/** A claim in use waits for its last pod. */
async function releaseClaim(context: ControllerContext, claim: KubeObject): Promise<void> {
  const users = context.informer(PODS).byIndex('claim', keyOf(claim));
  const inUse = users.some(
    ({ spec, status }) => spec.nodeName && status?.phase !== 'Succeeded' && status?.phase !== 'Failed',
  );
  if (!inUse) await dropFinalizer(context, PERSISTENT_VOLUME_CLAIMS, claim, CLAIM_PROTECTION);
}

/** The change brings the object back. */
async function addFinalizer(
  { client }: ControllerContext,
  resource: typeof PERSISTENT_VOLUMES,
  object: KubeObject,
  finalizer: string,
): Promise<void> {
  const metadata = { ...object.metadata, finalizers: [...(object.metadata.finalizers ?? []), finalizer] };
  await client.update(resource, { ...object, metadata }).catch(ignoreNotFound);
}

async function dropFinalizer(
  { client }: ControllerContext,
  resource: typeof PERSISTENT_VOLUMES,
  object: KubeObject,
  finalizer: string,
): Promise<void> {
  const { finalizers = [] } = object.metadata;
  if (!finalizers.includes(finalizer)) return;
  const metadata = { ...object.metadata, finalizers: finalizers.filter((each) => each !== finalizer) };
  await client.update(resource, { ...object, metadata }).catch(ignoreNotFound);
}

async function makeEphemeralClaims(context: ControllerContext, key: string): Promise<undefined> {
  const pod = context.informer(PODS).byKey(key);
  for (const volume of pod?.spec.volumes ?? []) {
    const template = volume.ephemeral?.volumeClaimTemplate;
    if (!pod || !template) continue;
    const { apiVersion, kind, metadata } = pod;
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        ...template.metadata,
        name: `${metadata.name}-${volume.name}`,
        namespace: metadata.namespace,
        ownerReferences: [
          { apiVersion, kind, name: metadata.name, uid: metadata.uid!, controller: true, blockOwnerDeletion: true },
        ],
      },
      spec: template.spec,
    };
    await context.client.create(PERSISTENT_VOLUME_CLAIMS, claim).catch((error) => {
      if (!isAlreadyExists(error)) throw error;
    });
  }
  return undefined;
}

const claimsUsedBy = ({ metadata, spec }: KubeObject): string[] =>
  (spec.volumes ?? []).flatMap((volume: KubeObject) => {
    if (volume.ephemeral) return [`${metadata.name}-${volume.name}`];
    const name = volume.persistentVolumeClaim?.claimName;
    return name ? [name] : [];
  });

const bytes = (quantity: string | undefined): number => (quantity ? quantityNumber(parseQuantity(quantity)) : 0);
