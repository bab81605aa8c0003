/** Compares two renderings line by line, lines left out that differ from run to run of the same renderer. */

export interface Difference {
  line: number;
  helm: string | undefined;
  ours: string | undefined;
}

/** The first line in which `ours` differs from `helm` and in which helm agrees with itself; undefined where none. */
export function firstDifference(helm: string, again: string, ours: string): Difference | undefined {
  const [a, b, c] = [helm.split('\n'), again.split('\n'), ours.split('\n')];
  // Of an output whose very length is random, only the lines before the first random one can be told.
  const shape = a.length === b.length;
  for (let i = 0; i < Math.max(a.length, c.length); i++) {
    if (a[i] === c[i]) continue;
    if (a[i] !== b[i]) {
      if (shape) continue;
      return undefined;
    }
    return { line: i + 1, helm: a[i], ours: c[i] };
  }
  return undefined;
}
