/** Prints the tables that the server made, as kubectl does: columns apart by three blanks, dates as ages. */
import type { LiveObject } from '../action/status.ts';
import type { TableObject } from '../kube/table.ts';

/** A block for every kind; an empty line after each. */
export function resourceTables(resources: Map<string, LiveObject[]>): string {
  const blocks = [...resources].map(([kind, tables]) => `==> ${kind}\n${tables.map(tableOf).join('')}\n`);
  return blocks.join('');
}

function tableOf(object: LiveObject): string {
  if (object.kind !== 'Table') return '';
  const { columnDefinitions, rows } = object as TableObject;
  if (!rows?.length) return '';
  const shown = columnDefinitions.map((column, i) => ({ ...column, i })).filter(({ priority }) => !priority);
  const lines = [
    shown.map(({ name }) => name.toUpperCase()),
    ...rows.map(({ cells }) => shown.map(({ i }) => cellText(cells[i]))),
  ];
  const widths = shown.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) => line.map((cell, i) => (i === line.length - 1 ? cell : cell.padEnd(widths[i]! + 3))).join(''))
    .map((line) => `${line}\n`)
    .join('');
}

const cellText = (cell: unknown): string => (cell === null || cell === undefined ? '<none>' : String(cell));
