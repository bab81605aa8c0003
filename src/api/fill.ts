/** Setting what is not set: the one operation that defaults are made of. */

// biome-ignore lint/suspicious/noExplicitAny: an object the decoder has checked against its type.
export type Loose = Record<string, any>;

/** Sets each field that is absent, or empty as Go sees it. */
export function fill(object: Loose, defaults: Loose): void {
  for (const key of Object.keys(defaults)) {
    const value = object[key];
    if (value === undefined || value === null || value === '' || value === 0) object[key] = defaults[key];
  }
}

/** Sets each field that is absent; a zero is a value. */
export function fillAbsent(object: Loose, defaults: Loose): void {
  for (const key of Object.keys(defaults)) object[key] ??= defaults[key];
}

/** `map` with the entries of `others` that it lacks. */
export const addMissing = (map: Loose | undefined, others: Loose | undefined): Loose => ({ ...others, ...map });
