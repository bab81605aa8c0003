/**
 * Transcripts of real helm 4.2.3 on a cluster of its own, which we must repeat word for word. Besides commands a line can
 * be a request, where what a command did is to be seen: `GET PATH FIELD`, `APPLY PATH OBJECT` (by another manager).
 * FOLDER is where it all happens, URL is an address that serves `repo/`, LOCKED the same behind a password, TLS behind certificates that stand beside it.
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join, normalize } from 'node:path';
import { resourcePath } from '../../src/client/resource-path.ts';
import { CONFIG_MAPS } from '../../src/client/resources.ts';
import { bodyValue } from '../../src/client/response.ts';
import { createCredentials } from '../../src/cluster/credentials.ts';
import { startTestCluster, type TestCluster } from '../e2e/cluster.ts';
import { isUpdating, linesOf, playTranscript, type Ran, readTranscript, splitLine } from '../support/transcript.ts';

/** Runs every command of the transcript: ours, or real helm where the answers are to be written down. */
export async function checkHelmTranscript(file: string): Promise<void> {
  const transcript = readTranscript(file);
  const cluster = await startTestCluster();
  try {
    for (const [name, content] of transcript.files) write(cluster, name, content);
    await withAddresses(cluster, async (addresses) => {
      await playTranscript(file, transcript, async (line) => {
        const words = splitLine(line).map((word) => withPlaces(word, { ...addresses, FOLDER: cluster.folder }));
        if (/^[A-Z]+$/.test(words[0]!)) return [await ask(cluster, words)];
        const ran = isUpdating() ? await cluster.helm(...words) : asHelm(await cluster.portolan(...words));
        const stderr = ran.stderr.replace(/^(?:level=(?:DEBUG|INFO)|[IWE]\d{4} ).*\n/gm, '');
        return linesOf({ ...ran, stderr }).map((text) => masked(text, cluster, addresses));
      });
    });
  } finally {
    await cluster.stop();
  }
}

/** Names of places in a word, put in. */
export const withPlaces = (word: string, places: Record<string, string>): string =>
  word.replace(/\b(FOLDER|URL|LOCKED|TLS)(HOST)?\b/g, (_, name, host) =>
    host ? new URL(places[name]!).host : places[name]!,
  );

function write({ folder }: TestCluster, name: string, content: string): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

export interface Addresses {
  URL: string;
  LOCKED: string;
  TLS: string;
}

/** Calls `run` with servers for the folder's `repo`, and the certificates that they ask for beside it. */
export async function withAddresses(cluster: TestCluster, run: (addresses: Addresses) => Promise<void>): Promise<void> {
  const { ca, server, admin } = createCredentials(['127.0.0.1'], Date.now());
  for (const [name, text] of Object.entries({ ca: ca.cert, client: admin.cert, 'client-key': admin.key }))
    write(cluster, `${name}.pem`, text);
  const tls = { ca: ca.cert, cert: server.cert, key: server.key, requestCert: true, rejectUnauthorized: true };
  const folder = join(cluster.folder, 'repo');
  const servers = [
    createServer(serving(folder)),
    createServer(serving(folder, `Basic ${Buffer.from('me:secret').toString('base64')}`)),
    createTlsServer(tls, serving(folder)),
  ];
  try {
    for (const each of servers) await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));
    const [plain, locked, secure] = servers.map((each) => `127.0.0.1:${(each.address() as AddressInfo).port}`);
    await run({ URL: `http://${plain}`, LOCKED: `http://${locked}`, TLS: `https://${secure}` });
  } finally {
    for (const each of servers) {
      each.closeAllConnections();
      await new Promise((resolve) => each.close(resolve));
    }
  }
}

