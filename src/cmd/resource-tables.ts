/** Prints the tables that the server made, as kubectl does: columns apart by three blanks, dates as ages. */
import type { LiveObject } from '../action/status.ts';
import type { TableObject } from '../kube/table.ts';

/** A block for every kind; an empty line after each. */
export function resourceTables(resources: Map<string, LiveObject[]>): string {
  const blocks = [...resources].map(([kind, objects]) => `==> ${kind}\n${tableOf(objects.filter(isTable))}\n`);
  return blocks.join('');
}

const isTable = (object: LiveObject): object is TableObject => object.kind === 'Table';

/** Columns are not narrower than this, the gap to the next one included. */
const NARROWEST = 6;

/** One table of all: those of one kind have the same columns. */
function tableOf(tables: TableObject[]): string {
  const rows = tables.flatMap((table) => table.rows ?? []);
  if (rows.length === 0) return '';
  const shown = tables[0]!.columnDefinitions.map((column, i) => ({ ...column, i })).filter(({ priority }) => !priority);
  const lines = [
    shown.map(({ name }) => name.toUpperCase()),
    ...rows.map(({ cells }) => shown.map(({ i }) => cellText(cells[i]))),
  ];
  const widths = shown.map((_, column) => Math.max(NARROWEST, ...lines.map((line) => line[column]!.length + 3)));
  return lines
    .map((line) => line.map((cell, i) => (i === line.length - 1 ? cell : cell.padEnd(widths[i]!))).join(''))
    .map((line) => `${line}\n`)
    .join('');
}

const cellText = (cell: unknown): string => (cell === null || cell === undefined ? '<none>' : String(cell));
