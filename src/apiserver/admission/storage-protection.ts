/** StorageObjectInUseProtection: claims and volumes are held by a finalizer until nothing uses them. */
import type { Draft } from '../call.ts';

const holdBy =
  (finalizer: string) =>
  ({ metadata }: Draft): void => {
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  };

export const protectClaim = holdBy('kubernetes.io/pvc-protection');
export const protectVolume = holdBy('kubernetes.io/pv-protection');
