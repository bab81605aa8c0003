/**
 * Objects that expressions make, `Object.spec{replicas: 3}` and `JSONPatch{op: "remove"}`. The package's grammar has none,
 * so before it parses an expression they are told as calls with the type's name and a map. Names from the root, `.self`,
 * lose their dot.
 */
import type { Environment } from '@marcbachmann/cel-js';
import { register } from './signatures.ts';

export interface Rewritten {
  text: string;
  /** Where a place of the text stands in the expression that it was made from. */
  originOf(position: number): number;
}

const CONSTRUCT = 'construct_';

const typeNames = new WeakMap<object, string>();

/** Of an object made by an expression. */
export const typeNameOf = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null ? typeNames.get(value) : undefined;

class PatchNamespace {}

export function registerConstructions(environment: Environment): void {
  environment.registerType('PatchNamespace', { ctor: PatchNamespace });
  environment.registerConstant('jsonpatch', 'PatchNamespace', new PatchNamespace());
  register(environment, {
    [`${CONSTRUCT}(string, map): dyn`]: (name: string, fields: object) => {
      typeNames.set(fields, name);
      return fields;
    },
    'PatchNamespace.escapeKey(string): string': (_: unknown, key: string) =>
      key.replaceAll('~', '~0').replaceAll('/', '~1'),
  });
}

/** A string, a comment, a name with its dots and perhaps a brace behind, a number, space, or any other character. */
const TOKEN =
  /[rRbB]{0,2}("""(?:[^\\]|\\.)*?"""|'''(?:[^\\]|\\.)*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\/\/[^\n]*|((?:[A-Za-z_]\w*\s*\.\s*)*[A-Za-z_]\w*)(\s*\{)?|\d\w*|\s+|./gs;
const FIELD = /\s*([A-Za-z_]\w*)\s*:/y;

/** Undefined where there is nothing to tell otherwise. */
export function tellConstructions(expression: string): Rewritten | undefined {
  if (!/\w\s*\{|(^|[^\w\s)\]}"'])\s*\.\s*[A-Za-z_]/.test(expression)) return undefined;
  const pieces: { at: number; origin: number }[] = [];
  let text = '';
  const put = (piece: string, origin: number) => {
    pieces.push({ at: text.length, origin });
    text += piece;
  };
  /** Of every open bracket: whether fields stand in it. */
  const open: boolean[] = [];
  const token = new RegExp(TOKEN);
  const putField = () => {
    FIELD.lastIndex = token.lastIndex;
    const field = FIELD.exec(expression);
    if (field === null) return;
    put(`${JSON.stringify(field[1])}:`, token.lastIndex);
    token.lastIndex = FIELD.lastIndex;
  };
  let before = '';
  for (let match = token.exec(expression); match !== null; match = token.exec(expression)) {
    const [piece, , name, brace] = match;
    const isType = name !== undefined && name !== 'in' && !before.endsWith('.') && brace !== undefined;
    if (isType) {
      put(`${CONSTRUCT}(${JSON.stringify(name.replace(/\s/g, ''))}, {`, match.index);
      open.push(true);
      putField();
    } else if (piece === '.' && !/[\w)\]}"'?]$/.test(before)) {
      // From the root.
    } else {
      const closes = /^[\])}]$/.test(piece) && open.pop() === true;
      put(closes ? `${piece})` : piece, match.index);
      if (/[[({]$/.test(piece) && (piece.length === 1 || brace !== undefined)) open.push(false);
      else if (piece === ',' && open.at(-1) === true) putField();
    }
    if (piece.trim() !== '') before = piece;
  }
  return { text, originOf: (position) => originIn(pieces, position) };
}

function originIn(pieces: { at: number; origin: number }[], position: number): number {
  const piece = pieces.findLast(({ at }) => at <= position);
  return piece === undefined ? position : piece.origin + position - piece.at;
}
