/** The tables of configuration and storage. */
import type { KubeObject } from '../../api/object.ts';
import { ageOf, orNone, orUnset } from './cells.ts';
import { type Columns, defineColumns } from './table.ts';

const sizeOf = (map: object | undefined): number => Object.keys(map ?? {}).length;

export const storageColumns: Record<string, Columns> = {
  configmaps: defineColumns('Name  Data  Age', (object, now) => [
    object.metadata.name,
    sizeOf(object['data']) + sizeOf(object['binaryData']),
    ageOf(object, now),
  ]),
  secrets: defineColumns('Name  Type  Data  Age', (object, now) => [
    object.metadata.name,
    object['type'] ?? '',
    sizeOf(object['data']),
    ageOf(object, now),
  ]),
  persistentvolumes: defineColumns(
    'Name  Capacity  Access Modes  Reclaim Policy  Status  Claim  StorageClass  VolumeAttributesClass  Reason  Age +VolumeMode',
    (object, now) => {
      const { metadata, spec = {}, status = {} } = object;
      return [
        metadata.name,
        spec.capacity?.storage ?? '0',
        modesText(spec.accessModes),
        spec.persistentVolumeReclaimPolicy ?? '',
        phaseOf(object),
        spec.claimRef === undefined ? '' : `${spec.claimRef.namespace}/${spec.claimRef.name}`,
        metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '',
        orUnset(spec.volumeAttributesClassName),
        status.reason ?? '',
        ageOf(object, now),
        orUnset(spec.volumeMode),
      ];
    },
  ),
  persistentvolumeclaims: defineColumns(
    'Name  Status  Volume  Capacity  Access Modes  StorageClass  VolumeAttributesClass  Age +VolumeMode',
    (object, now) => {
      const { metadata, spec = {}, status = {} } = object;
      const bound = Boolean(spec.volumeName);
      return [
        metadata.name,
        phaseOf(object),
        spec.volumeName ?? '',
        bound ? (status.capacity?.storage ?? '0') : '',
        bound ? modesText(status.accessModes) : '',
        metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '',
        orUnset(spec.volumeAttributesClassName),
        ageOf(object, now),
        orUnset(spec.volumeMode),
      ];
    },
  ),
  'storageclasses.storage.k8s.io': defineColumns(
    'Name  Provisioner  ReclaimPolicy  VolumeBindingMode  AllowVolumeExpansion  Age',
    (object, now) => [
      withDefault(object, 'storageclass.kubernetes.io/is-default-class'),
      object['provisioner'],
      object['reclaimPolicy'] ?? 'Delete',
      object['volumeBindingMode'] ?? 'Immediate',
      object['allowVolumeExpansion'] ?? false,
      ageOf(object, now),
    ],
  ),
  'volumeattributesclasses.storage.k8s.io': defineColumns('Name  DriverName  Age', (object, now) => [
    withDefault(object, 'volumeattributesclass.kubernetes.io/is-default-class'),
    object['driverName'],
    ageOf(object, now),
  ]),
  'volumeattachments.storage.k8s.io': defineColumns('Name  Attacher  PV  Node ?Attached  Age', (object, now) => [
    object.metadata.name,
    object['spec'].attacher,
    object['spec'].source?.persistentVolumeName ?? '',
    object['spec'].nodeName,
    object['status']?.attached ?? false,
    ageOf(object, now),
  ]),
  'csinodes.storage.k8s.io': defineColumns('Name #Drivers  Age', (object, now) => [
    object.metadata.name,
    object['spec']?.drivers?.length ?? 0,
    ageOf(object, now),
  ]),
  'csidrivers.storage.k8s.io': defineColumns(
    'Name ?AttachRequired ?PodInfoOnMount ?StorageCapacity  TokenRequests ?RequiresRepublish  Modes  Age',
    (object, now) => {
      const { spec = {} } = object;
      return [
        object.metadata.name,
        spec.attachRequired ?? true,
        spec.podInfoOnMount ?? false,
        spec.storageCapacity ?? false,
        spec.tokenRequests?.map((request: { audience: string }) => request.audience).join(',') ?? '<unset>',
        spec.requiresRepublish ?? false,
        orNone(spec.volumeLifecycleModes?.join(',')),
        ageOf(object, now),
      ];
    },
  ),
  'csistoragecapacities.storage.k8s.io': defineColumns('Name  StorageClassName  Capacity', (object) => [
    object.metadata.name,
    object['storageClassName'],
    orUnset(object['capacity']),
  ]),
};

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

const phaseOf = ({ metadata, status }: KubeObject): string =>
  metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating';

const withDefault = ({ metadata }: KubeObject, annotation: string): string =>
  metadata.annotations?.[annotation] === 'true' ? `${metadata.name} (default)` : metadata.name;

const MODES: [mode: string, short: string][] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

const modesText = (modes: string[] = []): string =>
  MODES.filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',');
