/** The golden tables of expressions, and the chart they were rendered in. */
import { fileURLToPath } from 'node:url';

export const GOLDEN = fileURLToPath(new URL('../golden/sprig', import.meta.url));

/** What an expression gave: its type, `%v` and JSON; or the error of helm. */
export type Entry =
  | [expression: string, type: string, text: string, json: string]
  | [expression: string, error: string];

export const CHART_VALUES = `
n: 5
f: 3.7
big: 1000000
s: text
nul: null
l: [b, a, c, a]
el: []
m: {a: 1}
sub: {x: {y: z}}
mixed: [0, "", false, {}, [], x, 1]
`;
