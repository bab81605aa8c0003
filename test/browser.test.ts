/** The library for browsers renders what the one for Node renders: where nothing of Node is, and in Chromium. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packArchive } from '../src/archive/pack.ts';
import { NAME, SCAFFOLD } from '../src/chart/scaffold.ts';
import { loadArchive, loadFiles, render } from '../src/index.ts';
import { inBrowser } from './support/chromium.ts';

const bundle = fileURLToPath(new URL('../dist/browser.js', import.meta.url));

const FUNCTIONS = `apiVersion: v1
kind: ConfigMap
metadata:
  name: functions
data:
  sums: {{ list (sha1sum "a") (sha256sum "a") (sha512sum "a") (adler32sum "a") (b64enc "ä") | toJson | squote }}
  regex: {{ regexReplaceAll "(?i)a(x*)b" "-axXb-" "\${1}W" }}{{ regexFind "^(a+)+$" "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" }}
  semver: {{ semverCompare "^1.2.0" "1.3.0" | quote }}
  date: {{ dateInZone "2006-01-02T15:04:05Z07:00" (0 | int64) "Europe/Berlin" }}
  toml: {{ (fromToml "a = [1, 2]").a | toJson | squote }}
  yaml: {{ fromYaml "on: 0x10" | toYaml | squote }}
  random: {{ list (len (randAlphaNum 12)) (len uuidv4) (len (htpasswd "a" "b")) (len (randBytes 70000)) | toJson }}
`;

const scaffold = (name: string) =>
  Object.entries(SCAFFOLD).map(([path, text]) => [path, text.replaceAll(NAME, name)] as const);

/** A chart with what a browser may find hard: a subchart in an archive, a schema, Handlebars, all kinds of functions. */
async function chartFiles(): Promise<Record<string, string | Uint8Array>> {
  const subchart = scaffold('sub').map(([path, text]) => ({ name: `sub/${path}`, data: Buffer.from(text) }));
  return {
    ...Object.fromEntries(scaffold('web')),
    'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.2.3\ndependencies: [{ name: sub, version: "*" }]\n',
    'values.schema.json': '{ "properties": { "replicaCount": { "type": "integer", "maximum": 9 } } }',
    'templates/functions.yaml': FUNCTIONS,
    'templates/bars.hbs': 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{Release.Name}}-{{upper "bars"}}\n',
    'charts/sub-0.1.0.tgz': await packArchive(subchart, { mtime: new Date(0) }),
  };
}

const FAILING = {
  'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.2.3\n',
  'templates/a.yaml': 'a: {{ (genCA "a" 1).Cert }}',
};

const OPTIONS = { releaseName: 'a', namespace: 'b', overrides: { ingress: { enabled: true } } };

type Library = Record<'loadArchive' | 'loadFiles' | 'render', (...args: unknown[]) => unknown>;

/** What is compared. Runs in the browser too, as text. */
async function outcome({ loadArchive, loadFiles, render }: Library, input: Record<string, unknown>): Promise<unknown> {
  const told = (run: () => unknown) => (async () => await run())().then(String, (error) => error.message);
  const rendered = async (chart: unknown) => {
    const result = (await render(await chart, input.options)) as Awaited<
      ReturnType<typeof import('../src/browser.ts').render>
    >;
    return { ...result, files: [...result.files], chart: '', values: '', capabilities: '' };
  };
  const wrong = { ...(input.options as object), overrides: { replicaCount: 10 } };
  return {
    files: await rendered(loadFiles(input.files)),
    archive: await rendered(loadArchive(input.archive)),
    schema: await told(async () => render((await loadFiles(input.files)) as never, wrong)),
    damaged: await told(() => loadArchive((input.archive as Uint8Array).subarray(0, 3))),
    nothing: await told(() => loadArchive(new Uint8Array(0))),
  };
}

async function inputOf() {
  const files = await chartFiles();
  const named = Object.entries(files).map(([name, data]) => ({ name: `web/${name}`, data: Buffer.from(data) }));
  return { files, archive: await packArchive(named, { mtime: new Date(0) }), options: OPTIONS, failing: FAILING };
}

const inNode = (input: Record<string, unknown>) =>
  outcome({ loadArchive, loadFiles, render } as unknown as Library, input);
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

test('nothing of Node is needed', async () => {
  assert.not.match(readFileSync(bundle, 'utf8'), /\bimport\s*[("'{*]|\bfrom\s*["']/);
  const { outputFiles } = await build({
    entryPoints: [bundle],
    bundle: true,
    format: 'iife',
    globalName: 'library',
    write: false,
    logLevel: 'silent',
  });
  const { crypto, Blob, DecompressionStream, setTimeout } = globalThis;
  const context = createContext({ TextDecoder, TextEncoder, URL, crypto, Blob, DecompressionStream, setTimeout });
  runInContext(outputFiles[0]!.text, context);
  const input = await inputOf();
  const library = context.library as Library;
  assert.equal(plain(await outcome(library, input)), plain(await inNode(input)));
  const failure = async () => library.render(await library.loadFiles(FAILING), OPTIONS);
  const message = await failure().then(String, (error) => error.message);
  assert.match(message, 'error calling genCA: a browser has no crypto of Node');
});

const PAGE = `<!doctype html><meta charset="utf-8"><script type="module">
const __name = (named) => named; // what the test's own compiler puts into functions
const outcome = ${outcome.toString()};
const input = await (await fetch('/input')).json();
const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const entries = Object.entries(input.files).map(([name, content]) => [name, content.base64 ? bytes(content.base64) : content]);
const given = { ...input, files: Object.fromEntries(entries), archive: bytes(input.archive) };
const told = await import('/browser.js').then((library) => outcome(library, given)).catch((error) => ({ error: String(error.stack) }));
await fetch('/outcome', { method: 'POST', body: JSON.stringify(told) });
</script>`;

const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

inBrowser('Chromium renders what Node renders', async () => {
  const input = await inputOf();
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const files = Object.entries(input.files).map(([name, content]) =>
    typeof content === 'string' ? [name, content] : [name, { base64: base64(content) }],
  );
  const sent = { ...input, files: Object.fromEntries(files), archive: base64(input.archive) };
  const answers: Record<string, [type: string, text: string]> = {
    '/': ['text/html', PAGE],
    '/input': ['application/json', JSON.stringify(sent)],
    '/browser.js': ['text/javascript', readFileSync(bundle, 'utf8')],
  };
  const profile = mkdtempSync(join(tmpdir(), 'portolan-chromium-'));
  let told: (outcome: unknown) => void = () => {};
  const outcomeTold = new Promise<unknown>((resolve) => (told = resolve));
  const server = createServer(async (request, response) => {
    if (request.url === '/outcome') told(JSON.parse(await bodyOf(request)));
    const [type, content] = answers[request.url ?? ''] ?? ['text/plain', ''];
    response.setHeader('content-type', type).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const words = [...FLAGS.split(' '), '--remote-debugging-port=0', `--user-data-dir=${profile}`];
  const chromium = spawn('chromium', [...words, `http://127.0.0.1:${port}/`], { stdio: 'ignore', detached: true });
  const ended = new Promise((resolve) => chromium.once('exit', resolve));
  const limit = setTimeout(() => told({ error: 'the page told nothing within 60 s' }), 60_000);
  try {
    assert.equal(await outcomeTold, plain(await inNode(input)));
  } finally {
    clearTimeout(limit);
    process.kill(-chromium.pid!, 'SIGKILL'); // with the processes that it has started
    await ended;
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await request.toArray()).toString('utf8');
}

test.run();
