/** Numbers that may be given as a percentage of another: `25%` of the replicas. */
export type IntOrPercent = number | string;

export function scaledValue(value: IntOrPercent | undefined, total: number, round: 'up' | 'down'): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const percent = Number.parseInt(value, 10);
  if (Number.isNaN(percent)) return 0;
  const exact = (percent * total) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
}
