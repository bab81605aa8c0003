/** The object a request carries, from JSON, YAML or protobuf; a decoded one from the same process is copied. */
import type { ApiRequest } from '../api/http.ts';
import { cloneJson } from '../api/json.ts';
import { badRequest, failure } from '../api/status.ts';
import { toRawJson } from '../encoding/json.ts';
import { parseYaml as decodeYaml } from '../encoding/yaml.ts';

export const MAX_BODY = 3 * 1024 * 1024;

/** A value that belongs to the caller. Undefined without a body. */
export function decodeBody(request: ApiRequest): unknown {
  if (request.object !== undefined) return cloneJson(request.object);
  const { body } = request;
  if (body === undefined || body.length === 0) return undefined;
  checkSize(body);
  const type = mediaType(request);
  if (type === 'application/json' || type === '') return parseJson(body);
  if (type === 'application/yaml') return parseYaml(body);
  throw unsupportedMediaType(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'], type);
}

export function checkSize(body: Uint8Array): void {
  if (body.length <= MAX_BODY) return;
  throw failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY}`);
}

export const mediaType = ({ headers }: ApiRequest): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();

export const unsupportedMediaType = (accepted: string[], type: string) =>
  failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    type === '' ? undefined : { causes: [] },
  );

export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(text(body));
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

export function parseYaml(body: Uint8Array): unknown {
  try {
    return JSON.parse(toRawJson(decodeYaml(text(body))));
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${(error as Error).message}`);
  }
}

const text = (body: Uint8Array): string => Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
