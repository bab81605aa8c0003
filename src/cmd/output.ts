/** What commands print: tables as Helm's table library lays them out, JSON and YAML as Go's encoders write them. */
import { goJson } from '../encoding/json.ts';
import { toYaml } from '../encoding/yaml.ts';
import type { Value } from '../template/value.ts';

/** Data in the asked format, or the text that `table` makes. */
export function formatted(format: string, data: unknown, table: () => string): string {
  if (format === 'json') return `${goJson(data)}\n`;
  return format === 'yaml' ? toYaml(data as Value) : table();
}

/**
 * Columns padded to their widest cell and joined by tabs; a cell of several lines makes its row as high. Where `widest`
 * is given, longer cells end in `...`.
 */
export function tableText(rows: string[][], widest = 0): string {
  const limit = widest || Number.POSITIVE_INFINITY;
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, Math.min(limit, lineWidth(cell)));
  return `${rows.map((row) => rowText(row, widths)).join('\n')}\n`;
}

const lineWidth = (cell: string): number => Math.max(...cell.split('\n').map(textWidth));

function rowText(row: string[], widths: number[]): string {
  const cells = row.map((cell, i) => resized(cell, widths[i]!).split('\n'));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells.map((lines, i) => resized(lines[line] ?? '', widths[i]!)).join('\t'),
  ).join('\n');
}

function resized(text: string, width: number): string {
  if (width === 0) return text;
  const length = textWidth(text);
  return length > width ? truncated(text, width) : `${text}${' '.repeat(width - length)}`;
}

function truncated(text: string, width: number): string {
  let kept = '';
  for (const character of text) {
    if (textWidth(kept) + textWidth(character) > width - 3) break;
    kept += character;
  }
  return `${kept}...`;
}

const ANSI = /\u001b\[[0-9;]*m/g;
/** Characters that take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function textWidth(text: string): number {
  let width = 0;
  for (const character of text.replace(ANSI, '')) width += character === '\n' ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

type Paint = (text: string) => string;
const painter =
  (open: number, close: number) =>
  (on: boolean): Paint =>
    on ? (text) => `\u001b[${open}m${text}\u001b[${close}m` : (text) => text;

const bold = painter(1, 22);
const cyan = painter(36, 0);
const green = painter(32, 0);
const red = painter(31, 0);
const yellow = painter(33, 0);

/** Helm's colours for what tables tell of releases. */
export const paintHeader = (text: string, color: boolean): string => bold(color)(text);
export const paintNamespace = (text: string, color: boolean): string => cyan(color)(text);
export function paintStatus(status: string, color: boolean): string {
  if (status === 'deployed') return green(color)(status);
  if (status === 'failed' || status === 'unknown') return red(color)(status);
  return status.startsWith('pending-') || status === 'uninstalling' ? yellow(color)(status) : status;
}
