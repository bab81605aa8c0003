/** DefaultTolerationSeconds: a pod stays five minutes on a node that is not ready or not reachable. */
import type { Call, Draft } from '../call.ts';

const KEYS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

interface Toleration {
  key?: string;
  effect?: string;
}

export function admitTolerations({ spec }: Draft, _call: Call): void {
  const tolerations: Toleration[] = spec.tolerations ?? [];
  const tolerates = (key: string) =>
    tolerations.some(
      (toleration) =>
        (!toleration.key || toleration.key === key) && (!toleration.effect || toleration.effect === 'NoExecute'),
    );
  const missing = KEYS.filter((key) => !tolerates(key));
  if (missing.length === 0) return;
  spec.tolerations = [
    ...tolerations,
    ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
  ];
}
