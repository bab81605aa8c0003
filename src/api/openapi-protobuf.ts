/** A version 2 document as gnostic's messages, as far as ours use them; field numbers are those of openapiv2.proto. */
import { isObject, type JsonObject } from './json.ts';

/** What clients accept (`…spec.v2@v1.0+protobuf`) is no media type that Go can parse; the answer must be this one. */
export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

export function encodeOpenApiV2(document: JsonObject): Uint8Array {
  const info = document['info'] as JsonObject;
  return Buffer.concat([
    text(1, document['swagger']),
    message(2, [text(1, info['title']), text(2, info['version'])]),
    message(
      8,
      entries(document['paths']).map(([name, item]) => message(2, [text(1, name), message(2, pathItem(item))])),
    ),
    message(9, named(document['definitions'])),
  ]);
}

type Chunk = Buffer;

const LENGTH = 2;
const EMPTY: Chunk = Buffer.alloc(0);

const METHODS: Record<string, number> = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 };

function pathItem(item: JsonObject): Chunk[] {
  const chunks: Chunk[] = [];
  for (const [method, number] of Object.entries(METHODS))
    if (isObject(item[method])) chunks.push(message(number, operation(item[method])));
  for (const each of list(item['parameters'])) chunks.push(message(9, parameter(each)));
  return chunks;
}

function operation(each: JsonObject): Chunk[] {
  const responses = entries(each['responses']).map(([code, response]) => {
    const schema = isObject(response['schema']) ? [message(2, [message(1, schemaOf(response['schema']))])] : [];
    return message(1, [text(1, code), message(2, [message(1, [text(1, response['description']), ...schema])])]);
  });
  return [
    ...list(each['parameters']).map((one) => message(8, parameter(one))),
    message(9, responses),
    ...extensions(each, 13),
  ];
}

/** ParametersItem → Parameter → NonBodyParameter → the query's or the path's. */
function parameter({ name, in: place, type, required }: JsonObject): Chunk[] {
  const fields = [bool(1, required), text(2, place), text(4, name), text(place === 'path' ? 5 : 6, type)];
  return [message(1, [message(2, [message(place === 'path' ? 4 : 3, fields)])])];
}

const named = (schemas: unknown): Chunk[] =>
  entries(schemas).map(([name, schema]) => message(1, [text(1, name), message(2, schemaOf(schema))]));

function schemaOf(schema: JsonObject): Chunk[] {
  const chunks = [text(1, schema['$ref']), text(2, schema['format']), text(4, schema['description'])];
  if (schema['default'] !== undefined) chunks.push(message(5, any(schema['default'])));
  for (const name of list<string>(schema['required'])) chunks.push(text(19, name));
  const additional = schema['additionalProperties'];
  if (isObject(additional)) chunks.push(message(21, [message(1, schemaOf(additional))]));
  else if (additional === true) chunks.push(message(21, [bool(2, true)]));
  if (schema['type'] !== undefined) chunks.push(message(22, [text(1, schema['type'])]));
  if (isObject(schema['items'])) chunks.push(message(23, [message(1, schemaOf(schema['items']))]));
  if (schema['properties'] !== undefined) chunks.push(message(25, named(schema['properties'])));
  return [...chunks, ...extensions(schema, 31)];
}

/** What begins with `x-`, as YAML; JSON is YAML. */
const extensions = (object: JsonObject, field: number): Chunk[] =>
  Object.entries(object)
    .filter(([key]) => key.startsWith('x-'))
    .map(([key, value]) => message(field, [text(1, key), message(2, any(value))]));

const any = (value: unknown): Chunk[] => [text(2, `${JSON.stringify(value)}\n`)];

const entries = (object: unknown): [string, JsonObject][] =>
  Object.entries((object ?? {}) as Record<string, JsonObject>);
const list = <T = JsonObject>(value: unknown): T[] => (Array.isArray(value) ? value : []);

function message(field: number, chunks: Chunk[]): Chunk {
  const body = Buffer.concat(chunks);
  return Buffer.concat([varint(field * 8 + LENGTH), varint(body.length), body]);
}

function text(field: number, value: unknown): Chunk {
  if (typeof value !== 'string' || value === '') return EMPTY;
  return message(field, [Buffer.from(value, 'utf8')]);
}

const bool = (field: number, value: unknown): Chunk => (value === true ? Buffer.from([field * 8, 1]) : EMPTY);

function varint(value: number): Chunk {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  bytes.push(value);
  return Buffer.from(bytes);
}
