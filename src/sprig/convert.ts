/** Text out of any value, as sprig's strval and strslice. */
import { printed } from '../template/printf.ts';
import { decodeUtf8 } from '../template/utf8.ts';
import { isList, markedType, typedList, type Value } from '../template/value.ts';
import { bytesOf } from './bytes.ts';
import { NamedInt } from './go-object.ts';
import { elementsOf } from './go-type.ts';

/** A string as it is, bytes as text, the rest as `%v` prints it. */
export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (isList(value) && markedType(value) === '[]uint8') return decodeUtf8(bytesOf(value));
  return shown(value);
}

/** As `%v`; what has a String method by that. */
export const shown = (value: Value): string => (value instanceof NamedInt ? value.print() : printed(value));

/** The texts of a list's elements, without the nil ones; of anything else its own; of nil none. */
export function toTexts(value: Value): string[] {
  const items = elementsOf(value);
  if (items) return items.filter((item) => item != null).map(toText);
  return value == null ? [] : [toText(value)];
}

/** `toTexts` as a []string; one that is that already stays the same list. */
export const toStringList = (value: Value): Value[] =>
  isList(value) && markedType(value) === '[]string' ? value : typedList('[]string', toTexts(value));
