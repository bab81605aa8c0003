/** `.Name` on a value: a method, a field of a struct, or a key of a map. */
import type { CallSite, Final } from './call.ts';
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
 * How a name is looked up. Most are keys of plain maps: for those that no method can have (Go's are capitalised) and
 * that no object inherits, one property access does.
 */
export interface FieldName {
  readonly name: string;
  readonly simple: boolean;
}

export const fieldName = (name: string): FieldName => ({
  name,
  simple: !(name in Object.prototype) && name.charCodeAt(0) > 0x5a,
});

/** The plain way; undefined where it does not lead to a value. */
export function simpleField(receiver: Value, { name, simple }: FieldName): Value {
  if (!simple || typeof receiver !== 'object' || receiver === null) return undefined;
  if (Array.isArray(receiver) || receiver instanceof GoInt || (receiver as GoObject)[GO_OBJECT] === true)
    return undefined;
  return (receiver as ValueMap)[name];
}

/**
 * Every other way. `static` is the type that the place holding the receiver has, where that is not the value's own.
 * `call` calls a method, with the arguments that stand after the name or came through the pipe.
 */
export function field(
  frame: Frame,
  dot: Value,
  receiver: Value,
  name: string,
  call: CallSite,
  final: Final,
  hasArgs: boolean,
  staticType: string | undefined,
): Value {
  if (receiver === undefined) {
    if (frame.scope.missingKey === 'error') fail(frame, `nil data; no entry for key ${quote(name)}`);
    return undefined;
  }
  if (receiver === null) fail(frame, `nil pointer evaluating ${ANY_TYPE}.${name}`);
  const method = methodOf(receiver, name);
  if (method) return call.call(frame, dot, method, final);
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
