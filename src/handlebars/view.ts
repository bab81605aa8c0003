/**
 * Go objects as Handlebars can see them. It reads properties, and only an object's own; `.Files` and its like answer
 * names by a function, so a proxy stands in for them whose own properties are what the object finds.
 */
import { type GoFunction, type GoObject, isGoObject, isMap, type Value, type ValueMap } from '../template/value.ts';
import type { Helper } from './helpers.ts';

/** Makes a method one that Handlebars can call. */
export interface ViewHost {
  helper(name: string, method: GoFunction): Helper;
}

const TARGET = Symbol('target');

/** The data of a template: a copy of the top where objects are replaced. Values and what is in them are left alone. */
export function viewOf(data: ValueMap, host: ViewHost): ValueMap {
  const view: ValueMap = {};
  for (const [key, value] of Object.entries(data)) {
    if (key === 'Subcharts' && isMap(value)) view[key] = subcharts(value, host);
    else view[key] = toView(value, host) as Value;
  }
  return view;
}

const subcharts = (map: ValueMap, host: ViewHost): ValueMap =>
  Object.fromEntries(Object.entries(map).map(([name, scope]) => [name, viewOf(scope as ValueMap, host)]));

export function toView(value: Value, host: ViewHost): unknown {
  if (!isGoObject(value)) return value;
  const find = (name: string | symbol): unknown => {
    if (name === TARGET) return value;
    return typeof name === 'string' ? member(value, name, host) : undefined;
  };
  return new Proxy(Object.create(null), {
    get: (_, name) => find(name),
    has: (_, name) => find(name) !== undefined,
    getOwnPropertyDescriptor: (_, name) => {
      const found = find(name);
      return found === undefined ? undefined : { value: found, configurable: true, enumerable: true, writable: false };
    },
  });
}

function member(object: GoObject, name: string, host: ViewHost): unknown {
  const method: GoFunction | undefined = object.method?.(name);
  return method ? host.helper(name, method) : toView(object.field(name), host);
}

/** The value that Handlebars had a view of. */
export function fromView(value: unknown): Value {
  if (typeof value !== 'object' || value === null) return value as Value;
  const target = (value as { [TARGET]?: GoObject })[TARGET];
  return target ?? (value as Value);
}
