/**
 * Request bodies in `application/vnd.kubernetes.protobuf`, decoded by the table of types into what the same object is
 * in JSON before `decodeTyped`. The bytes are `k8s\0` and a runtime.Unknown that names the kind and holds the object.
 */
import { type JsonObject, setOwn } from './json.ts';
import { type GroupVersionKind, gvkOf } from './object.ts';
import { type Field, type StructType, type Type, typeOf } from './scheme.ts';
import { badRequest } from './status.ts';

export interface DecodedProtobuf {
  gvk: GroupVersionKind;
  object: JsonObject;
}

const MAGIC = [0x6b, 0x38, 0x73, 0x00];
const MAX_DEPTH = 100;

const isProtobuf = (bytes: Uint8Array): boolean => MAGIC.every((byte, i) => bytes[i] === byte);

/** Throws a 400 Status for bytes that are no such object. */
export function decodeProtobuf(bytes: Uint8Array): DecodedProtobuf {
  if (!isProtobuf(bytes))
    throw badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  try {
    return decodeUnknown(new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 4, bytes.length));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw badRequest(error.message);
  }
}

/** The bytes do not follow the wire format. */
class WireError extends Error {}

function decodeUnknown(reader: Reader): DecodedProtobuf {
  const meta = { apiVersion: '', kind: '' };
  let raw: Reader | undefined;
  while (reader.next()) {
    if (reader.field === 1) readTypeMeta(reader.message(), meta);
    else if (reader.field === 2) raw = reader.message();
    else reader.skip();
  }
  const gvk = gvkOf(meta);
  const type = typeOf(gvk);
  if (!type)
    throw new WireError(
      `no kind ${JSON.stringify(gvk.kind)} is registered for version ${JSON.stringify(meta.apiVersion)}`,
    );
  const object: JsonObject = { kind: meta.kind, apiVersion: meta.apiVersion };
  if (raw) readStruct(raw, type, object, 0);
  return { gvk, object };
}

function readTypeMeta(reader: Reader, meta: { apiVersion: string; kind: string }): void {
  while (reader.next()) {
    if (reader.field === 1) meta.apiVersion = reader.string();
    else if (reader.field === 2) meta.kind = reader.string();
    else reader.skip();
  }
}

function readStruct(reader: Reader, type: StructType, object: JsonObject, depth: number): JsonObject {
  if (depth > MAX_DEPTH) throw new WireError('proto: exceeded max depth');
  while (reader.next()) {
    const field = type.byNumber.get(reader.field);
    if (field === undefined) reader.skip();
    else if (field.inlined) readStruct(reader.message(), field.type as StructType, object, depth + 1);
    else readField(reader, field, object, depth);
  }
  return object;
}

function readField(reader: Reader, { name, type }: Field, object: JsonObject, depth: number): void {
  if (type.kind === 'list') {
    const list = (object[name] ??= []) as unknown[];
    if (isVarint(type.items) && reader.wire === LENGTH) {
      const packed = reader.message();
      while (packed.left > 0) list.push(packed.packedVarint(type.items.kind));
    } else list.push(readValue(reader, type.items, depth));
  } else if (type.kind === 'map') {
    const map = (object[name] ??= {}) as JsonObject;
    readEntry(reader.message(), type.values, map, depth);
  } else object[name] = readValue(reader, type, depth);
}

function readEntry(reader: Reader, values: Type, map: JsonObject, depth: number): void {
  let key = '';
  let value: unknown;
  while (reader.next()) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) value = readValue(reader, values, depth + 1);
    else reader.skip();
  }
  setOwn(map, key, value ?? emptyValue(values));
}

const emptyValue = (type: Type): unknown => (type.kind === 'string' || type.kind === 'bytes' ? '' : null);

const isVarint = (type: Type): boolean => type.kind === 'int32' || type.kind === 'int64' || type.kind === 'bool';

function readValue(reader: Reader, type: Type, depth: number): unknown {
  switch (type.kind) {
    case 'struct':
      return readStruct(reader.message(), type, {}, depth + 1);
    case 'list':
      return readNamedList(reader.message(), type.items, depth + 1);
    case 'string':
      return reader.string();
    case 'bytes':
      return reader.base64();
    case 'int32':
    case 'int64':
    case 'bool':
      return reader.varintAs(type.kind);
    case 'float64':
      return reader.double();
    case 'quantity':
      return readOne(reader.message(), (inner) => inner.string()) ?? '0';
    case 'time':
    case 'microTime':
      return readTime(reader.message(), type.kind === 'microTime');
    case 'intOrString':
      return readIntOrString(reader.message());
    case 'raw':
    case 'fieldsV1':
    case 'json':
      return readOne(reader.message(), readJson) ?? null;
    case 'union':
      return readUnion(reader.message(), type, depth + 1);
    default:
      throw new WireError(`proto: a ${type.kind} cannot stand here`);
  }
}

