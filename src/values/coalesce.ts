/**
 * The values that a chart's templates see: the user's over the chart's own, and the parent's over each subchart's.
 * Nulls delete. Go visits maps in random order; here the order is that of the keys, so that warnings stand still.
 */
import { printed, sprintf } from '../template/printf.ts';
import { quote } from '../template/quote.ts';
import { getKey, isMap, setKey, type ValueMap } from '../template/value.ts';
import { deepCopy, shallowCopy } from './merge.ts';

/** What coalescing asks of a chart. */
export interface ValuesChart {
  readonly name: string;
  readonly values: ValueMap | null | undefined;
  readonly dependencies: readonly ValuesChart[];
}

/** Takes Helm's warnings, which go to the log at level info. */
export type Warn = (message: string) => void;

const silent: Warn = () => {};

/**
 * The final values of `chart` and its subcharts; nulls have done their work. `overrides` is left alone. `keepNulls`: as
 * Helm before 4.2, which left the nulls of a chart's own values in place.
 */
export const coalesceValues = (
  chart: ValuesChart,
  overrides: ValueMap,
  warn: Warn = silent,
  { keepNulls = false }: { keepNulls?: boolean } = {},
): ValueMap => coalesceChart({ warn, merge: false, keepNulls }, chart, deepCopy(overrides), '');

/** As `coalesceValues`, but nulls stay, because the result will be coalesced again. */
export const mergeValues = (chart: ValuesChart, overrides: ValueMap, warn: Warn = silent): ValueMap =>
  coalesceChart({ warn, merge: true }, chart, deepCopy(overrides), '');

/** Fills `target` with what only `source` has. A null of the target deletes the source's value. Changes both. */
export const coalesceTables = (target: ValueMap, source: ValueMap, warn: Warn = silent): ValueMap =>
  fillTable({ warn, merge: false }, target, source, '');

/** As `coalesceTables`, but nulls stay. */
export const mergeTables = (target: ValueMap, source: ValueMap, warn: Warn = silent): ValueMap =>
  fillTable({ warn, merge: true }, target, source, '');

interface Mode {
  warn: Warn;
  /** Keep nulls, for a later pass. */
  merge: boolean;
  /** Keep the nulls of charts, but not those that meet a value. */
  keepNulls?: boolean;
}

const GLOBAL = 'global';

function coalesceChart(mode: Mode, chart: ValuesChart, target: ValueMap, prefix: string): ValueMap {
  const path = join(prefix, chart.name);
  fillFromChart(mode, chart, target, path);
  for (const subchart of chart.dependencies) {
    const own = getKey(target, subchart.name) === undefined ? {} : getKey(target, subchart.name);
    if (!isMap(own)) throw new Error(`type mismatch on ${subchart.name}: ${sprintf('%t', [own])}`);
    passGlobals(mode, own, target, path);
    setKey(target, subchart.name, coalesceChart(mode, subchart, own, path));
  }
  return target;
}

/** The chart's defaults under what is already there. */
function fillFromChart(mode: Mode, chart: ValuesChart, target: ValueMap, path: string): void {
  const defaults = deepCopy(chart.values ?? {});
  const subcharts = new Set(chart.dependencies.map(({ name }) => name));
  for (const key of Object.keys(defaults)) {
    const value = defaults[key];
    const current = getKey(target, key);
    if (current === undefined) {
      if (mode.merge || mode.keepNulls) setKey(target, key, value);
      else if (value !== null) setKey(target, key, isMap(value) ? dropNulls(value) : value);
    } else if (current === null && !mode.merge) delete target[key];
    else if (isMap(current)) {
      if (isMap(value)) {
        const merge = mode.merge || subcharts.has(key);
        fillTable({ ...mode, merge }, current, merge || mode.keepNulls ? value : dropNulls(value), join(path, key));
      } else if (value !== null) mode.warn(`warning: skipped value for ${path}.${key}: Not a table.`);
    }
  }
}

/** Globals of the parent win over those of the subchart, but for a value that would hide a table. */
function passGlobals(mode: Mode, subchart: ValueMap, parent: ValueMap, path: string): void {
  const own = getKey(subchart, GLOBAL) === undefined ? {} : getKey(subchart, GLOBAL);
  const given = getKey(parent, GLOBAL) === undefined ? {} : getKey(parent, GLOBAL);
  if (!isMap(own) || !isMap(given)) {
    mode.warn(`warning: skipping globals because ${isMap(own) ? 'source' : 'destination'} global is not a table.`);
    return;
  }
  for (const key of Object.keys(given)) {
    const value = given[key];
    const current = getKey(own, key);
    if (isMap(value)) {
      const copy = shallowCopy(value);
      if (current === undefined) setKey(own, key, copy);
      else if (!isMap(current)) mode.warn(`Conflict: cannot merge map onto non-map for ${quote(key)}. Skipping.`);
      else setKey(own, key, fillTable({ ...mode, merge: true }, copy, current, join(path, key)));
    } else if (isMap(current)) mode.warn(`key ${key} is table. Skipping`);
    else setKey(own, key, value);
  }
  setKey(subchart, GLOBAL, own);
}

function fillTable(mode: Mode, target: ValueMap, source: ValueMap, prefix: string): ValueMap {
  const nulls = Object.keys(target).filter((key) => target[key] === null);
  for (const key of Object.keys(source)) {
    const value = source[key];
    const current = getKey(target, key);
    const path = join(prefix, key);
    if (current === null) {
      // A null over a default deletes it; a null over a null stays.
      if (!mode.merge && value !== null) delete target[key];
    } else if (current === undefined) setKey(target, key, value);
    else if (isMap(current)) {
      if (isMap(value)) fillTable(mode, current, value, path);
      else if (value !== null)
        mode.warn(`warning: destination for ${path} is a table. Ignoring non-table value (${printed(value)})`);
    } else if (isMap(value))
      mode.warn(`warning: cannot overwrite table with non table for ${path} (${printed(value)})`);
  }
  if (mode.keepNulls && !mode.merge) for (const key of nulls) delete target[key];
  // As helm: the source learns of the nulls. A release whose values are reused shows them afterwards.
  for (const key of nulls) setKey(source, key, null);
  return target;
}

function dropNulls(map: ValueMap): ValueMap {
  for (const key of Object.keys(map)) {
    const value = map[key];
    if (value === null) delete map[key];
    else if (isMap(value)) dropNulls(value);
  }
  return map;
}

const join = (prefix: string, key: string): string => (prefix === '' ? key : `${prefix}.${key}`);
