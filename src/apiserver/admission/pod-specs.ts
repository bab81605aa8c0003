/** Where the kinds that run pods keep the pod they run. */
import type { KubeObject } from '../../api/object.ts';

export interface PodTemplate {
  metadata?: { annotations?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: the pod's spec is checked by the scheme.
  spec?: any;
}

/** The pod itself, or the template its kind makes pods from. */
export function podTemplateOf(object: KubeObject): PodTemplate | undefined {
  if (object.kind === 'Pod') return object as PodTemplate;
  if (object.kind === 'CronJob') return object['spec']?.jobTemplate?.spec?.template;
  return object['spec']?.template;
}
