/** Plain JSON values: copying, comparing, and changing one field without touching what others share. */

/** A deep copy of a JSON value. Depth is bounded by the decoder that made the value. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneJson) as T;
  const copy: Record<string, unknown> = {};
  for (const key in value) setOwn(copy, key, cloneJson(value[key]));
  return copy as T;
}

/** Assigns an own property even where the key is `__proto__`. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true });
  else target[key] = value;
}

/** Equality of JSON values; the order of keys does not matter, and an undefined field is as good as none. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && equalArrays(a, b);
  return equalObjects(a as Record<string, unknown>, b as Record<string, unknown>);
}

const equalArrays = (a: unknown[], b: unknown[]): boolean =>
  a.length === b.length && a.every((value, i) => equalJson(value, b[i]));

function equalObjects(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  for (const key in a) if (!equalJson(a[key], b[key])) return false;
  for (const key in b) if (a[key] === undefined && b[key] !== undefined) return false;
  return true;
}
