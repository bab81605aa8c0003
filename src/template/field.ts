/** `.Name` on a value: a method, a field of a struct, or a key of a map. */
import { type Frame, fail } from './frame.ts';
import { quote } from './quote.ts';
import { elementType, typeName, zeroValue } from './type.ts';
import {
  GO_OBJECT,
  type GoFunction,
  GoInt,
  type GoObject,
  getKey,
  isGoObject,
  isMap,
  markedType,
  methodsOf,
  type Value,
  type ValueMap,
} from './value.ts';

/** The type of what stands in an untyped list or map, as errors name it. */
export const ANY_TYPE = 'interface {}';

/**
 * Whether one property access finds `name` in a plain map: no method can be called so (Go's are capitalised), and no
 * object inherits it.
 */
export const isSimpleName = (name: string): boolean => name.charCodeAt(0) > 0x5a && !(name in Object.prototype);

/** The value at a simple name of a plain map; undefined for anything else. */
export function simpleField(receiver: Value, name: string): Value {
  if (typeof receiver !== 'object' || receiver === null) return undefined;
  if (Array.isArray(receiver) || receiver instanceof GoInt || (receiver as GoObject)[GO_OBJECT] === true)
    return undefined;
  return (receiver as ValueMap)[name];
}

/** Calls a method that was found, with the arguments that stand after its name or came through the pipe. */
export type CallMethod = (method: GoFunction) => Value;

/**
 * Every other way. `staticType` is the type of the place that holds the receiver, where that is not the value's own;
 * `hasArgs` tells whether there are arguments, which only methods take.
 */
export function field(
  frame: Frame,
  receiver: Value,
  name: string,
  staticType: string | undefined,
  hasArgs: boolean,
  callMethod: CallMethod,
): Value {
  if (receiver === undefined) {
    if (frame.scope.missingKey === 'error') fail(frame, `nil data; no entry for key ${quote(name)}`);
    return undefined;
  }
  if (receiver === null) fail(frame, `nil pointer evaluating ${ANY_TYPE}.${name}`);
  const method = methodOf(receiver, name);
  if (method) return callMethod(method);
  if (isGoObject(receiver)) return objectField(frame, receiver, name, hasArgs, staticType);
  if (!isMap(receiver)) return cannotEvaluate(frame, receiver, name, staticType);
  if (hasArgs) fail(frame, `${name} is not a method but has arguments`);
  return getKey(receiver, name) ?? missing(frame, receiver, name);
}

function methodOf(receiver: Value, name: string): GoFunction | undefined {
  if (isGoObject(receiver)) return receiver.method?.(name);
  return isMap(receiver) ? methodsOf(receiver)?.(name) : undefined;
}

function objectField(frame: Frame, object: GoObject, name: string, hasArgs: boolean, staticType?: string): Value {
  if (object.kind === 'map') {
    if (hasArgs) fail(frame, `${name} is not a method but has arguments`);
    return object.field(name) ?? missing(frame, undefined, name);
  }
  const value = object.field(name);
  if (value === undefined) return cannotEvaluate(frame, object, name, staticType);
  if (hasArgs) fail(frame, `${name} has arguments but cannot be invoked as function`);
  return value;
}

const cannotEvaluate = (frame: Frame, receiver: Value, name: string, staticType?: string): never =>
  fail(frame, `can't evaluate field ${name} in type ${staticType ?? typeName(receiver)}`);

function missing(frame: Frame, map: ValueMap | undefined, name: string): Value {
  const { missingKey } = frame.scope;
  if (missingKey === 'error') fail(frame, `map has no entry for key ${quote(name)}`);
  if (missingKey === 'default') return undefined;
  const type = map && markedType(map);
  return type === undefined ? null : zeroValue(elementType(type));
}

/** The type errors name for what was found in `container`: that of its elements. */
export function staticTypeWithin(container: Value): string | undefined {
  if (container === null || container === undefined || isGoObject(container) || !isMap(container)) return undefined;
  const type = markedType(container);
  if (type === undefined) return ANY_TYPE;
  const element = elementType(type);
  return element === ANY_TYPE ? ANY_TYPE : undefined;
}
