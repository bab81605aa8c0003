/**
 * How changes stand in a file, little endian:
 *
 *     length u32 │ crc32 of the rest u32 │ type u8 │ modRevision f64 │ createRevision f64 │ version u32 │ key length u32 │ key │ value
 *
 * A snapshot is one `snapshot` record (its revision, and in `version` the number of items), its items as `put`, and one
 * `end` record. A file whose last record is cut short or does not match its checksum ends before it.
 */
import { crc32 } from 'node:zlib';
import type { KeyValue } from './types.ts';

export type RecordType = 'put' | 'delete' | 'snapshot' | 'end';
const TYPES: RecordType[] = ['put', 'delete', 'snapshot', 'end'];
const HEADER = 8;
const FIXED = 1 + 8 + 8 + 4 + 4;
const KEY_LENGTH = FIXED - 4;

export interface StoreRecord {
  type: RecordType;
  kv: KeyValue;
}

export function encodeRecords(records: StoreRecord[]): Buffer {
  let size = 0;
  for (const { kv } of records) size += HEADER + FIXED + Buffer.byteLength(kv.key) + Buffer.byteLength(kv.value);
  const out = Buffer.allocUnsafe(size);
  let at = 0;
  for (const record of records) at = writeRecord(out, at, record);
  return out;
}

function writeRecord(out: Buffer, start: number, { type, kv }: StoreRecord): number {
  let at = start + HEADER;
  at = out.writeUInt8(TYPES.indexOf(type), at);
  at = out.writeDoubleLE(kv.modRevision, at);
  at = out.writeDoubleLE(kv.createRevision, at);
  at = out.writeUInt32LE(kv.version, at);
  const keyLength = out.write(kv.key, at + 4);
  at = out.writeUInt32LE(keyLength, at) + keyLength;
  at += out.write(kv.value, at);
  const body = out.subarray(start + HEADER, at);
  out.writeUInt32LE(body.length, start);
  out.writeUInt32LE(crc32(body), start + 4);
  return at;
}

/** The records of `bytes` up to the first that is not whole; `end` is where that one begins, or the length. */
export function decodeRecords(bytes: Buffer): { records: StoreRecord[]; end: number } {
  const records: StoreRecord[] = [];
  let at = 0;
  while (at + HEADER + FIXED <= bytes.length) {
    const body = bodyAt(bytes, at);
    if (body === undefined) break;
    records.push(readRecord(body));
    at += HEADER + body.length;
  }
  return { records, end: at };
}

/** Whether a whole record begins anywhere after `at`. Texts seldom look like the beginning of one, so this is one pass. */
export function hasRecordAfter(bytes: Buffer, at: number): boolean {
  for (let i = at + 1; i + HEADER + FIXED <= bytes.length; i++) if (bodyAt(bytes, i) !== undefined) return true;
  return false;
}

/** What the checksum of the record at `at` covers, where that is a whole record. */
function bodyAt(bytes: Buffer, at: number): Buffer | undefined {
  const length = bytes.readUInt32LE(at);
  if (length < FIXED || at + HEADER + length > bytes.length) return undefined;
  const body = bytes.subarray(at + HEADER, at + HEADER + length);
  const isPlausible = body[0]! < TYPES.length && FIXED + body.readUInt32LE(KEY_LENGTH) <= length;
  return isPlausible && crc32(body) === bytes.readUInt32LE(at + 4) ? body : undefined;
}

function readRecord(body: Buffer): StoreRecord {
  const keyEnd = FIXED + body.readUInt32LE(KEY_LENGTH);
  return {
    type: TYPES[body[0]!]!,
    kv: {
      key: body.toString('utf8', FIXED, keyEnd),
      value: body.toString('utf8', keyEnd),
      createRevision: body.readDoubleLE(9),
      modRevision: body.readDoubleLE(1),
      version: body.readUInt32LE(17),
    },
  };
}
