/** What a request carries, from JSON, YAML or protobuf; a decoded object from the same process is copied. */
import { checkDepth, findDuplicates } from '../api/duplicates.ts';
import type { ApiRequest } from '../api/http.ts';
import { cloneJson } from '../api/json.ts';
import { decodeProtobuf } from '../api/protobuf.ts';
import { badRequest, failure } from '../api/status.ts';
import { toRawJson } from '../encoding/json.ts';
import { parseYaml as decodeYaml } from '../encoding/yaml.ts';

export const MAX_BODY = 3 * 1024 * 1024;

export interface DecodedBody {
  /** Belongs to the caller. Undefined without a body. */
  value: unknown;
  /** `duplicate field "…"`, for strict validation. */
  duplicates: string[];
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const ACCEPTED = ['application/json', 'application/yaml', PROTOBUF];

export function decodeBody(request: ApiRequest): DecodedBody {
  if (request.object !== undefined) return { value: cloneJson(request.object), duplicates: [] };
  const { body } = request;
  if (body === undefined || body.length === 0) return { value: undefined, duplicates: [] };
  checkSize(body);
  const type = mediaType(request);
  if (type === PROTOBUF) return { value: decodeProtobuf(body).object, duplicates: [] };
  if (type === 'application/json' || type === '') return parseJson(body, request.query.get('fieldValidation'));
  if (type === 'application/yaml') return { value: parseYaml(body), duplicates: [] };
  throw unsupportedMediaType(ACCEPTED);
}

export function checkSize(body: Uint8Array): void {
  if (body.length <= MAX_BODY) return;
  throw failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY}`);
}

export const mediaType = ({ headers }: ApiRequest): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();

export const unsupportedMediaType = (accepted: string[]) =>
  failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

/** Duplicate fields are looked for unless the client does not care for them. */
export function parseJson(body: Uint8Array, fieldValidation: string | null = 'Ignore'): DecodedBody {
  const text = textOf(body);
  try {
    checkDepth(text);
    const value: unknown = JSON.parse(text);
    return { value, duplicates: fieldValidation === 'Ignore' ? [] : findDuplicates(text) };
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

export function parseYaml(body: Uint8Array): unknown {
  try {
    return JSON.parse(toRawJson(decodeYaml(textOf(body))));
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${(error as Error).message}`);
  }
}

const textOf = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
