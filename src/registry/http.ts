/** One request over HTTP or HTTPS, answered whole. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';

export interface TlsFiles {
  certFile?: string;
  keyFile?: string;
  caFile?: string;
  insecureSkipTlsVerify?: boolean;
}

export interface HttpRequest extends TlsFiles {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
  /** The answer may not be larger. */
  maxBytes: number;
  /** Milliseconds without a byte. */
  timeout?: number;
  signal?: AbortSignal;
}

export interface HttpResponse {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

const IDLE = 60_000;

/** Follows no redirect. Throws in Go's words where the server cannot be reached. */
export async function sendRequest(request: HttpRequest): Promise<HttpResponse> {
  const url = new URL(request.url);
  const { request: start } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => reject(new Error(`${describe(request)}: ${reasonOf(cause, url)}`, { cause }));
    const outgoing = start(url, optionsOf(request), (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= request.maxBytes) chunks.push(chunk);
        else {
          fail(new Error(`the answer is larger than ${request.maxBytes} bytes`));
          outgoing.destroy();
        }
      });
      incoming.on('error', fail);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.setTimeout(request.timeout ?? IDLE, () => outgoing.destroy(new Error('i/o timeout')));
    outgoing.on('error', fail);
    outgoing.end(request.body);
  });
}

function optionsOf(request: HttpRequest): RequestOptions {
  const read = (path: string | undefined) => (path ? readFileSync(path) : undefined);
  return {
    method: request.method,
    headers: {
      'user-agent': 'portolan',
      ...(request.body !== undefined && { 'content-length': String(request.body.length) }),
      ...request.headers,
    },
    cert: read(request.certFile),
    key: read(request.keyFile),
    ca: read(request.caFile),
    rejectUnauthorized: !request.insecureSkipTlsVerify,
    signal: request.signal,
    agent: false,
  };
}

const describe = ({ method, url }: HttpRequest): string =>
  `${method[0]}${method.slice(1).toLowerCase()} ${JSON.stringify(url)}`;

/** The causes that are met most, as Go prints them. */
export function reasonOf(error: Error, { hostname, port, protocol }: URL): string {
  const { code } = error as NodeJS.ErrnoException;
  const { address, port: number } = error as { address?: string; port?: number };
  const at = `${address ?? hostname}:${number ?? (port || (protocol === 'https:' ? 443 : 80))}`;
  if (code === 'ECONNREFUSED') return `dial tcp ${at}: connect: connection refused`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${hostname}: no such host`;
  if (code === 'EPROTO' && protocol === 'https:') return 'http: server gave HTTP response to HTTPS client';
  return error.message;
}
