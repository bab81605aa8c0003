/** What a response says: its value, its text, or the StatusError it stands for. */
import type { ApiResponse } from '../api/http.ts';
import { type Status, StatusError } from '../api/status.ts';

export async function bodyValue({ body }: ApiResponse): Promise<unknown> {
  if (body.type === 'object') return body.object;
  if (body.type === 'none') return undefined;
  return JSON.parse(await bodyText({ status: 200, headers: {}, body }));
}

export async function bodyText({ body }: ApiResponse): Promise<string> {
  switch (body.type) {
    case 'none':
      return '';
    case 'object':
      return JSON.stringify(body.object);
    case 'bytes':
      return Buffer.from(body.bytes).toString('utf8');
    case 'stream':
      return (await allOf(body.chunks)).toString('utf8');
    case 'watch':
      throw new Error('a watch has no text');
  }
}

/** Reasons and words of client-go for an answer that carries no Status, by code. */
const GENERIC: Record<number, [reason: string, message: string]> = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  403: ['Forbidden', 'the server does not allow access to the requested resource'],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  406: ['NotAcceptable', 'the server was unable to respond with a content type that the client supports'],
  409: ['Conflict', 'the server reported a conflict'],
  415: ['UnsupportedMediaType', 'the server was unable to process the content type'],
  422: ['Invalid', 'the server rejected our request due to an error in our request'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  500: ['InternalError', 'an error on the server has prevented the request from succeeding'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: [
    'Timeout',
    'the server was unable to return a response in the time allotted, but may still be processing the request',
  ],
};

export async function errorOf(response: ApiResponse, method: string, path: string): Promise<StatusError> {
  const status = await statusOf(response);
  if (status) return new StatusError(status);
  const [reason, message] = GENERIC[response.status] ?? [
    'Unknown',
    `the server responded with the status code ${response.status} but did not return more information`,
  ];
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `${message} (${method.toLowerCase()} ${path})`,
    reason,
    code: response.status,
  });
}

async function statusOf(response: ApiResponse): Promise<Status | undefined> {
  try {
    const value = (await bodyValue(response)) as Status | undefined;
    return value?.kind === 'Status' ? value : undefined;
  } catch {
    return undefined; // a proxy's error page: the code alone has to do
  }
}

async function allOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
