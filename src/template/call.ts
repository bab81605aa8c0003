/** Calls of functions and methods: the arguments against the parameter types, and what the function throws. */
import { builtins, isTrue } from './builtins.ts';
import { isStackOverflow, limitOf } from './error.ts';
import { descend, CALL as FRAMES, type Frame, fail, tooDeep } from './frame.ts';
import { type Node, type NumberNode, nodeText, type OperandNode } from './node.ts';
import { printed } from './printf.ts';
import { canBeNil, INTEGER_TYPES, isUnsigned, typeName } from './type.ts';
import {
  GO_OBJECT,
  type GoFunction,
  GoInt,
  isList,
  isMap,
  markedType,
  nilList,
  nilMap,
  type Signature,
  type Value,
} from './value.ts';
import type { Complex } from './verb.ts';

export type Evaluate = (frame: Frame, dot: Value) => Value;

/** An argument as it was written: a literal, whose type depends on the parameter, or something to evaluate. */
export interface Argument {
  node: OperandNode;
  evaluate?: Evaluate;
}

/** The value that comes through the pipe, where none does. */
export const NO_FINAL: unique symbol = Symbol('no final');
export type Final = Value | typeof NO_FINAL;

/**
 * A place in a template where the function `name` is called. `node` is what an error of the function is reported at.
 * The arguments are fitted to the function's signature once, and again only when another function comes to the name.
 */
export class CallSite {
  private readonly name: string;
  private readonly node: Node;
  private readonly args: Argument[];
  private readonly hasFinal: boolean;
  private function: GoFunction | undefined;
  private plan: Plan | undefined;

  constructor(name: string, node: Node, args: Argument[], hasFinal: boolean) {
    this.name = name;
    this.node = node;
    this.args = args;
    this.hasFinal = hasFinal;
  }

  call(frame: Frame, dot: Value, fn: GoFunction, final: Final): Value {
    if (fn !== this.function) this.prepare(fn);
    const plan = this.plan!;
    if (plan.problem !== undefined) fail(frame, plan.problem);
    descend(frame, FRAMES);
    const value = this.evaluate(frame, dot, fn, plan, final);
    frame.scope.budget.stack -= FRAMES;
    return value;
  }

  private evaluate(frame: Frame, dot: Value, fn: GoFunction, plan: Plan, final: Final): Value {
    if (fn === AND || fn === OR) return this.logic(frame, dot, fn === OR, plan, final);
    const { evaluate } = plan;
    const values: Value[] = new Array(evaluate.length);
    for (let i = 0; i < evaluate.length; i++) values[i] = evaluate[i]!(frame, dot);
    if (final !== NO_FINAL) values.push(fitted(frame, final, plan.final));
    if (fn === CALL) return this.callValue(frame, values);
    return this.invoke(frame, fn, values);
  }

  private prepare(fn: GoFunction): void {
    const old = this.function?.signature;
    this.function = fn;
    if (this.plan && old === fn.signature) return;
    this.plan = planCall(this.name, fn, this.args, this.hasFinal);
  }

  /** `and` and `or` stop at the first argument that decides. */
  private logic(frame: Frame, dot: Value, decisive: boolean, plan: Plan, final: Final): Value {
    let value: Value;
    for (const evaluate of plan.evaluate) {
      value = evaluate(frame, dot);
      if (isTrue(value) === decisive) return value;
    }
    return final === NO_FINAL ? value : final;
  }

  /** `call f x`: the first value is the function. */
  private callValue(frame: Frame, [fn, ...args]: Value[]): Value {
    const callee = this.args[0] ? nodeText(this.args[0].node) : typeName(fn);
    return this.invoke(frame, () => {
      if (fn === null || fn === undefined) throw new Error('call of nil');
      if (typeof fn !== 'function') throw new Error(`non-function ${callee} of type ${typeName(fn)}`);
      return fn(...args);
    }, []);
  }

  private invoke(frame: Frame, fn: GoFunction, values: Value[]): Value {
    let result: Value;
    try {
      result = fn(...values);
    } catch (error) {
      throw this.failure(frame, error);
    }
    return result === undefined ? null : result;
  }

