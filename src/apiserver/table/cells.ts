/** Cells that many kinds share. */
import type { KubeObject } from '../../api/object.ts';
import { fromLabelSelector, type LabelSelectorObject, printLabelSelector } from '../../api/selectors.ts';

/** How long ago a time stamp was, as `5d3h`: two units where one says too little. As Kubernetes' HumanDuration. */
export function age(time: string | undefined | null, now: number): string {
  if (time === undefined || time === null) return '<unknown>';
  return humanDuration(now - Date.parse(time));
}

/** How long ago an object was made. */
export const ageOf = ({ metadata }: KubeObject, now: number): string => age(metadata.creationTimestamp, now);

export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60 * 2) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 60 * 3) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (hours < 24 * 8) return pair(Math.trunc(hours / 24), 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24)}d`;
  const years = Math.trunc(hours / 24 / 365);
  if (hours < 24 * 365 * 8) return pair(years, 'y', Math.trunc(hours / 24) % 365, 'd');
  return `${years}y`;
}

const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;

export const orNone = (text: string | undefined | null): string => text || '<none>';
export const orUnset = (text: string | undefined | null): string => text ?? '<unset>';

/** Labels as `a=1,b=2`. */
export function labelText(labels: Record<string, string> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}

export function selectorText(selector: LabelSelectorObject | undefined): string {
  try {
    const parsed = fromLabelSelector(selector);
    return (parsed && printLabelSelector(parsed)) || '<none>';
  } catch {
    return '<error>';
  }
}

/** Names and images of a template's containers. */
export function containerCells(template: { spec?: { containers?: Container[] } } | undefined): [string, string] {
  const containers = template?.spec?.containers ?? [];
  return [containers.map(({ name }) => name).join(','), containers.map(({ image }) => image ?? '').join(',')];
}

interface Container {
  name: string;
  image?: string;
}

/** At most `most` of a list, with how many more there are. */
export function listText(list: string[], most: number, empty: string): string {
  if (list.length === 0) return empty;
  const shown = list.slice(0, most).join(',');
  return list.length > most ? `${shown} + ${list.length - most} more...` : shown;
}
