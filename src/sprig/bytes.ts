/** A []uint8 as templates see it. */
import { encodeUtf8 } from '../template/utf8.ts';
import { GoInt, typedList, type Value } from '../template/value.ts';

const BYTES = Array.from({ length: 256 }, (_, byte) => new GoInt('uint8', BigInt(byte)));

export const toBytes = (data: Uint8Array): Value[] =>
  typedList(
    '[]uint8',
    Array.from(data, (byte) => BYTES[byte]!),
  );

export const textBytes = (text: string): Value[] => toBytes(encodeUtf8(text));

export const bytesOf = (list: Value[]): Uint8Array =>
  Uint8Array.from(list, (item) => (item instanceof GoInt ? Number(item.value) : Number(item)));
