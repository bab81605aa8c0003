/** What there is to say of a chart that does not render, beyond Helm's own text: the lines it went through. */
import { ChartRenderError } from '../action/render.ts';
import { explainRenderError } from '../engine/explain.ts';
import type { Output } from './environment.ts';

/** Text for people; '' where the failure is another, or there is nothing to add. */
export function renderFailureText(error: unknown, output: Output): string {
  const failure = chartRenderError(error);
  if (failure === undefined) return '';
  const lines = explainRenderError(failure, failure.source);
  const shown = output.terminal ? fitted(lines, output.columns) : lines;
  return shown.length === 0 ? '' : `\nWhere this happened:\n${shown.join('\n')}\n`;
}

/** The commands put their own words around it. */
function chartRenderError(error: unknown): ChartRenderError | undefined {
  for (let link = error, depth = 0; link instanceof Error && depth < 100; link = link.cause, depth++)
    if (link instanceof ChartRenderError) return link;
  return undefined;
}

const MARKED = /^ *\^$/;
const INDENT = 4;
/** How much of a long line is kept before the mark. */
const LEAD = 30;

/** Cuts what is wider than the terminal; of a line with a mark below it the marked part stays. */
function fitted(lines: string[], columns: number): string[] {
  const width = Math.max(40, columns) - 1;
  const shorter = (line: string) => (line.length > width ? `${line.slice(0, width - 1)}…` : line);
  return lines.map((line, at) => {
    const mark = MARKED.test(line) ? line : MARKED.test(lines[at + 1] ?? '') ? lines[at + 1]! : '';
    const cut = mark.length > width ? mark.length - LEAD - INDENT : 0;
    if (cut === 0) return shorter(line);
    const rest = line.slice(INDENT + cut);
    return line === mark ? `${' '.repeat(INDENT)}${rest}` : shorter(`${' '.repeat(INDENT - 1)}…${rest}`);
  });
}
