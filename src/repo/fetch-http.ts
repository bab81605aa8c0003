/**
 * Downloads over HTTP: redirects are followed without credentials to other hosts, a server that fails for a moment is
 * asked again, and a transfer that breaks off goes on where it was, if the server still has the same to send.
 */
import fetch, { type Response } from 'node-fetch';
import { realClock, sleep } from '../clock.ts';
import { agentFor, readTlsFiles, reasonOf } from '../registry/http.ts';
import { isBusy, isLost, PAUSES } from '../registry/retry.ts';
import {
  type Downloaded,
  type DownloadOptions,
  isSameHost,
  mayKnow,
  RefusedDownload,
  type Validators,
} from './download.ts';

/** No index or archive is larger. */
const MAX_BYTES = 512 * 1024 * 1024;
const TIMEOUT = 120_000;
const MAX_REDIRECTS = 10;

/** Undefined where the server says that it is still what `known` tells. Throws Helm's words. */
export async function fetchHttp(
  url: string,
  options: DownloadOptions,
  known: Validators,
): Promise<Downloaded | undefined> {
  const tls = readTlsFiles(options);
  const { timeout = TIMEOUT } = options;
  // As Go: nothing and less is no limit.
  const limit = timeout > 0 ? [AbortSignal.timeout(timeout)] : [];
  const signal = AbortSignal.any([...limit, ...(options.signal ? [options.signal] : [])]);
  const transfer: Transfer = { chunks: [], size: 0, validators: {} };
  for (let attempt = 0; ; attempt++) {
    try {
      return await continueTransfer(url, transfer, { ...options, signal, tls }, known);
    } catch (error) {
      const pause = PAUSES[attempt];
      if (limit[0]?.aborted) throw toldError(new Error(transfer.size > 0 ? TOO_LATE_FOR_ALL : TOO_LATE), url);
      if (pause === undefined || signal.aborted || !isPassing(error as Error)) throw toldError(error as Error, url);
      await sleep(options.clock ?? realClock, pause, signal);
    }
  }
}

const TOO_LATE = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
const TOO_LATE_FOR_ALL = 'context deadline exceeded (Client.Timeout or context cancellation while reading body)';

interface Session extends DownloadOptions {
  tls: ReturnType<typeof readTlsFiles>;
}

/** What came so far. */
interface Transfer {
  chunks: Buffer[];
  size: number;
  validators: Validators;
  /** By which a server knows whether it can send the rest; undefined: the whole is asked for again. */
  resumeBy?: string;
}

/** It may go better the next time. */
const isPassing = (error: Error): boolean =>
  error instanceof RefusedDownload ? isBusy(error.status) : isLost(error) || error instanceof BrokenRange;

class BrokenRange extends Error {}

/** It leads where nobody goes. */
class BadRedirect extends Error {
  readonly location: string;
  constructor(location: string, message: string) {
    super(message);
    this.location = location;
  }
}

function toldError(error: Error, url: string): Error {
  if (error instanceof RefusedDownload) return error;
  if (error instanceof BadRedirect)
    return new Error(`Get ${JSON.stringify(error.location)}: ${error.message}`, { cause: error });
  return new Error(`Get ${JSON.stringify(withoutPassword(url))}: ${reasonOf(error, new URL(url))}`, { cause: error });
}

/** As Go shows addresses. */
function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password === '') return url;
  shown.password = 'xxxxx';
  return shown.href;
}

async function continueTransfer(
  url: string,
  transfer: Transfer,
  options: Session,
  known: Validators,
): Promise<Downloaded | undefined> {
  const resumes = transfer.size > 0 && transfer.resumeBy !== undefined;
  const response = await follow(url, options, {
    ...(resumes && { range: `bytes=${transfer.size}-`, 'if-range': transfer.resumeBy! }),
    ...(known.etag !== undefined && { 'if-none-match': known.etag }),
    ...(known.lastModified !== undefined && { 'if-modified-since': known.lastModified }),
  });
  if (response.status === 304 && Object.keys(known).length > 0) return undefined;
  if (response.status === 206 && resumes) checkRange(response, transfer);
  else if (response.status === 200) begin(response, transfer);
  else {
    response.body?.resume();
    if (response.status === 416 && resumes) throw restarted(transfer);
    throw new RefusedDownload(url, response.status, response.statusText);
  }
  await receive(response, transfer, options.maxBytes ?? MAX_BYTES);
  const bytes = Buffer.concat(transfer.chunks.splice(0));
  return { bytes, ...transfer.validators };
}

function begin({ headers }: Response, transfer: Transfer): void {
  const [etag, lastModified] = [headers.get('etag'), headers.get('last-modified')];
  transfer.chunks = [];
  transfer.size = 0;
  transfer.validators = { ...(etag !== null && { etag }), ...(lastModified !== null && { lastModified }) };
  const strong = etag?.startsWith('W/') ? undefined : etag;
  // What is counted is what arrives here; a compressed transfer counts otherwise.
  transfer.resumeBy = headers.get('content-encoding') === null ? (strong ?? undefined) : undefined;
}

function checkRange({ headers, body }: Response, transfer: Transfer): void {
  if (headers.get('content-range')?.startsWith(`bytes ${transfer.size}-`)) return;
  body?.resume();
  throw restarted(transfer);
}

function restarted(transfer: Transfer): Error {
  transfer.resumeBy = undefined;
  return new BrokenRange('the server sends another part than was asked for');
}

async function receive({ body }: Response, transfer: Transfer, maxBytes: number): Promise<void> {
  for await (const chunk of body ?? []) {
    transfer.chunks.push(chunk as Buffer);
    transfer.size += (chunk as Buffer).length;
    if (transfer.size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
  }
}

async function follow(start: string, options: Session, headers: Record<string, string>): Promise<Response> {
  const first = new URL(start);
  let url = first;
  for (let redirects = 1; ; redirects++) {
    const isTrusted = isSameHost(url, first) || options.passCredentialsAll === true;
    const response = await fetch(withoutUser(url), {
      headers: {
        'user-agent': options.userAgent ?? 'portolan',
        ...(options.accept !== undefined && { accept: options.accept }),
        ...headers,
        ...(isTrusted && authorization(first, options)),
      },
      // An archive is compressed as it is; asked for like this it comes as it is.
      compress: options.accept === undefined,
      agent: await agentOf(url, options),
      redirect: 'manual',
      signal: options.signal as never,
    });
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
    response.body?.resume();
    if (redirects === MAX_REDIRECTS) throw new BadRedirect(location, `stopped after ${MAX_REDIRECTS} redirects`);
    url = new URL(location, url);
    if (!/^https?:$/.test(url.protocol))
      throw new BadRedirect(url.href, `unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`);
  }
}

/** As given, else as the address tells it. */
function authorization(url: URL, options: DownloadOptions): Record<string, string> {
  const { username = '', password = '' } = options;
  const isGiven = username !== '' && password !== '' && mayKnow(url.href, options);
  const pair = isGiven ? `${username}:${password}` : userOf(url);
  return pair === '' ? {} : { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

const userOf = ({ username, password }: URL): string =>
  username === '' ? '' : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;

function withoutUser(url: URL): string {
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  return plain.href;
}

async function agentOf(url: URL, { variables, tls }: Session) {
  const through = await agentFor(url, variables, tls);
  if (through !== undefined || url.protocol !== 'https:') return through;
  const { Agent } = await import('node:https');
  return new Agent(tls);
}