/** A named slice type is a message with its items in field 1. */
function readNamedList(reader: Reader, items: Type, depth: number): unknown[] {
  const list: unknown[] = [];
  while (reader.next()) {
    if (reader.field === 1) list.push(readValue(reader, items, depth));
    else reader.skip();
  }
  return list;
}

function readOne<T>(reader: Reader, read: (reader: Reader) => T): T | undefined {
  let value: T | undefined;
  while (reader.next()) {
    if (reader.field === 1) value = read(reader);
    else reader.skip();
  }
  return value;
}

function readJson(reader: Reader): unknown {
  const text = reader.string();
  try {
    return text === '' ? null : JSON.parse(text);
  } catch (error) {
    throw new WireError(`json: ${(error as Error).message}`);
  }
}

function readTime(reader: Reader, micro: boolean): string | null {
  let [seconds, nanos] = [0, 0];
  while (reader.next()) {
    if (reader.field === 1) seconds = reader.varintAs('int64') as number;
    else if (reader.field === 2) nanos = reader.varintAs('int32') as number;
    else reader.skip();
  }
  if (seconds === 0 && nanos === 0) return null;
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new WireError('proto: time out of range');
  const fraction = micro ? `.${String(Math.floor(nanos / 1000)).padStart(6, '0')}` : '';
  return `${date.toISOString().slice(0, 19)}${fraction}Z`;
}

function readIntOrString(reader: Reader): number | string {
  let [kind, number, text] = [0, 0, ''];
  while (reader.next()) {
    if (reader.field === 1) kind = reader.varintAs('int32') as number;
    else if (reader.field === 2) number = reader.varintAs('int32') as number;
    else if (reader.field === 3) text = reader.string();
    else reader.skip();
  }
  return kind === 1 ? text : number;
}

function readUnion(reader: Reader, { struct, or }: Type & { kind: 'union' }, depth: number): unknown {
  const list: unknown[] = [];
  let schema: JsonObject | undefined;
  let allows = false;
  while (reader.next()) {
    const isSchema = reader.field === (or === 'bool' ? 2 : 1);
    if (isSchema) schema = readStruct(reader.message(), struct, {}, depth);
    else if (reader.field === 1) allows = reader.varintAs('bool') as boolean;
    else if (reader.field === 2)
      list.push(or === 'strings' ? reader.string() : readStruct(reader.message(), struct, {}, depth));
    else reader.skip();
  }
  return schema ?? (or === 'bool' ? allows : list);
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** A cursor over one message; every read moves it on or throws. */
class Reader {
  field = 0;
  wire = 0;
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  /** Reads the next field's number and wire type; false at the end. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (this.field < 1 || this.field > 0x1fffffff)
      throw new WireError(`proto: illegal tag ${this.field} (wire type ${this.wire})`);
    return true;
  }

  skip(): void {
    if (this.wire === VARINT) this.#bigVarint();
    else if (this.wire === FIXED64) this.#advance(8);
    else if (this.wire === LENGTH) this.#slice();
    else if (this.wire === FIXED32) this.#advance(4);
    else throw new WireError(`proto: illegal wireType ${this.wire}`);
  }

  message(): Reader {
    const [start, end] = this.#slice();
    return new Reader(this.#bytes, start, end);
  }

  string(): string {
    const [start, end] = this.#slice();
    return this.#bytes.toString('utf8', start, end);
  }

  base64(): string {
    const [start, end] = this.#slice();
    return this.#bytes.toString('base64', start, end);
  }

  double(): number {
    this.#expect(FIXED64);
    return this.#bytes.readDoubleLE(this.#advance(8));
  }

  varintAs(kind: Type['kind']): number | boolean {
    this.#expect(VARINT);
    return this.packedVarint(kind);
  }

  /** A varint without a tag of its own. */
  packedVarint(kind: Type['kind']): number | boolean {
    const value = this.#bigVarint();
    if (kind === 'bool') return value !== 0n;
    return Number(kind === 'int32' ? BigInt.asIntN(32, value) : BigInt.asIntN(64, value));
  }

  #expect(wire: number): void {
    if (this.wire !== wire) throw new WireError(`proto: wrong wireType = ${this.wire} for field ${this.field}`);
  }

  #slice(): [start: number, end: number] {
    this.#expect(LENGTH);
    const length = this.#varint();
    const start = this.#advance(length);
    return [start, start + length];
  }

  #advance(count: number): number {
    const start = this.#at;
    if (count > this.#end - start) throw new WireError('unexpected EOF');
    this.#at = start + count;
    return start;
  }

  /** A varint that is a tag or a length: at most 2^53. */
  #varint(): number {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.#bytes[this.#advance(1)]!;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
      if (shift > 2 ** 42) throw new WireError('proto: integer overflow');
    }
  }

  #bigVarint(): bigint {
    const first = this.#bytes[this.#at];
    if (this.#at < this.#end && first !== undefined && first < 0x80) {
      this.#at++;
      return BigInt(first);
    }
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#advance(1)]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new WireError('proto: integer overflow');
  }
}
