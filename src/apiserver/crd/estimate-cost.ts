/**
 * What an expression may cost before there is a value, as cel-go's checker and the library of Kubernetes estimate it: the
 * steps it takes on the largest values that its schema allows. Only the upper bound is told. What has no size that the
 * schema tells counts for one: better to let a rule pass than to refuse one that clusters take.
 */
import type { CelNode } from '../cel/bounded.ts';
import { type Kind, type Sized, stepInto } from './rule-sizes.ts';

/** An expression, estimated. */
interface Estimate {
  cost: number;
  kind: Kind;
  /** Of the value: characters, items or entries. */
  size: number;
  /** Its part of the schema, where it is one. */
  place?: Sized;
  /** The parts of a list that the expression itself makes. */
  inner?: Kind;
}

const UNKNOWN = 1;
const TRAVERSAL = 0.1;
const PATTERN = 0.25;
const LIST = 10;
const MAP = 30;
/** An authorization check: two of them fill a call. */
const CHECK = 350_000;
/** The pattern behind a named format, at its longest. */
const FORMAT_PATTERN = 128;

/** The cost at most; `root` is the type of `self` and `oldSelf`. */
export function estimateCost(expression: CelNode, root: Sized): number {
  return createEstimator(root)(expression, new Map()).cost;
}

type Scope = Map<string, Estimate>;
type Estimator = (node: CelNode, scope: Scope) => Estimate;

function createEstimator(root: Sized): Estimator {
  const estimate: Estimator = (node, scope) => (NODES[node.op] ?? binary)(node, scope, estimate, root);
  return estimate;
}

type Rule = (node: CelNode, scope: Scope, estimate: Estimator, root: Sized) => Estimate;

const made = (cost: number, kind: Kind = 'scalar', size = UNKNOWN): Estimate => ({ cost, kind, size });

const standing = (cost: number, place: Sized | undefined): Estimate =>
  place ? { cost, kind: place.kind, size: place.most, place } : made(cost, 'dyn');

const stepped = ({ place }: Estimate, name: string): Sized | undefined => place && stepInto(place, name);

/** Sizes are told in steps, the last one whole. */
const traversal = (size: number, factor = TRAVERSAL): number => Math.ceil(size * factor);

const argsOf = (node: CelNode): CelNode[] => node.args as CelNode[];

const NODES: Record<string, Rule> = {
  value: ({ args }) => literal(args),
  id(node, scope, _estimate, root) {
    const name = node.args as string;
    const local = scope.get(name);
    if (local) return { ...local, cost: 1 };
    return name === 'self' || name === 'oldSelf' ? standing(1, root) : made(1, 'dyn');
  },
  '.'(node, scope, estimate) {
    const [owner, name] = node.args as [CelNode, string];
    const own = estimate(owner, scope);
    return standing(own.cost + (own.kind === 'scalar' ? 0 : 1), stepped(own, name));
  },
  '.?'(node, scope, estimate) {
    const [owner, name] = node.args as [CelNode, string];
    const own = estimate(owner, scope);
    return standing(own.cost + 1, stepped(own, name));
  },
  '[]': index,
  '[?]': index,
  list(node, scope, estimate) {
    const items = argsOf(node).map((each) => estimate(each, scope));
    return { ...made(LIST + total(items), 'list', items.length), inner: items[0]?.kind ?? 'dyn' };
  },
  map(node, scope, estimate) {
    const entries = node.args as [CelNode, CelNode][];
    return made(MAP + total(entries.flat().map((each) => estimate(each, scope))), 'map', entries.length);
  },
  '!_': (node, scope, estimate) => made(estimate(node.args as CelNode, scope).cost + 1),
  // A number may be negative of itself.
  '-_': (node, scope, estimate) => made(isLiteral(node.args) ? 0 : estimate(node.args as CelNode, scope).cost + 1),
  '&&': bothSides,
  '||': bothSides,
  '?:'(node, scope, estimate) {
    const [condition, yes, no] = argsOf(node).map((each) => estimate(each, scope)) as [Estimate, Estimate, Estimate];
    const kind = yes.kind === no.kind ? yes.kind : 'dyn';
    return made(condition.cost + Math.max(yes.cost, no.cost), kind, Math.max(yes.size, no.size));
  },
  call: callFunction,
  rcall: callMethod,
};

const isLiteral = (node: unknown): boolean => (node as CelNode).op === 'value';

const total = (estimates: Estimate[]): number => estimates.reduce((sum, { cost }) => sum + cost, 0);

function literal(value: unknown): Estimate {
  if (typeof value === 'string') return made(0, 'string', [...value].length);
  return value instanceof Uint8Array ? made(0, 'bytes', value.length) : made(0);
}

function index(node: CelNode, scope: Scope, estimate: Estimator): Estimate {
  const [owner, key] = argsOf(node).map((each) => estimate(each, scope)) as [Estimate, Estimate];
  return standing(owner.cost + key.cost + 1, stepped(owner, owner.kind === 'list' ? '@items' : '@values'));
}

function bothSides(node: CelNode, scope: Scope, estimate: Estimator): Estimate {
  return made(total(argsOf(node).map((each) => estimate(each, scope))));
}

