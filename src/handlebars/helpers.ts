/** The helpers of chart templates: the function library, Handlebars' own blocks with Go's truth, and what prints. */
import type Handlebars from 'handlebars';
import { isTrue } from '../template/builtins.ts';
import { miscount, misfit, nilOf, parameterType } from '../template/call.ts';
import { printed } from '../template/printf.ts';
import { canBeNil, INTEGER_TYPES } from '../template/type.ts';
import {
  type GoFunction,
  GoInt,
  isGoObject,
  isList,
  isMap,
  setKey,
  sortedKeys,
  type Value,
  type ValueMap,
} from '../template/value.ts';
import { fromView, toView, type ViewHost } from './view.ts';

/** What helpers need of the templates they run in. */
export interface HelperHost extends ViewHost {
  step(): void;
  /** The error for what the function `name` threw. */
  failure(name: string, loc: hbs.AST.SourceLocation | undefined, error: unknown): Error;
  /** The error for a call that is wrong. */
  misuse(loc: hbs.AST.SourceLocation | undefined, detail: string): Error;
}

/** Names that no template can write. */
export const SHOW = ' show';
export const BARE = ' bare';
export const INT = ' int';

interface Options extends Handlebars.HelperOptions {
  loc?: hbs.AST.SourceLocation;
}

export type Helper = (this: unknown, ...args: unknown[]) => unknown;

export function helpersOf(
  handlebars: typeof Handlebars,
  functions: Record<string, GoFunction>,
  host: HelperHost,
): Record<string, Handlebars.HelperDelegate> {
  const helpers: Record<string, Helper> = Object.assign(Object.create(null), handlebars.helpers);
  for (const [name, fn] of Object.entries(functions)) helpers[name] = toHelper(name, fn, host);
  const cluster = functions['lookup'] && helpers['lookup'];
  Object.assign(helpers, blocks(handlebars, host), { lookup: lookup(cluster) });
  helpers[SHOW] = (value) => shown(typeof value === 'function' ? value.call(undefined, {}) : value);
  helpers[INT] = (value) => BigInt(value as number);
  helpers[BARE] = function (name, options) {
    const own = isMap(this as Value) && Object.hasOwn(this as object, name as string);
    return own ? (this as ValueMap)[name as string] : helpers[name as string]!.call(this, options);
  };
  return helpers as Record<string, Handlebars.HelperDelegate>;
}

/** A function as a helper; as a block it renders its body where the result is true. */
export function toHelper(name: string, fn: GoFunction, host: HelperHost): Helper {
  return function (...all) {
    const options = all.at(-1) as Options;
    const result = callFunction(name, fn, all, host);
    if (typeof options?.fn !== 'function' || typeof options.inverse !== 'function') return result;
    const truth = isTrue(fromView(result));
    return truth ? options.fn(this, { data: options.data, blockParams: [result] }) : options.inverse(this);
  };
}

function callFunction(name: string, fn: GoFunction, all: unknown[], host: HelperHost): unknown {
  const { hash, loc } = all.at(-1) as Options;
  const args = all.slice(0, -1).map((value) => fromView(value));
  const pairs = Object.entries(hash ?? {});
  if (name === 'dict') for (const [key, value] of pairs) args.push(key, fromView(value));
  else if (pairs.length > 0) args.push(mapOf(pairs));
  const problem = miscount(name, fn, args.length);
  if (problem !== undefined) throw host.misuse(loc, problem);
  const fitting = args.map((value, i) => {
    const type = parameterType(fn, i);
    const converted = convert(value, type);
    const misfits = misfit(converted, type);
    if (misfits !== undefined) throw host.misuse(loc, misfits);
    return converted;
  });
  host.step();
  try {
    return toView(LOGIC[name]?.(fitting) ?? fn(...fitting), host);
  } catch (error) {
    throw host.failure(name, loc, error);
  }
}

/** `and` and `or`, whose arguments are all evaluated by the time they are called. */
const LOGIC: Record<string, ((values: Value[]) => Value) | undefined> = {
  __proto__: null as never,
  and: (values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (values) => values.find((value) => isTrue(value)) ?? values.at(-1),
};

function mapOf(pairs: [string, unknown][]): ValueMap {
  const map: ValueMap = {};
  for (const [key, value] of pairs) setKey(map, key, fromView(value) ?? null);
  return map;
}

/** The number in the kind that the parameter asks for, where nothing is lost; nil of its type where there is none. */
function convert(value: Value, type: string): Value {
  if (value === null || value === undefined) return canBeNil(type) ? nilOf(type) : undefined;
  if (type === 'float64' && typeof value === 'bigint') return Number(value);
  if (!INTEGER_TYPES.has(type)) return value;
  const integer = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  return typeof integer === 'bigint' && type !== 'int' ? new GoInt(type, integer) : integer;
}

/** What `{{value}}` writes. */
function shown(value: unknown): string {
  const known = fromView(value);
  if (known === null || known === undefined) return '';
  return typeof known === 'number' ? String(known) : isGoObject(known) ? known.print() : printed(known);
}

/** Handlebars' `lookup object key`, and the cluster's `lookup version kind namespace name`. */
const lookup = (cluster: Helper | undefined): Helper =>
  function (...all) {
    if (all.length !== 3) return cluster?.apply(this, all);
    const [object, key, options] = all as [
      unknown,
      unknown,
      { lookupProperty(object: unknown, key: unknown): unknown },
    ];
    return object === null || object === undefined ? undefined : options.lookupProperty(object, key);
  };

function blocks(handlebars: typeof Handlebars, host: HelperHost): Record<string, Helper> {
  return {
    if: function (condition, options) {
      const { fn, inverse } = options as Options;
      return isTrue(fromView(condition)) ? fn(this) : inverse(this);
    },
    unless: function (condition, options) {
      const { fn, inverse } = options as Options;
      return isTrue(fromView(condition)) ? inverse(this) : fn(this);
    },
    with: function (value, options) {
      const { fn, inverse, data } = options as Options;
      return isTrue(fromView(value)) ? fn(value, { data, blockParams: [value] }) : inverse(this);
    },
    each: function (value, options) {
      const entries = entriesOf(fromView(value));
      const { fn, inverse, data } = options as Options;
      if (entries.length === 0) return inverse(this);
      let out = '';
      entries.forEach(([key, element], i) => {
        host.step();
        const frame = data ? handlebars.createFrame(data) : {};
        Object.assign(frame, { key, index: BigInt(i), first: i === 0, last: i === entries.length - 1 });
        const item = toView(element, host);
        out += fn(item, { data: frame, blockParams: [item, key] });
      });
      return out;
    },
  };
}

/** Keys and elements in the order in which Go ranges over them. */
function entriesOf(value: Value): [key: Value, element: Value][] {
  if (isList(value)) return value.map((element, i) => [BigInt(i), element]);
  if (isGoObject(value)) return value.entries?.() ?? [];
  if (typeof value === 'bigint') return Array.from({ length: Number(value) }, (_, i) => [BigInt(i), BigInt(i)]);
  return isMap(value) ? sortedKeys(value).map((key) => [key, value[key]]) : [];
}
