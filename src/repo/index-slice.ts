/**
 * One chart's part of a large index, without reading the rest into objects. An index as Helm writes it has its charts
 * two spaces in and everything about them further in, so that a chart's part is found by its lines alone.
 */

const HEAD = /^apiVersion: v1\nentries:\n(?= {2}[\w.-]+:\n {2}- )/;
const NAME = /^[\w.-]+$/;

/** The index with that chart alone; undefined where the text is written otherwise, or the chart is not found in it. */
export function sliceIndex(text: string, name: string): string | undefined {
  const head = HEAD.exec(text.slice(0, 1000))?.[0];
  if (head === undefined || !NAME.test(name)) return undefined;
  const key = `\n  ${name}:\n`;
  const start = text.indexOf(key, head.length - 1);
  if (start < 0) return undefined;
  const slice = text.slice(start + 1, endOfChart(text, start + key.length));
  // An alias may point to what is not in the slice.
  return /[:-] [&*!]/.test(slice) ? undefined : head + slice;
}

export interface ChartPart {
  name: string;
  /** Where the chart's lines stand. */
  start: number;
  end: number;
}

const KEY = /^ {2}([\w.-]+):$/;

/**
 * The charts of an index in their order; undefined where it is written otherwise than Helm does, or says more. Throws
 * as Helm where a chart is listed twice.
 */
export function chartParts(text: string): ChartPart[] | undefined {
  const head = HEAD.exec(text.slice(0, 1000))?.[0];
  // An alias may point from one part to another.
  if (head === undefined || /[:-] [&*!]/.test(text)) return undefined;
  const parts = new Map<string, ChartPart>();
  let at = head.length;
  while (text.startsWith('  ', at)) {
    const lineEnd = text.indexOf('\n', at);
    const name = KEY.exec(text.slice(at, lineEnd))?.[1];
    if (name === undefined) return undefined;
    if (parts.has(name)) throw listedTwice(text, name, lineEnd + 1);
    const end = endOfChart(text, lineEnd + 1);
    parts.set(name, { name, start: at, end });
    at = end;
  }
  return /^(?:generated: [\w".:+-]+\n?)?$/.test(text.slice(at)) ? [...parts.values()] : undefined;
}

const listedTwice = (text: string, name: string, at: number): Error =>
  new Error(
    `error converting YAML to JSON: yaml: unmarshal errors:\n  line ${text.slice(0, at).split('\n').length}: key "${name}" already set in map`,
  );

/** An index of that chart alone. */
export const partText = (text: string, { start, end }: ChartPart): string =>
  `apiVersion: v1\nentries:\n${text.slice(start, end)}`;

/** Where the next line begins that is no part of the chart. */
function endOfChart(text: string, from: number): number {
  for (let at = from; at < text.length; at = text.indexOf('\n', at) + 1) {
    const isInside = text.startsWith('   ', at) || text.startsWith('  -', at);
    if (!isInside && text[at] !== '\n') return at;
    if (text.indexOf('\n', at) < 0) return text.length;
  }
  return text.length;
}