const isText = ({ kind }: Estimate): boolean => kind === 'string' || kind === 'bytes' || kind === 'dyn';

function binary(node: CelNode, scope: Scope, estimate: Estimator): Estimate {
  const [left, right] = argsOf(node).map((each) => estimate(each, scope)) as [Estimate, Estimate];
  const cost = left.cost + right.cost;
  const smaller = traversal(Math.min(left.size, right.size));
  const texts = isText(left) && isText(right);
  if (node.op === '==' || node.op === '!=') return made(cost + (isOpaque(left, right) ? 1 : smaller));
  if (/^[<>]/.test(node.op)) return made(cost + (texts ? smaller : 1));
  if (node.op === 'in') return made(cost + (right.kind === 'list' ? right.size : 1));
  if (node.op !== '+') return made(cost + 1);
  const size = left.size + right.size;
  if (left.kind === 'list' || right.kind === 'list')
    return { ...made(cost + 1, 'list', size), ...(left.inner && { inner: left.inner }) };
  if (!texts) return made(cost + 1);
  return made(cost + traversal(size), left.kind === 'dyn' ? right.kind : left.kind, size);
}

/** Amounts, addresses and versions, which functions make, are compared in one step. */
const isOpaque = (left: Estimate, right: Estimate): boolean => OPAQUE.has(left) && OPAQUE.has(right);
const OPAQUE = new WeakSet<Estimate>();

function opaque(cost: number): Estimate {
  const estimate = made(cost, 'dyn');
  OPAQUE.add(estimate);
  return estimate;
}

const PARSED = new Set(['quantity', 'semver', 'ip', 'cidr']);
const TESTED = new Set(['isQuantity', 'isSemver', 'isIP', 'isCIDR']);

function callFunction(node: CelNode, scope: Scope, estimate: Estimator): Estimate {
  const [name, args] = node.args as [string, CelNode[]];
  // Whether something is there is asked for nothing.
  if (name === 'has') return made(0);
  const given = args.map((each) => estimate(each, scope));
  const [first] = given;
  const cost = total(given);
  if (name === 'dyn') return { ...first!, cost: cost + 1 };
  if (PARSED.has(name)) return opaque(cost + traversal(first!.size));
  if (TESTED.has(name)) return made(cost + traversal(first!.size));
  if (name === 'url') return made(cost + traversal(first!.size), 'dyn', first!.size);
  if (name === 'string') return made(cost + (first!.kind === 'bytes' ? traversal(first!.size) : 1), 'string');
  if (name === 'bytes') return made(cost + traversal(first!.size), 'bytes', first!.size * 4);
  return made(cost + 1, FUNCTION_KINDS[name] ?? 'scalar');
}

const FUNCTION_KINDS: Record<string, Kind> = { type: 'dyn' };

function callMethod(node: CelNode, scope: Scope, estimate: Estimator): Estimate {
  const [name, owner, args] = node.args as [string, CelNode, CelNode[]];
  const macro = MACROS[name];
  if (macro && args[0]?.op === 'id' && args.length > 1) return macro({ owner, args, scope, estimate });
  const target = isNamespace(owner, scope) ? made(0, 'dyn') : estimate(owner, scope);
  const given = args.map((each) => estimate(each, scope));
  const { cost, ...result } = (METHODS[name] ?? step)(target, given, args);
  return { ...result, cost: cost + target.cost + total(given) };
}

/** `optional.of`, `ip.isCanonical`: names of libraries and no values. */
const isNamespace = (owner: CelNode, scope: Scope): boolean =>
  owner.op === 'id' && !scope.has(owner.args as string) && LIBRARIES.has(owner.args as string);
const LIBRARIES = new Set(['optional', 'ip', 'format', 'jsonpatch', 'math', 'sets', 'base64', 'strings', 'lists']);

type Method = (target: Estimate, args: Estimate[], nodes: CelNode[]) => Estimate;

const step: Method = () => made(1, 'dyn');
const truth: Method = () => made(1);
/** One walk along the text, which stays as long. */
const walk: Method = ({ size }) => made(traversal(size), 'string', size);
const check: Method = () => made(CHECK, 'dyn');
const compare =
  (extra: boolean): Method =>
  (_target, [other]) =>
    made(traversal(32) + (extra ? traversal(16) + 1 : 0) + (other?.kind === 'string' ? traversal(other.size) : 0));

const find: Method = ({ size }, [pattern]) =>
  made(traversal(size + 1) * traversal(pattern!.size, PATTERN), 'string', size);

/** Along the list once, and along the texts in it. */
const sweep: Method = (target) => {
  if (target.kind === 'string') return made(traversal(target.size));
  const item = itemOf(target);
  return made(
    target.size * (1 + (item.kind === 'string' || item.kind === 'bytes' ? traversal(item.size) : 0)),
    item.kind,
  );
};

const itemOf = ({ place, inner = 'dyn' }: Estimate): { kind: Kind; size: number } =>
  place?.inner ? { kind: place.inner.kind, size: place.inner.most } : { kind: inner, size: UNKNOWN };