  private failure(frame: Frame, error: unknown): Error {
    const limit = limitOf(error);
    if (limit) return limit;
    frame.node = this.node;
    if (isStackOverflow(error)) return tooDeep(frame);
    return fail(frame, `error calling ${this.name}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

const AND = builtins.get('and');
const OR = builtins.get('or');
const CALL = builtins.get('call');

/** Evaluators that give values of the parameter types, or what is wrong with the number of arguments. */
interface Plan {
  problem?: string;
  evaluate: Evaluate[];
  final: string;
}

function planCall(name: string, fn: GoFunction, args: Argument[], hasFinal: boolean): Plan {
  const count = args.length + (hasFinal ? 1 : 0);
  const problem = miscount(name, fn, count, args.length) ?? fn.signature?.problem;
  if (problem !== undefined) return { problem, evaluate: [], final: '' };
  const final = hasFinal ? parameterType(fn, count - 1) : '';
  return { evaluate: args.map((arg, i) => fit(arg, parameterType(fn, i))), final };
}

function fit({ node, evaluate }: Argument, type: string): Evaluate {
  if (!evaluate) return literal(node, type);
  if (type === ANY) return evaluate;
  return (frame, dot) => fitted(frame, evaluate(frame, dot), type);
}

/** The parameter type of built-in functions that see everything, and tell nil from no value. */
const ANY = 'reflect.Value';

/** `value` as an argument of Go type `type`; an error at the node evaluated last where it does not fit. */
function fitted(frame: Frame, value: Value, type: string): Value {
  const problem = misfit(value, type);
  if (problem !== undefined) fail(frame, problem);
  return value === undefined && type !== ANY ? nilOf(type) : value;
}

/** Why `value` cannot be an argument of Go type `type`; undefined where it can. */
export function misfit(value: Value, type: string): string | undefined {
  if (type === ANY || (value !== undefined && isAssignable(value, type))) return undefined;
  if (value === undefined) return canBeNil(type) ? undefined : `invalid value; expected ${type}`;
  return `wrong type for value; expected ${type}; got ${value === null ? 'interface {}' : typeName(value)}`;
}

/** Why `fn` cannot be called `name` with `count` arguments, `written` of them after its name. */
export function miscount(name: string, fn: GoFunction, count: number, written = count): string | undefined {
  const { params, variadic = false } = signatureOf(fn);
  if (!variadic && count !== params.length)
    return `wrong number of args for ${name}: want ${params.length} got ${count}`;
  if (variadic && count < params.length - 1)
    return `wrong number of args for ${name}: want at least ${params.length - 1} got ${written}`;
  return undefined;
}

/** The type of the parameter that takes argument `i`. */
export const parameterType = (fn: GoFunction, i: number): string => {
  const { params } = signatureOf(fn);
  return params[Math.min(i, params.length - 1)]!;
};

const signatureOf = (fn: GoFunction): Signature => fn.signature ?? { params: ['interface {}'], variadic: true };

export const nilOf = (type: string): Value =>
  type.startsWith('[]') ? nilList(type) : type.startsWith('map[') ? nilMap(type) : null;

function isAssignable(value: Value, type: string): boolean {
  switch (type) {
    case 'interface {}':
      return true;
    case 'string':
      return typeof value === 'string';
    case 'int':
      return typeof value === 'bigint';
    case 'bool':
      return typeof value === 'boolean';
    case 'float64':
      return typeof value === 'number';
    case 'map[string]interface {}':
      // A named type with this underlying type is assignable, one of other elements is not.
      return isMap(value) && !(markedType(value)?.startsWith('map[') ?? false);
    case '[]interface {}':
      return isList(value) && (markedType(value) ?? type) === type;
    default:
      return value !== null && typeName(value) === type;
  }
}

/** The evaluator of a literal for a parameter of type `type`. */
function literal(node: OperandNode, type: string): Evaluate {
  const value = literalFor(node, type);
  if (typeof value !== 'string')
    return (frame) => {
      frame.node = node;
      return value.value;
    };
  return (frame) => {
    frame.node = node;
    return fail(frame, value);
  };
}

/** The literal as a value of `type`, or why it cannot be one. */
function literalFor(node: OperandNode, type: string): { value: Value } | string {
  if (node.type === 'nil') {
    if (type === ANY) return { value: undefined };
    return canBeNil(type) ? { value: nilOf(type) } : `cannot assign nil to ${type}`;
  }
  if (type === 'interface {}' || type === ANY) return idealLiteral(node);
  if (type === 'bool') return node.type === 'bool' ? { value: node.value } : expected('bool', node);
  if (type === 'string') return node.type === 'string' ? { value: node.text } : expected('string', node);
  if (type === 'float64' || type === 'float32') {
    const float = node.type === 'number' ? node.constant.float : undefined;
    return float === undefined ? expected('float', node) : { value: float };
  }
  if (!INTEGER_TYPES.has(type) && type !== 'time.Duration')
    return `can't handle ${nodeText(node)} for arg of type ${type}`;
  const unsigned = isUnsigned(type);
  const integer = node.type === 'number' ? node.constant[unsigned ? 'uint' : 'int'] : undefined;
  if (integer === undefined) return expected(unsigned ? 'unsigned integer' : 'integer', node);
  return { value: type === 'int' ? integer : new GoInt(type, integer) };
}

const expected = (what: string, node: Node): string => `expected ${what}; found ${nodeText(node)}`;

/** A literal where no type is asked for: its own form decides. */
export function idealLiteral(node: OperandNode): { value: Value } | string {
  switch (node.type) {
    case 'bool':
      return { value: node.value };
    case 'string':
      return { value: node.text };
    case 'number':
      return idealNumber(node);
    default:
      return `can't handle assignment of ${nodeText(node)} to empty interface argument`;
  }
}

function idealNumber({ text, constant }: NumberNode): { value: Value } | string {
  const { complex, float, int, uint } = constant;
  if (complex) return { value: complexValue(complex.real, complex.imaginary) };
  const isHex = /^0[xX]/.test(text) && !/[pP]/.test(text);
  if (float !== undefined && !isHex && !text.startsWith("'") && /[.eEpP]/.test(text)) return { value: float };
  if (int !== undefined) return { value: int };
  return uint === undefined ? { value: undefined } : `${text} overflows int`;
}

function complexValue(real: number, imaginary: number): Value {
  const value: Complex = {
    [GO_OBJECT]: true,
    type: 'complex128',
    kind: 'complex128',
    real,
    imaginary,
    field: () => undefined,
    print: () => printed(value),
  };
  return value;
}
