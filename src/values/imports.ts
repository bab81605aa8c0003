/** `import-values`: what a parent takes over from the values of its subcharts. */
import { printed } from '../template/printf.ts';
import { isMap, setKey, type Value, type ValueMap } from '../template/value.ts';
import { mergeTables, mergeValues, type ValuesChart, type Warn } from './coalesce.ts';
import { deepCopy } from './merge.ts';
import { missingTable, tableAt } from './paths.ts';

/** One declared dependency, under the name (or alias) that its values stand under. */
export interface ImportingDependency {
  name: string;
  importValues: readonly Value[];
}

export interface Import {
  child: string;
  parent: string;
}

/** Warnings of import-values, with the fields that Helm logs. */
export type WarnImport = (message: string, fields: { chart?: string; error: string }) => void;

/**
 * The values of `chart` with its imports under them, and each dependency's imports in their long form, as Helm keeps
 * them in the metadata. Subcharts come first: call it for them before their parents. The chart is not changed.
 */
export function importValues(
  chart: ValuesChart,
  dependencies: readonly ImportingDependency[],
  warn: { values?: Warn; imports?: WarnImport } = {},
): { values: ValueMap; imports: Import[][] } {
  const values = mergeValues(chart, {}, warn.values);
  let imported: ValueMap = {};
  const imports = dependencies.map(({ name, importValues }) => {
    const found: Import[] = [];
    for (const entry of importValues) {
      const wanted = longForm(entry);
      if (wanted === undefined) continue;
      found.push(wanted);
      const path = `${name}.${wanted.child}`;
      const table = tableAt(values, path);
      if (table) imported = mergeTables(imported, under(wanted.parent, table), warn.values);
      else warn.imports?.(...missing(entry, name, missingTable(values, path)!));
    }
    return found;
  });
  return { values: mergeTables(deepCopy(values), imported, warn.values), imports };
}

/** A name `x` stands for `exports.x` into the parent's root; anything but a name or a map is passed over. */
function longForm(entry: Value): Import | undefined {
  if (typeof entry === 'string') return { child: `exports.${entry}`, parent: '.' };
  if (!isMap(entry)) return undefined;
  return { child: printed(entry.child), parent: printed(entry.parent) };
}

function missing(entry: Value, chart: string, key: string): Parameters<WarnImport> {
  const error = `"${key}" is not a table`;
  return typeof entry === 'string'
    ? ['ImportValues missing table', { error }]
    : ['ImportValues missing table from chart', { chart, error }];
}

/** `table` at `path` of an otherwise empty map. */
function under(path: string, table: ValueMap): ValueMap {
  if (path === '.') return table;
  return path.split('.').reduceRight<ValueMap>((inner, key) => {
    const outer: ValueMap = {};
    setKey(outer, key, inner);
    return outer;
  }, table);
}