/** What an optional holds, or what stands in for it. */
const held: Method = (target, [other]) => ({
  ...target,
  cost: 1,
  ...(other && { size: Math.max(target.size, other.size) }),
});

const METHODS: Record<string, Method> = {
  size: truth,
  contains: ({ size }, [part]) => made(traversal(size) * traversal(part!.size)),
  startsWith: (_target, [part]) => made(traversal(part!.size)),
  endsWith: (_target, [part]) => made(traversal(part!.size)),
  matches: ({ size }, [pattern]) => made(traversal(size + 1) * traversal(pattern!.size, PATTERN)),
  find,
  findAll: (target, args, nodes) => ({ ...find(target, args, nodes), kind: 'list', inner: 'string' }),
  lowerAscii: walk,
  upperAscii: walk,
  substring: walk,
  trim: walk,
  replace: ({ size }, [old, fresh]) => made(traversal(size, 2 * TRAVERSAL), 'string', replacedSize(size, old!, fresh!)),
  split({ size }, _args, nodes) {
    const limit = nodes[1]?.op === 'value' ? Number(nodes[1].args) : Infinity;
    return {
      ...made(traversal(size, 2 * TRAVERSAL), 'list', limit >= 0 ? Math.min(size, limit) : size),
      inner: 'string',
    };
  },
  join(target, [separator]) {
    const size = target.size * itemOf(target).size + (separator?.size ?? 0) * Math.max(0, target.size - 1);
    return made(traversal(size), 'string', size);
  },
  format: ({ size }) => made(traversal(size), 'string'),
  indexOf: sweep,
  lastIndexOf: sweep,
  isSorted: sweep,
  sum: sweep,
  max: sweep,
  min: sweep,
  includes: sweep,
  containsIP: compare(false),
  containsCIDR: compare(true),
  isCanonical: (_target, [text]) => made(traversal(text!.size, 2 * TRAVERSAL)),
  escapeKey: (_target, [text]) => made(traversal(text!.size), 'string', text!.size),
  validate: (_target, [text]) => made(traversal(traversal(text!.size), FORMAT_PATTERN * PATTERN), 'dyn'),
  check,
  hasValue: truth,
  value: held,
  orValue: held,
  or: held,
};

function replacedSize(size: number, old: Estimate, fresh: Estimate): number {
  // Of an empty text there is one before every character.
  if (old.place !== undefined || old.size === 0) return (size + 1) * fresh.size + size;
  return fresh.size <= old.size ? size : Math.ceil(size / old.size) * fresh.size;
}

interface Loop {
  owner: CelNode;
  args: CelNode[];
  scope: Scope;
  estimate: Estimator;
}

/** What one turn costs beside the expressions themselves, and the loop as a whole. */
const quantifier =
  (turn: number, whole: number): ((loop: Loop) => Estimate) =>
  (loop) => {
    const { range, inside } = enter(loop);
    return made(range.cost + whole + range.size * (turn + inside(loop.args.at(-1)!).cost));
  };

const MACROS: Record<string, (loop: Loop) => Estimate> = {
  all: quantifier(3, 1),
  exists: quantifier(4, 1),
  exists_one: quantifier(2, 2),
  existsOne: quantifier(2, 2),
  map(loop) {
    const { range, inside } = enter(loop);
    const item = inside(loop.args.at(-1)!);
    const append = 12 + item.cost;
    const turn = loop.args.length > 2 ? inside(loop.args[1]!).cost + append : append;
    return { ...made(range.cost + LIST + 1 + range.size * turn, 'list', range.size), inner: item.kind };
  },
  filter(loop) {
    const { range, inside } = enter(loop);
    const turn = inside(loop.args.at(-1)!).cost + 13;
    const kind = range.kind === 'list' ? itemOf(range).kind : 'string';
    return { ...made(range.cost + LIST + 1 + range.size * turn, 'list', range.size), inner: kind };
  },
  bind({ args, scope, estimate }) {
    const value = estimate(args[1]!, scope);
    const rest = estimate(args[2]!, new Map(scope).set(args[0]!.args as string, value));
    return { ...rest, cost: LIST + value.cost + rest.cost };
  },
  optMap: bindOptional,
  optFlatMap: bindOptional,
};

function enter({ owner, args, scope, estimate }: Loop) {
  const range = estimate(owner, scope);
  const own = new Map(scope);
  const names = args.length > 2 && args[1]!.op === 'id' ? [args[0]!, args[1]!] : [args[0]!];
  const values = range.kind === 'list' ? '@items' : '@values';
  const keys = range.kind === 'list' ? '@items' : '@keys';
  names.forEach(({ args: name }, i) => {
    const place = stepped(range, i === 1 ? values : keys);
    own.set(name as string, place ? standing(0, place) : made(0, range.inner ?? 'dyn'));
  });
  return { range, inside: (node: CelNode) => estimate(node, own) };
}

function bindOptional({ owner, args, scope, estimate }: Loop): Estimate {
  const value = estimate(owner, scope);
  const rest = estimate(args[1]!, new Map(scope).set(args[0]!.args as string, value));
  return made(value.cost * 2 + LIST + 3 + rest.cost, 'dyn');
}
