/**
 * Keeps expressions within a budget: every step of an evaluation is paid for, and so is the size of what it makes. Works on
 * the syntax tree before it is checked, and corrects on the way what the package does otherwise than cel-go.
 */
export interface Budget {
  left: number;
}

/** What an expression may cost; a rule of any real definition stays below a thousandth of it. */
export const MOST_STEPS = 1_000_000;

export class BudgetError extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

interface Evaluator {
  run(node: CelNode, context: unknown): unknown;
  createError(code: string, message: string, node: CelNode): Error;
}

interface Checker {
  check(node: CelNode, context: unknown): unknown;
  getType(name: string): unknown;
  createError(code: string, message: string, node: CelNode): Error;
}

type Evaluate = (evaluator: Evaluator, node: CelNode, context: unknown) => unknown;

interface Macro {
  async?: boolean;
  typeCheck(checker: Checker, macro: Macro, context: unknown): unknown;
  evaluate(evaluator: Evaluator, macro: Macro, context: unknown): unknown;
}

/** A node of the package's tree, as far as it is used here. */
export interface CelNode {
  op: string;
  args: unknown;
  readonly meta: { evaluate: Evaluate; alternate?: CelNode; macro?: Macro };
  evaluate: Evaluate;
  left?: CelNode;
  right?: CelNode;
  handle?: (left: unknown, right: unknown, node: CelNode, evaluator: Evaluator) => unknown;
  setMeta(key: string, value: unknown): CelNode;
}

interface Meter {
  budget: Budget;
}

/**
 * From now on the tree's evaluation draws on the meter's budget, and throws `BudgetError` when that is spent. `names`:
 * what its variables are called instead.
 */
export function instrument(root: CelNode, meter: Meter, names: Record<string, string> = {}): void {
  const seen = new Set<CelNode>();
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (!isNode(next)) {
      waiting.push(...inside(next));
    } else if (!seen.has(next)) {
      seen.add(next);
      if (next.op === 'id' && Object.hasOwn(names, next.args as string)) next.args = names[next.args as string];
      waiting.push(...prepare(next, meter));
    }
  }
}

const isNode = (value: unknown): value is CelNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'meta' in value;

function inside(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'object' && value !== null ? Object.values(value).filter(mayHoldNodes) : [];
}

const mayHoldNodes = (value: unknown): boolean => isNode(value) || Array.isArray(value);

/** Answers where to go on. */
function prepare(node: CelNode, meter: Meter): unknown[] {
  const { alternate, macro } = node.meta;
  if (alternate !== undefined) return [alternate];
  if (macro !== undefined) return isHas(node) ? replaceHas(node) : [macro];
  // Patterns come from strangers: they are run by an engine of linear time.
  if (node.op === 'rcall' && (node.args as unknown[])[0] === 'matches') (node.args as unknown[])[0] = MATCHES;
  node.evaluate = metered(node, meter);
  return node.op === 'value' ? [] : [node.args];
}

export const MATCHES = 'matches_';

const MAKING = new Set(['list', 'map', '+', 'call', 'rcall', 'comprehension']);
const COMPARING = new Set(['==', '!=', 'in']);

function metered(node: CelNode, meter: Meter): Evaluate {
  const makes = MAKING.has(node.op);
  const compares = COMPARING.has(node.op);
  return (evaluator, _node, context) => {
    pay(meter, 1);
    const { alternate, evaluate } = node.meta;
    if (alternate !== undefined) return evaluator.run(alternate, context);
    if (compares) return compare(node, meter, evaluator, context);
    const value = evaluate(evaluator, node, context);
    if (makes) pay(meter, sizeOf(value));
    return value;
  };
}

function compare(node: CelNode, meter: Meter, evaluator: Evaluator, context: unknown): unknown {
  const left = evaluator.run(node.left!, context);
  const right = evaluator.run(node.right!, context);
  pay(meter, Math.min(sizeOf(left), sizeOf(right)) + (node.op === 'in' && Array.isArray(right) ? right.length : 0));
  return node.handle!(left, right, node, evaluator);
}

function pay({ budget }: Meter, steps: number): void {
  budget.left -= steps;
  if (budget.left < 0) throw new BudgetError();
}

const sizes = new WeakMap<object, number>();
const CHARACTERS_A_STEP = 64;

/** Of a value with all it holds. What appears in it twice counts twice: so it is walked by whoever compares it. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length / CHARACTERS_A_STEP;
  if (!Array.isArray(value) && !(value instanceof Map)) return 1;
  let size = sizes.get(value);
  if (size === undefined) {
    size = 1;
    for (const each of value.values()) size += sizeOf(each);
    sizes.set(value, size);
  }
  return size;
}

// The package's own `has` takes names and fields alone; cel-go's takes a field of any expression: `has(self[0].name)`.
const isHas = ({ op, args }: CelNode): boolean => op === 'call' && (args as unknown[])[0] === 'has';

function replaceHas(node: CelNode): unknown[] {
  const field = ((node.args as unknown[])[1] as CelNode[])[0]!;
  const [owner, name] = field.args as [CelNode, string];
  const isField = field.op === '.' || field.op === '.?';
  const macro: Macro = {
    async: false,
    typeCheck(checker, _macro, context) {
      if (!isField) throw checker.createError('invalid_macro_argument', 'invalid argument to has() macro', field);
      checker.check(field, context); // and with it its owner
      return checker.getType('bool');
    },
    evaluate: (evaluator, _macro, context) => hasField(unwrapped(evaluator.run(owner, context)), name),
  };
  node.setMeta('macro', macro);
  return isField ? [owner] : [];
}

const hasField = (value: unknown, name: string): boolean =>
  value instanceof Map
    ? value.has(name)
    : typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name);

/** Through optionals, as `has(a.?b.c)`. */
function unwrapped(value: unknown): unknown {
  const optional = value as { hasValue?: () => boolean; value: () => unknown } | null;
  if (typeof optional !== 'object' || typeof optional?.hasValue !== 'function') return value;
  return optional.hasValue() ? optional.value() : undefined;
}
