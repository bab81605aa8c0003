/** What a pod needs from other objects before it can start: config maps, secrets and claims it mounts or reads. */
import type { KubeObject } from '../api/object.ts';
import type { Informer } from '../client/informer.ts';

export interface VolumeSources {
  /** Why the pod's volumes cannot be mounted, undefined when they can. */
  missingFor(pod: KubeObject): { reason: string; message: string } | undefined;
  /** Why a container cannot be made from its environment, empty when it can. */
  configError(pod: KubeObject, container: KubeObject): string;
}

export interface SourceInformers {
  configMaps: Informer;
  secrets: Informer;
  claims: Informer;
}

type Kind = 'configMaps' | 'secrets';
const WORDS: Record<Kind, { lower: string; upper: string }> = {
  configMaps: { lower: 'configmap', upper: 'ConfigMap' },
  secrets: { lower: 'secret', upper: 'Secret' },
};

interface Needed {
  volume: string;
  kind: Kind;
  name: string;
  keys: string[];
}

export function volumeSources(informers: SourceInformers): VolumeSources {
  const find = (kind: Kind, name: string, pod: KubeObject) => informers[kind].get(name, pod.metadata.namespace);

  function missingFor(pod: KubeObject): { reason: string; message: string } | undefined {
    for (const volume of pod.spec.volumes ?? []) {
      const claim = volume.persistentVolumeClaim?.claimName;
      if (claim && !informers.claims.get(claim, pod.metadata.namespace))
        return { reason: 'FailedMount', message: `persistentvolumeclaim "${claim}" not found` };
      for (const needed of neededBy(volume)) {
        const source = find(needed.kind, needed.name, pod);
        const { lower } = WORDS[needed.kind];
        const failed = `MountVolume.SetUp failed for volume "${needed.volume}" : `;
        if (!source) return { reason: 'FailedMount', message: `${failed}${lower} "${needed.name}" not found` };
        const absent = needed.keys.find((key) => !hasKey(source, key));
        if (absent !== undefined)
          return { reason: 'FailedMount', message: `${failed}references non-existent ${lower} key: ${absent}` };
      }
    }
    return undefined;
  }

  function configError(pod: KubeObject, container: KubeObject): string {
    const from: { configMapRef?: Reference; secretRef?: Reference }[] = container.envFrom ?? [];
    for (const { configMapRef, secretRef } of from) {
      const error = missing('configMaps', configMapRef, pod) || missing('secrets', secretRef, pod);
      if (error) return error;
    }
    for (const { valueFrom } of container.env ?? []) {
      const error =
        missing('configMaps', valueFrom?.configMapKeyRef, pod) || missing('secrets', valueFrom?.secretKeyRef, pod);
      if (error) return error;
    }
    return '';
  }

  function missing(kind: Kind, reference: Reference | undefined, pod: KubeObject): string {
    if (!reference || reference.optional) return '';
    const { lower, upper } = WORDS[kind];
    const source = find(kind, reference.name ?? '', pod);
    if (!source) return `${lower} "${reference.name}" not found`;
    return reference.key === undefined || hasKey(source, reference.key)
      ? ''
      : `couldn't find key ${reference.key} in ${upper} ${pod.metadata.namespace}/${reference.name}`;
  }

  return { missingFor, configError };
}

interface Reference {
  name?: string;
  key?: string;
  optional?: boolean;
}

function neededBy(volume: KubeObject): Needed[] {
  const named = String(volume.name);
  const of = (source: KubeObject | undefined, kind: Kind, name: unknown): Needed[] =>
    !source || source.optional
      ? []
      : [
          {
            volume: named,
            kind,
            name: String(name),
            keys: (source.items ?? []).map(({ key }: { key: string }) => key),
          },
        ];
  return [
    ...of(volume.configMap, 'configMaps', volume.configMap?.name),
    ...of(volume.secret, 'secrets', volume.secret?.secretName),
    ...(volume.projected?.sources ?? []).flatMap((source: KubeObject) => [
      ...of(source.configMap, 'configMaps', source.configMap?.name),
      ...of(source.secret, 'secrets', source.secret?.name),
    ]),
  ];
}

const hasKey = ({ data, binaryData, stringData }: KubeObject, key: string): boolean =>
  [data, binaryData, stringData].some((map) => map && Object.hasOwn(map, key));
