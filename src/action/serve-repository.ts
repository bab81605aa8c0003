/** Serves the folder of a repository on this machine: index, archives and pages, and nothing outside of it. */
import { createReadStream, realpathSync, type Stats, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, sep } from 'node:path';

export interface ServeOptions {
  /** The repository's folder. */
  directory: string;
  /** 0 takes one that is free. */
  port: number;
}

export interface Served {
  url: string;
  stop(): Promise<void>;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.yaml': 'application/yaml; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.tgz': 'application/gzip',
  '.prov': 'text/plain; charset=utf-8',
};

export async function serveRepository({ directory, port }: ServeOptions): Promise<Served> {
  const stats = statSync(directory, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) throw new Error(`serve ${JSON.stringify(directory)}: there is no such folder`);
  const root = realpathSync(directory);
  const server = createServer((request, response) => answer(root, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(root: string, request: IncomingMessage, response: ServerResponse): void {
  const found = findFile(root, request.url ?? '/');
  if (request.method !== 'GET' && request.method !== 'HEAD') refuse(response, 405, { allow: 'GET, HEAD' });
  else if (found === undefined) refuse(response, 404);
  else send(found, request, response);
}

function send(found: FoundFile, request: IncomingMessage, response: ServerResponse): void {
  const etag = `"${found.stats.size.toString(16)}-${found.stats.mtimeMs.toString(16)}"`;
  const headers = {
    etag,
    'last-modified': found.stats.mtime.toUTCString(),
    'content-type': TYPES[extname(found.path)] ?? 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  };
  if (request.headers['if-none-match'] === etag) response.writeHead(304, headers).end();
  else {
    response.writeHead(200, { ...headers, 'content-length': found.stats.size });
    if (request.method === 'HEAD') response.end();
    else
      createReadStream(found.path)
        .on('error', () => response.destroy())
        .pipe(response);
  }
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(status === 404 ? 'not found\n' : 'not allowed\n');
}

interface FoundFile {
  path: string;
  stats: Stats;
}

/** A file below `root`, links followed; names that begin with a dot are nobody's business. */
function findFile(root: string, url: string): FoundFile | undefined {
  try {
    const pathname = decodeURIComponent(url.split(/[?#]/, 1)[0]!);
    const names = pathname.split('/').filter((name) => name !== '');
    if (names.some((name) => name.startsWith('.') || /[\\\0]/.test(name))) return undefined;
    const asked = join(root, ...names, pathname.endsWith('/') ? 'index.html' : '');
    const path = realpathSync(asked);
    const stats = statSync(path);
    return stats.isFile() && path.startsWith(root + sep) ? { path, stats } : undefined;
  } catch {
    return undefined;
  }
}
