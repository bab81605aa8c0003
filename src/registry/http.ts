/** One request over HTTP or HTTPS, answered whole. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { dialError } from '../client/dial-error.ts';
import { type ProxyVariables, proxyFor } from '../client/proxy-choice.ts';

export interface TlsFiles {
  certFile?: string;
  keyFile?: string;
  caFile?: string;
  insecureSkipTlsVerify?: boolean;
}

export interface HttpRequest extends TlsFiles {
  /** Where proxies are named. */
  variables?: ProxyVariables;
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
  const fields = optionsOf(request);
  const agent = await agentFor(url, request.variables, fields);
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => reject(new Error(`${describe(request)}: ${reasonOf(cause, url)}`, { cause }));
    const outgoing = start(url, { ...fields, agent: agent ?? false }, (incoming) => {
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

/** What reaches the address through a proxy; undefined where none stands in between. */
export async function agentFor(url: URL, variables: ProxyVariables | undefined, tls: RequestOptions) {
  const proxy = proxyFor(url, variables);
  return proxy && (await import('./proxy-agent.ts')).proxyAgent(url, proxy, tlsOptions(tls));
}

const tlsOptions = ({ cert, key, ca, rejectUnauthorized }: RequestOptions) => ({ cert, key, ca, rejectUnauthorized });

/** The contents of the files. As Helm: half a client certificate alone counts for nothing. Throws its words. */
export function readTlsFiles({ certFile, keyFile, caFile, insecureSkipTlsVerify }: TlsFiles) {
  if (!(certFile && keyFile) && !caFile && !insecureSkipTlsVerify) return { rejectUnauthorized: true };
  const [cert, key] =
    certFile || keyFile
      ? [readFile(certFile ?? '', 'unable to read cert file: '), readFile(keyFile ?? '', 'unable to read key file: ')]
      : [];
  if (cert !== undefined && key !== undefined) checkPair(cert, key);
  const ca = caFile ? readFile(caFile, "can't read CA file: ") : undefined;
  if (ca?.includes('-----BEGIN CERTIFICATE-----') === false)
    throw new Error(`${NO_CONFIG}failed to append certificates from pem block`);
  return { cert, key, ca, rejectUnauthorized: !insecureSkipTlsVerify };
}

const NO_CONFIG = "can't create TLS config for client: ";

function checkPair(cert: Buffer, key: Buffer): void {
  let isPair: boolean;
  try {
    isPair = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`${NO_CONFIG}unable to load cert from key pair: tls: ${reason}`, { cause });
  }
  if (!isPair)
    throw new Error(`${NO_CONFIG}unable to load cert from key pair: tls: private key does not match public key`);
}

function readFile(path: string, doing: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? `open ${path}: no such file or directory` : message;
    throw new Error(`${NO_CONFIG}${doing}${JSON.stringify(path)}: ${reason}`, { cause });
  }
}

function optionsOf(request: HttpRequest): RequestOptions {
  return {
    method: request.method,
    headers: {
      'user-agent': 'portolan',
      ...(request.body !== undefined && { 'content-length': String(request.body.length) }),
      ...request.headers,
    },
    ...readTlsFiles(request),
    signal: request.signal,
  };
}

const describe = ({ method, url }: HttpRequest): string =>
  `${method[0]}${method.slice(1).toLowerCase()} ${JSON.stringify(url)}`;

/** In Go's words, whether Node tells it or node-fetch, which keeps no more than the message. */
export function reasonOf(error: Error, { hostname, port, protocol }: URL): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EPROTO' && protocol === 'https:') return 'http: server gave HTTP response to HTTPS client';
  if (code === 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED') return 'remote error: tls: certificate required';
  const told = {
    ...error,
    code,
    message: message.replace(/^request to .* failed, reason: /, ''),
    host: hostname,
    cert: { subjectaltname: namesIn(message) },
  };
  return dialError(told, hostname, port || (protocol === 'https:' ? 443 : 80));
}

/** What a certificate is for, by Node's complaint that it is not for the host. */
function namesIn(message: string): string {
  const addresses = /cert's list: (.+)$/.exec(message)?.[1];
  if (addresses !== undefined) return `IP Address:${addresses.replaceAll(', ', ', IP Address:')}`;
  return /cert's altnames: (.+)$/.exec(message)?.[1] ?? '';
}
