/** Fetches what an address names: over HTTP, from a `file://` folder on this machine, or by whoever knows another scheme. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ProxyVariables } from '../client/proxy-choice.ts';
import type { Clock } from '../clock.ts';
import { isOci } from '../registry/reference.ts';

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
  /** Milliseconds for all that it takes, retries too; default two minutes. */
  timeout?: number;
  /** Larger answers are refused; default 512 MiB. */
  maxBytes?: number;
  signal?: AbortSignal;
  userAgent?: string;
  /** Where proxies are named. */
  variables?: ProxyVariables;
  /** By which retries wait; the computer's own where absent. */
  clock?: Clock;
  /** Who fetches from a scheme that is none of ours. */
  getter?(scheme: string): Promise<Getter | undefined>;
  /** For `oci://`: files of credentials, plain HTTP, and who is told what was pulled. */
  credentialFiles?: readonly string[];
  plainHttp?: boolean;
  onPulled?(reference: string, digest: string): void;
}

export type Getter = (url: string, options: DownloadOptions) => Promise<Uint8Array>;

/** By what a server tells one content of an address from the next. */
export interface Validators {
  etag?: string;
  lastModified?: string;
}

export interface Downloaded extends Validators {
  bytes: Uint8Array;
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

/** Throws Helm's words: `failed to fetch URL : 404 Not Found`. */
export async function download(url: string, options: DownloadOptions = {}): Promise<Uint8Array> {
  return (await downloadIfChanged(url, options))!.bytes;
}

/** Undefined where it is still what `known` tells. */
export async function downloadIfChanged(
  url: string,
  options: DownloadOptions,
  known: Validators = {},
): Promise<Downloaded | undefined> {
  // Helm asks a registry for it, which has nothing without a tag.
  if (isOci(url)) throw new Error('failed to perform "FetchReference" on source: invalid reference');
  const { protocol } = new URL(url);
  if (protocol === 'file:') return { bytes: await readLocal(url) };
  if (protocol === 'http:' || protocol === 'https:') {
    const { fetchHttp } = await import('./fetch-http.ts');
    return fetchHttp(url, options, known);
  }
  const getter = await getterOf(url, options);
  return { bytes: await getter(url, mayKnow(url, options) ? options : { ...options, username: '', password: '' }) };
}

/** Throws Helm's words for addresses that nothing can be fetched from. */
export async function checkProtocol(url: string, options: DownloadOptions): Promise<void> {
  checkAddress(url);
  if (!/^(?:https?|file|oci):/i.test(url)) await getterOf(url, options);
}

/** As Go reads addresses: before a colon stands a scheme, or a path. Throws Helm's words. */
export function checkAddress(url: string): void {
  if (!SCHEME.test(url) && /^[^/?#]*:/.test(url)) throw new Error(`invalid chart URL format: ${url}`);
}

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

async function getterOf(url: string, { getter }: DownloadOptions): Promise<Getter> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1] ?? '';
  const found = scheme === '' ? undefined : await getter?.(scheme);
  if (found === undefined) throw new Error(`could not find protocol handler for: ${scheme}`);
  return found;
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

/** Whether credentials may be sent there. */
export const mayKnow = (url: string, { owner = url, passCredentialsAll = false }: DownloadOptions): boolean =>
  passCredentialsAll || isSameHost(new URL(url), new URL(owner));

/** The same scheme, host and port. */
export const isSameHost = (a: URL, b: URL): boolean => a.protocol === b.protocol && a.host === b.host;

/** `reference` seen from `base`, which is a folder whether or not it ends in a slash; its query is kept. */
export function resolveUrl(base: string, reference: string): string {
  if (SCHEME.test(reference)) return reference;
  if (/^https?:\/*$/i.test(base)) throw new Error(`Get "${base}/${reference}": http: no Host in request URL`);
  const folder = new URL(base);
  const { search } = folder;
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  const resolved = new URL(reference, folder);
  if (resolved.search === '') resolved.search = search;
  return resolved.href;
}
