/** A metric that an object tells of itself: `portolan.dev/metric.<name>`, a quantity. */
import type { KubeObject } from './object.ts';
import { parseQuantity, type Quantity } from './quantity.ts';

/** Undefined where the object does not tell, or tells no quantity. Characters that annotations lack are `_` there. */
export function declaredMetric({ metadata }: KubeObject, metric: string): Quantity | undefined {
  const text = metadata.annotations?.[`portolan.dev/metric.${metric.replace(/[^A-Za-z0-9._-]/g, '_')}`];
  try {
    return text === undefined ? undefined : parseQuantity(text);
  } catch {
    return undefined;
  }
}
