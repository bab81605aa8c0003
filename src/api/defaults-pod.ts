/** Kubernetes' defaults for pods and everything that has a pod template. */
import { addMissing, fill, type Loose } from './fill.ts';
import { parseQuantity, printQuantity, quantityMillis } from './quantity.ts';

/** What a template's pod spec gets. */
export function defaultPodSpec(spec: Loose | undefined): void {
  if (!spec) return;
  fill(spec, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
  });
  spec['securityContext'] ??= {};
  // The old name of the field is kept equal to the new one.
  const account = spec['serviceAccountName'] || spec['serviceAccount'];
  if (account) spec['serviceAccountName'] = spec['serviceAccount'] = account;
  for (const volume of spec['volumes'] ?? []) defaultVolume(volume);
  for (const container of allContainers(spec)) defaultContainer(container);
  roundUp(spec['overhead']);
}

/** What only a pod itself gets. */
export function defaultPod(pod: Loose): void {
  const spec = pod['spec'] as Loose | undefined;
  if (!spec) return;
  defaultPodSpec(spec);
  for (const container of [...(spec['containers'] ?? []), ...(spec['initContainers'] ?? [])]) {
    const { limits, requests } = container.resources ?? {};
    if (limits) container.resources = { ...container.resources, requests: addMissing(requests, limits) };
    if (!spec['hostNetwork']) continue;
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
  }
  spec['enableServiceLinks'] ??= true;
}

const allContainers = (spec: Loose): Loose[] => [
  ...(spec['containers'] ?? []),
  ...(spec['initContainers'] ?? []),
  ...(spec['ephemeralContainers'] ?? []),
];

function defaultContainer(container: Loose): void {
  fill(container, {
    imagePullPolicy: pullPolicyOf(container['image']),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  for (const port of container['ports'] ?? []) fill(port, { protocol: 'TCP' });
  for (const { valueFrom } of container['env'] ?? []) {
    if (valueFrom?.fieldRef) fill(valueFrom.fieldRef, { apiVersion: 'v1' });
    if (valueFrom?.fileKeyRef) valueFrom.fileKeyRef.optional ??= false;
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(container[name]);
  defaultHttpGet(container['lifecycle']?.postStart);
  defaultHttpGet(container['lifecycle']?.preStop);
  roundUp(container['resources']?.limits);
  roundUp(container['resources']?.requests);
}

/** Always for `latest`, said or not; a digest is no tag. */
export function pullPolicyOf(image: string | undefined): string {
  const name = image ?? '';
  if (name === '' || name.includes('@')) return tagOf(name.split('@')[0]!) === 'latest' ? 'Always' : 'IfNotPresent';
  return (tagOf(name) ?? 'latest') === 'latest' ? 'Always' : 'IfNotPresent';
}

/** The colon of a registry's port stands before a slash. */
const tagOf = (name: string): string | undefined => /:([^/:]+)$/.exec(name)?.[1];

function defaultProbe(probe: Loose | undefined): void {
  if (!probe) return;
  fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  defaultHttpGet(probe);
  if (probe['grpc']) probe['grpc'].service ??= '';
}

function defaultHttpGet(handler: Loose | undefined): void {
  if (handler?.['httpGet']) fill(handler['httpGet'], { path: '/', scheme: 'HTTP' });
}

/** Amounts finer than a thousandth are rounded up, as the API always did. */
function roundUp(list: Loose | undefined): void {
  for (const [name, amount] of Object.entries(list ?? {})) {
    if (!/[nu]$|e-|\./.test(amount)) continue;
    const quantity = parseQuantity(amount);
    list![name] = printQuantity({ unscaled: quantityMillis(quantity), scale: 3, format: quantity.format });
  }
}

const SOURCES: Record<string, (source: Loose) => void> = {
  secret: (source) => fill(source, { defaultMode: 420 }),
  configMap: (source) => fill(source, { defaultMode: 420 }),
  downwardAPI(source) {
    fill(source, { defaultMode: 420 });
    defaultFieldRefs(source['items']);
  },
  projected(source) {
    fill(source, { defaultMode: 420 });
    for (const { serviceAccountToken, downwardAPI } of source['sources'] ?? []) {
      if (serviceAccountToken) fill(serviceAccountToken, { expirationSeconds: 3600 });
      defaultFieldRefs(downwardAPI?.items);
    }
  },
  hostPath: (source) => void (source['type'] ??= ''),
  ephemeral(source) {
    const spec = source['volumeClaimTemplate']?.spec;
    if (spec) fill(spec, { volumeMode: 'Filesystem' });
  },
  image: (source) => fill(source, { pullPolicy: pullPolicyOf(source['reference']) }),
  iscsi: (source) => fill(source, { iscsiInterface: 'default' }),
  rbd: (source) => fill(source, { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' }),
  azureDisk(source) {
    fill(source, { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4' });
    source['readOnly'] ??= false;
  },
  scaleIO: (source) => fill(source, { storageMode: 'ThinProvisioned', fsType: 'xfs' }),
};

function defaultVolume(volume: Loose): void {
  const kinds = Object.keys(volume).filter((key) => key !== 'name');
  if (kinds.length === 0) volume['emptyDir'] = {};
  defaultVolumeSource(volume);
}

/** Also of persistent volumes, whose sources stand in their spec. */
export function defaultVolumeSource(owner: Loose): void {
  for (const kind of Object.keys(owner))
    if (Object.hasOwn(SOURCES, kind) && typeof owner[kind] === 'object' && owner[kind] !== null)
      SOURCES[kind]!(owner[kind]);
}

function defaultFieldRefs(items: Loose[] | undefined): void {
  for (const { fieldRef } of items ?? []) if (fieldRef) fill(fieldRef, { apiVersion: 'v1' });
}
