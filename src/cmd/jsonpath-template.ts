/** Prints through a JSONPath template as kubectl does: text around `{.paths}`, `{range …}…{end}` and `{"quoted text"}`. */
import { compileJsonPath } from '../api/jsonpath.ts';
import { toJson } from '../encoding/json.ts';
import { printed } from '../template/printf.ts';
import { isMap, type Value } from '../template/value.ts';

type Node = { text: string } | { path: string } | { range: string; body: Node[] };

/** Throws where the template is none; '' where something that it names is not there. */
export function runJsonPathTemplate(template: string, data: Value): string {
  const nodes = parse(template);
  try {
    return print(nodes, data, data);
  } catch (error) {
    if (error instanceof MissingError) return '';
    throw error;
  }
}

class MissingError extends Error {}

function parse(template: string): Node[] {
  const problem = (why: string) => new Error(`error parsing jsonpath ${template}: ${why}`);
  const open: Node[][] = [[]];
  for (const [token, quoted] of template.matchAll(/[^{]+|\{((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^}"'])*)\}|\{/g)) {
    const nodes = open.at(-1)!;
    if (token === '{') throw problem(/\[[^\]]*$/.test(template) ? 'unterminated array' : 'unclosed action');
    if (quoted === undefined) nodes.push({ text: token });
    else if (quoted.trim() === 'end') {
      if (open.length > 1) open.pop();
    } else if (/^\s*range\s/.test(quoted)) {
      const body: Node[] = [];
      nodes.push({ range: checked(quoted.replace(/^\s*range\s+/, ''), problem), body });
      open.push(body);
    } else nodes.push(textOf(quoted.trim()) ?? { path: checked(quoted.trim(), problem) });
  }
  if (open.length > 1) throw problem('unexpected end');
  return open[0]!;
}

function checked(path: string, problem: (why: string) => Error): string {
  const [, index] = /\[\s*("[^\],]*)/.exec(path) ?? [];
  if (index !== undefined) throw problem(`invalid array index ${index}`);
  const [comma] = /,/.exec(path.replace(/\[[^\]]*\]/g, '')) ?? [];
  if (comma) throw problem(`unrecognized character in action: U+002C ','`);
  try {
    compileJsonPath(fromRoot(path));
  } catch (error) {
    throw problem((error as Error).message);
  }
  return path;
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r' };

function textOf(action: string): Node | undefined {
  const [, , inner] = /^(["'])([\s\S]*)\1$/.exec(action) ?? [];
  return inner === undefined ? undefined : { text: inner.replace(/\\(.)/g, (_, c: string) => ESCAPES[c] ?? c) };
}

const fromRoot = (path: string): string => path.replace(/^[@$]/, '');

function print(nodes: Node[], root: Value, current: Value): string {
  const found = (path: string): Value[] => {
    const values = compileJsonPath(fromRoot(path))(path.startsWith('$') ? root : current) as Value[];
    if ((values.length === 0 && NAMES_ONE.test(path)) || /^\w/.test(path)) throw new MissingError();
    return values;
  };
  return nodes
    .map((node) => {
      if ('text' in node) return node.text;
      if ('path' in node) return found(node.path).map(printOne).join(' ');
      return found(node.range)
        .map((item) => print(node.body, root, item))
        .join('');
    })
    .join('');
}

/** Ends in a field or an index, which must be there; what chooses among many may find none. */
const NAMES_ONE = /(?:[\w-]|\['[^']*'\]|\[-?\d+\])$/;

const printOne = (value: Value): string =>
  value === null || Array.isArray(value) || isMap(value) ? toJson(value) : printed(value);
