/** DefaultStorageClass: a claim that names no class gets the cluster's own. */
import type { Call, Draft } from '../call.ts';

const IS_DEFAULT = 'storageclass.kubernetes.io/is-default-class';

export function admitDefaultStorageClass(claim: Draft, { api }: Call): void {
  const { spec, metadata } = claim;
  if (spec?.storageClassName !== undefined && spec.storageClassName !== null) return;
  if (metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined) return;
  const classes = api.objects.all(api.types.find('storage.k8s.io', 'v1', 'storageclasses')!);
  const byDefault = classes.filter((each) => each.metadata.annotations?.[IS_DEFAULT] === 'true');
  if (byDefault.length === 0) return;
  // As Kubernetes: of several the newest, then the first by name.
  const age = (each: (typeof byDefault)[number]) => each.metadata.creationTimestamp ?? '';
  const newest = byDefault.reduce((a, b) => (age(b) > age(a) ? b : a));
  claim['spec'] = { ...spec, storageClassName: newest.metadata.name };
}
