/** Fetches what an address names: over HTTP, or from a `file://` folder on this machine. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '../registry/http.ts';

export interface DownloadOptions {
  username?: string;
  password?: string;
  /** The repository's address: credentials go to its scheme, host and port only … */
  owner?: string;
  /** … unless this is set. */
  passCredentialsAll?: boolean;
  certFile?: string;
  keyFile?: string;
  caFile?: string;
  insecureSkipTlsVerify?: boolean;
  accept?: string;
  /** Milliseconds; default two minutes. */
  timeout?: number;
  /** Larger answers are refused; default 512 MiB. */
  maxBytes?: number;
  signal?: AbortSignal;
  userAgent?: string;
  /** For `oci://`: files of credentials, plain HTTP, and who is told what was pulled. */
  credentialFiles?: readonly string[];
  plainHttp?: boolean;
  onPulled?(reference: string, digest: string): void;
}

/** The server's answer was not 200. */
export class RefusedDownload extends Error {
  readonly status: number;
  readonly statusText: string;

  constructor(url: string, status: number, statusText: string) {
    super(`failed to fetch ${url} : ${status} ${statusText}`);
    this.status = status;
    this.statusText = statusText;
  }
}

/** No index or archive is larger. */
const MAX_BYTES = 512 * 1024 * 1024;

/** Throws Helm's words: `failed to fetch URL : 404 Not Found`. */
export async function download(url: string, options: DownloadOptions = {}): Promise<Uint8Array> {
  const { protocol } = new URL(url);
  if (protocol === 'file:') return readLocal(url);
  checkProtocol(url);
  const { default: fetch } = await import('node-fetch');
  const limit = AbortSignal.timeout(options.timeout ?? 120_000);
  const failed = (cause: Error): never => {
    throw new Error(`Get ${JSON.stringify(url)}: ${reasonOf(cause, new URL(url))}`, { cause });
  };
  const response = await fetch(url, {
    headers: {
      'user-agent': options.userAgent ?? 'portolan',
      ...(options.accept !== undefined && { accept: options.accept }),
      ...authorization(url, options),
    },
    agent: protocol === 'https:' ? await secureAgent(options) : undefined,
    size: options.maxBytes ?? MAX_BYTES,
    // node-fetch drops the authorization header when a redirect leads to another host.
    signal: (options.signal ? AbortSignal.any([limit, options.signal]) : limit) as never,
  }).catch(failed);
  if (response.status !== 200) throw new RefusedDownload(url, response.status, response.statusText);
  return new Uint8Array(await response.arrayBuffer().catch(failed));
}

/** Throws Helm's words for addresses that nothing can be fetched from. */
export function checkProtocol(url: string): void {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1] ?? '';
  if (!['http', 'https', 'file'].includes(scheme)) throw new Error(`could not find protocol handler for: ${scheme}`);
}

async function readLocal(url: string): Promise<Uint8Array> {
  const path = fileURLToPath(url);
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`open ${path}: ${code === 'ENOENT' ? 'no such file or directory' : message}`, { cause: error });
  }
}

function authorization(url: string, options: DownloadOptions): Record<string, string> {
  const { username = '', password = '', owner = url, passCredentialsAll = false } = options;
  if (username === '' || password === '') return {};
  if (!passCredentialsAll && !isSameOrigin(url, owner)) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

const isSameOrigin = (a: string, b: string): boolean => new URL(a).origin === new URL(b).origin;

async function secureAgent(options: DownloadOptions) {
  const { certFile, keyFile, caFile, insecureSkipTlsVerify } = options;
  if (!certFile && !keyFile && !caFile && !insecureSkipTlsVerify) return undefined;
  const { Agent } = await import('node:https');
  const read = (path: string | undefined) => (path ? readFile(path) : undefined);
  return new Agent({
    cert: await read(certFile),
    key: await read(keyFile),
    ca: await read(caFile),
    rejectUnauthorized: !insecureSkipTlsVerify,
  });
}

/** `reference` seen from `base`, which is a folder whether or not it ends in a slash; its query is kept. */
export function resolveUrl(base: string, reference: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) return reference;
  const folder = new URL(base);
  const { search } = folder;
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const resolved = new URL(reference, folder);
  if (resolved.search === '') resolved.search = search;
  return resolved.href;
}
