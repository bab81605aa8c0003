/** What a request carries, from JSON, YAML or protobuf; a decoded object from the same process is copied. */
import { checkDepth, findDuplicates } from '../api/duplicates.ts';
import type { ApiRequest } from '../api/http.ts';
import { cloneJson, isObject } from '../api/json.ts';
import { decodeProtobuf } from '../api/protobuf.ts';
import { badRequest, failure, type StatusError } from '../api/status.ts';
import { jsonKind, parseJson as parseAsGo, toRawJson } from '../encoding/json.ts';
import { parseYaml as decodeYaml } from '../encoding/yaml.ts';
import { findYamlDuplicates } from './yaml-duplicates.ts';

/** The API server's limit for the body of a request. */
export const MAX_BODY = 3 * 1024 * 1024;

export interface DecodedBody {
  /** Belongs to the caller. Undefined without a body. */
  value: unknown;
  /** `duplicate field "…"`, for strict validation, or of YAML `line 2: key "…" already set in map`. */
  duplicates: string[];
  isYaml?: true;
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const ACCEPTED = ['application/json', 'application/yaml', PROTOBUF];

/** `kind`: what the body must be, for the error. */
export function decodeBody(request: ApiRequest, kind: string): DecodedBody {
  if (request.object !== undefined) return { value: cloneJson(request.object), duplicates: [] };
  const { body } = request;
  if (body === undefined || body.length === 0) return { value: undefined, duplicates: [] };
  checkSize(body);
  const type = mediaType(request);
  if (type === PROTOBUF) return { value: decodeProtobuf(body).object, duplicates: [] };
  try {
    if (type === 'application/json' || type === '') return versioned(body, request.query.get('fieldValidation'));
    if (type === 'application/yaml') return parseYaml(body, request.query.get('fieldValidation'));
  } catch (error) {
    const why = `${(error as Error).message} (${summary(body)})`;
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why}`);
  }
  throw unsupportedMediaType(ACCEPTED);
}

function versioned(body: Uint8Array, fieldValidation: string | null): DecodedBody {
  try {
    const decoded = parseJson(body, fieldValidation);
    const { value } = decoded;
    if (isObject(value) || value === null) return decoded;
    throw new Error(`json: cannot unmarshal ${jsonKind(value)} into Go value of type ${TYPE_META}`);
  } catch (error) {
    throw new Error(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

const TYPE_META = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

/** Of a body that makes no sense: what looks like JSON as text, anything else as bytes. */
function summary(body: Uint8Array): string {
  const bytes = Buffer.from(body.subarray(0, SHOWN));
  const more = body.length > SHOWN ? ' ...' : '';
  return (body[0] === 0x7b ? bytes.toString() : bytes.toString('hex')) + more;
}

const SHOWN = 30;

export function checkSize(body: Uint8Array): void {
  if (body.length > MAX_BODY) throw tooLarge(`limit is ${MAX_BODY}`);
}

export const tooLarge = (why: string): StatusError =>
  failure(413, 'RequestEntityTooLarge', `Request entity too large: ${why}`);

export const mediaType = ({ headers }: ApiRequest): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();

export const unsupportedMediaType = (accepted: string[]) =>
  failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

/** Duplicate fields are looked for unless the client does not care for them. Throws the texts of Go. */
export function parseJson(body: Uint8Array, fieldValidation: string | null = 'Ignore'): DecodedBody {
  const text = textOf(body);
  checkDepth(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = parseAsGo(text); // which finds the words for what is wrong
  }
  return { value, duplicates: fieldValidation === 'Ignore' ? [] : findDuplicates(text) };
}

/** The same for YAML, which may be JSON: then lines are only counted where there is something to tell of them. */
export function parseYaml(body: Uint8Array, fieldValidation: string | null = 'Ignore'): DecodedBody {
  const text = textOf(body);
  let value: unknown;
  try {
    value = JSON.parse(toRawJson(decodeYaml(text)));
  } catch (error) {
    throw new Error(`error converting YAML to JSON: ${(error as Error).message}`);
  }
  const isClean = fieldValidation === 'Ignore' || (isJson(text) && findDuplicates(text).length === 0);
  return { value, duplicates: isClean ? [] : findYamlDuplicates(text), isYaml: true };
}

function isJson(text: string): boolean {
  if (text[0] !== '{') return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const textOf = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