const serving =
  (folder: string, password?: string): RequestListener =>
  (request, response) => {
    if (password !== undefined && request.headers.authorization !== password)
      return response.writeHead(401, { 'www-authenticate': 'Basic realm="here"' }).end();
    if (request.url!.startsWith('/v2/') && request.method !== 'GET') return takeUpload(request, response);
    const path = join(folder, normalize(new URL(request.url!, 'http://x').pathname).replace(/\/$/, '/index'));
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return response.writeHead(404).end();
    return response.end(readFileSync(path));
  };

/** As a registry that has nothing yet and takes everything. */
const takeUpload: RequestListener = (request, response) => {
  request.resume();
  if (request.method === 'HEAD') return response.writeHead(404).end();
  const isDone = request.method === 'PUT';
  return response.writeHead(isDone ? 201 : 202, { location: isDone ? request.url : `${request.url}upload` }).end();
};

/** What is at a field of an object, as JSON; what is wrong, where the server refuses. */
async function ask({ client }: TestCluster, [verb, where = '', rest = '']: string[]): Promise<string> {
  const [path, query] = where.split('?') as [string, string?];
  const response = await client.handler({
    method: verb === 'GET' ? 'GET' : 'PATCH',
    path: path.startsWith('/') ? path : resourcePath(CONFIG_MAPS, { namespace: 'default', name: path }),
    query: new URLSearchParams(query ?? (verb === 'APPLY' ? 'fieldManager=other&force=true' : '')),
    headers: {
      accept: 'application/json',
      ...(verb === 'APPLY' && { 'content-type': 'application/apply-patch+yaml' }),
    },
    ...(verb === 'APPLY' && { object: JSON.parse(rest) }),
  });
  if (response.status >= 400) return String(response.status);
  if (verb === 'APPLY') return 'applied';
  const value = rest
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown>)?.[key], await bodyValue(response));
  return JSON.stringify(value) ?? 'undefined';
}

/** Ours has another name, and tells on standard error how a wait goes and why it fails. */
const asHelm = ({ stdout, stderr, code }: Ran): Ran => ({
  code,
  stdout: stdout.replace(OWN_NAME, 'helm'),
  stderr: stderr
    .replace(OWN_NAME, 'helm')
    .replace(/^[A-Z]\w*\/[\w.-]+(?:: .*| is not ready:(?:\n {2}.*)*)\n/gm, '')
    .replace(/\nWhere this happened:\n[\s\S]*/, '\n'),
});
const OWN_NAME = /(?<=^|["'`]|Usage: {2})portolan(?=[ "])/gm;

const MASKS: [RegExp, string][] = [
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000 UTC */g, 'TIME '],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w+ +\d+ \d\d:\d\d:\d\d \d{4}/g, 'TIME'],
  [/127\.0\.0\.1:\d{4,5}/g, '127.0.0.1:PORT'],
  [/(v4\.2\.3)\+[\w.-]+/g, '$1'],
  [/UPDATED +/g, 'UPDATED '],
  [/((?:modifiedAt|createdAt)"?(?:=|:\s?)"?)\d+/g, '$1N'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID'],
  [/(resourceVersion"?: ?)"\d+"/g, '$1"N"'],
  [/\b(web-[0-9a-f]{8,10}|kube-api-access)-[a-z0-9]{5}\b/g, '$1-XXXXX'],
  [/\b(web|made)-\d{10}\b/g, '$1-N'],
  [/sha256:[0-9a-f]{64}|\b[0-9a-f]{64}\b/g, 'DIGEST'],
  [/(?<= )\d+(s|ms)$/g, 'AGE'],
  [/10\.96\.\d+\.\d+/g, '10.96.x.x'],
];

function masked(line: string, { folder }: TestCluster, addresses: Addresses): string {
  let text = line.replaceAll(folder, 'FOLDER');
  for (const [name, url] of Object.entries(addresses))
    text = text.replaceAll(url, name).replaceAll(new URL(url).host, `${name}HOST`);
  return MASKS.reduce((rest, [pattern, by]) => rest.replace(pattern, by), text);
}
