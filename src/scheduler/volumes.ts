/** Whether a pod's claims allow it on a node, and binding those that wait for their first pod. */
import type { KubeObject } from '../api/object.ts';
import type { Informer } from '../client/informer.ts';
import { matchesTerms } from '../client/node-affinity.ts';
import { PERSISTENT_VOLUME_CLAIMS } from '../client/resources.ts';
import type { Client } from '../client/types.ts';
import type { Refusal } from './filters.ts';
import type { NodeState } from './node-state.ts';

export type VolumeCheck = (node: NodeState) => Refusal | undefined;

export interface VolumeInformers {
  claims: Informer;
  volumes: Informer;
  classes: Informer;
}

const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

const final = (reason: string): Refusal => ({ reasons: [reason], final: true });

/** A refusal that holds for every node, a check for each, or undefined when there is nothing to check. */
export function volumeCheck(pod: KubeObject, informers: VolumeInformers): VolumeCheck | Refusal | undefined {
  const claims = claimsOf(pod);
  if (claims.length === 0) return undefined;
  const terms: { nodeSelectorTerms: [] }[] = [];
  for (const name of claims) {
    const claim = informers.claims.get(name, pod.metadata.namespace);
    if (!claim) return final(`persistentvolumeclaim "${name}" not found`);
    if (claim.metadata.deletionTimestamp) return final(`persistentvolumeclaim "${name}" is being deleted`);
    if (claim.status?.phase === 'Lost')
      return final(
        `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName ?? ''}"`,
      );
    const volume = claim.spec.volumeName && informers.volumes.get(claim.spec.volumeName);
    if (volume) {
      if (volume.spec.nodeAffinity?.required) terms.push(volume.spec.nodeAffinity.required);
    } else if (!waitsForPod(claim, informers)) return final('pod has unbound immediate PersistentVolumeClaims');
  }
  if (terms.length === 0) return undefined;
  return (node) =>
    terms.every(({ nodeSelectorTerms }) => matchesTerms(nodeSelectorTerms, node))
      ? undefined
      : final("node(s) didn't match PersistentVolume's node affinity");
}

/** The pod's claims that no volume is bound to yet: they wait for the scheduler to choose a node. */
export const unboundClaims = (pod: KubeObject, { claims }: Pick<VolumeInformers, 'claims'>): KubeObject[] =>
  claimsOf(pod).flatMap((name) => {
    const claim = claims.get(name, pod.metadata.namespace);
    return claim && claim.status?.phase !== 'Bound' ? [claim] : [];
  });

/** Tells the binder which node the claims are for. */
export async function selectNode(client: Client, claims: KubeObject[], node: string): Promise<void> {
  for (const { metadata } of claims) {
    if (metadata.annotations?.[SELECTED_NODE] === node) continue;
    const patch = { metadata: { annotations: { [SELECTED_NODE]: node } } };
    await client.patch(PERSISTENT_VOLUME_CLAIMS, metadata.name, metadata.namespace, patch, { type: 'merge' });
  }
}

const claimsOf = (pod: KubeObject): string[] =>
  (pod.spec.volumes ?? []).flatMap((volume: KubeObject) => {
    if (volume.ephemeral) return [`${pod.metadata.name}-${volume.name}`];
    const name = volume.persistentVolumeClaim?.claimName;
    return name ? [name] : [];
  });

function waitsForPod(claim: KubeObject, { classes }: VolumeInformers): boolean {
  const name = claim.spec.storageClassName;
  return Boolean(name) && classes.get(name)?.volumeBindingMode === 'WaitForFirstConsumer';
}
