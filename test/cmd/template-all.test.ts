/** Many releases at once: in their order, each as it would be alone, whatever happens to the others. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ManualClock } from '../../src/clock.ts';
import { runCommandLine } from '../../src/cmd/run.ts';
import { TemplatePool } from '../../src/cmd/template-pool.ts';
import { testIo } from './io.ts';

/** What serves as a thread. */
const program = fileURLToPath(new URL('../../dist/portolan.cjs', import.meta.url));

const CONFIG_MAP = `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  value: {{ .Values.value | quote }}
`;

/** A folder with charts named by the keys, each with that template. */
async function withCharts(templates: Record<string, string>, run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-all-'));
  try {
    for (const [name, template] of Object.entries(templates)) {
      write(join(folder, name, 'Chart.yaml'), 'apiVersion: v2\nname: web\nversion: 1.0.0\n');
      write(join(folder, name, 'values.yaml'), 'value: "1"\n');
      write(join(folder, name, 'templates/map.yaml'), template);
    }
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function template(directory: string, line: string, options = {}) {
  const io = testIo({ directory, program, variables: { PATH: process.env.PATH } }, options);
  const code = await runCommandLine(['template', ...line.split(' ')], io);
  return { code, ...io.out };
}

/** Takes longer the earlier it stands, and its text tells which it is. */
const slowFirst = (i: number) =>
  `${CONFIG_MAP}  loops: {{ $n := 0 }}{{ range until ${(20 - i) * 500} }}{{ $n = add1 $n }}{{ end }}{{ $n }}\n`;

test('texts are those of single runs, in the order of the charts', async () => {
  const names = Array.from({ length: 20 }, (_, i) => `chart-${String(19 - i).padStart(2, '0')}`);
  await withCharts(Object.fromEntries(names.map((name, i) => [name, slowFirst(i)])), async (folder) => {
    const { code, stdout, stderr } = await template(folder, `--all ${names.join(' ')} --set value=x -n shop`);
    assert.is(stderr, '');
    assert.is(code, 0);
    let alone = '';
    for (const name of names) alone += (await template(folder, `${name} ${name} --set value=x -n shop`)).stdout;
    assert.is(stdout, alone);
  });
});

test('one that fails is told and stops no other', async () => {
  await withCharts({ a: CONFIG_MAP, b: '{{ fail "not today" }}', C: CONFIG_MAP, d: CONFIG_MAP }, async (folder) => {
    const { code, stdout, stderr } = await template(folder, '--all a b C d none --output-dir out/deep');
    assert.is(code, 1);
    assert.is(stdout, 'wrote out/deep/a.yaml\nwrote out/deep/d.yaml\n');
    assert.match(stderr, /^==> b \(b\)\nError: execution error at \(web\/templates\/map.yaml:1:3\): not today\n/);
    assert.match(
      stderr,
      /==> C \(C\)\nlevel=ERROR .*\nError: release name check failed: release name "C": invalid release name/,
    );
    assert.match(stderr, '==> none (none)\nError: ');
    assert.match(stderr, /\nError: 3 of 5 releases failed\n$/);
    assert.equal(readdirSync(join(folder, 'out/deep')), ['a.yaml', 'd.yaml']);
    assert.is(readFileSync(join(folder, 'out/deep/d.yaml'), 'utf8'), (await template(folder, 'd d')).stdout);
  });
});

test('the summary is data or a table', async () => {
  await withCharts({ a: CONFIG_MAP, b: '{{ fail "not today" }}' }, async (folder) => {
    const failure = {
      name: 'b',
      namespace: 'shop',
      chart: 'b',
      status: 'failed',
      error:
        'execution error at (web/templates/map.yaml:1:3): not today\n\nUse --debug flag to render out invalid YAML',
    };
    const success = { name: 'a', namespace: 'shop', chart: 'a', status: 'rendered' };
    const totals = { rendered: 1, failed: 1 };
    const files = await template(folder, '--all a b -n shop --output-dir out -o json');
    assert.equal(JSON.parse(files.stdout), { releases: [{ ...success, file: 'out/a.yaml' }, failure], ...totals });
    const manifest = (await template(folder, 'a a -n shop')).stdout;
    const texts = await template(folder, '--all a b -n shop -o json');
    assert.equal(JSON.parse(texts.stdout), { releases: [{ ...success, manifest }, failure], ...totals });
    const table = await template(folder, '--all a b -n shop -o table');
    assert.match(
      table.stdout,
      /^NAME\tNAMESPACE\tCHART\tSTATUS +\na +\tshop +\ta +\trendered +\nb +\tshop +\tb +\tfailed: /,
    );
    assert.equal([files.code, texts.code, table.code], [1, 1, 1]);
  });
});

test('a list tells names, namespaces and values; the command line wins', async () => {
  await withCharts({ 'charts/web': `${CONFIG_MAP}  other: {{ .Values.other | default "none" }}\n` }, async (folder) => {
    write(join(folder, 'env/production.yaml'), 'value: production\nother: production\n');
    const list = `
releases:
  - chart: ../charts/web
  - { name: shop, chart: ../charts/web, namespace: sales, values: [production.yaml], set: [other=set] }
  - { name: ../out, chart: ../charts/web }
`;
    write(join(folder, 'env/releases.yaml'), list);
    const told = ({ stdout }: { stdout: string }) =>
      [...stdout.matchAll(/name: (.*)\n {2}namespace: (.*)\ndata:\n {2}value: (.*)\n {2}other: (.*)/g)].map((match) =>
        match.slice(1).join(' '),
      );
    const plain = await template(folder, '--all env/releases.yaml');
    assert.equal(told(plain), ['web default "1" none', 'shop sales "production" set']);
    assert.match(plain.stderr, /==> \.\.\/out \(charts\/web\)\nlevel=ERROR .*\nError: release name check failed/);
    const over = await template(folder, '--all env/releases.yaml --set other=line --output-dir out -n own');
    assert.is(over.code, 1);
    assert.equal(readdirSync(folder).sort(), ['charts', 'env', 'out']);
    assert.equal(readdirSync(join(folder, 'out')), ['shop.yaml', 'web.yaml']);
    assert.equal(told({ stdout: readFileSync(join(folder, 'out/shop.yaml'), 'utf8') }), ['shop own "production" line']);
    const fromInput = await template(join(folder, 'env'), '--all -', { stdin: list });
    assert.equal(told(fromInput), told(plain));
  });
});

const REFUSED: [line: string, list: string, message: string | RegExp][] = [
  [
    '--all a a',
    '',
    'two releases are called "a" in namespace "default": a and a; give them names of their own in a list',
  ],
  ['--all a charts/a --output-dir out', '', 'two releases are called "a": a and charts/a;'],
  ['--all a --generate-name', '', '--generate-name is for one release and does not go with --all'],
  ['--all a --dry-run=server', '', '--all renders without a cluster: --dry-run=server does not go with it'],
  ['a -o json', '', '--output is for --all'],
  ['--all', '', '"portolan template" requires at least 1 argument'],
  ['--all none.yaml', '', 'open none.yaml: no such file or directory'],
  ['--all list.yaml', 'charts: []', 'list.yaml: expected a list "releases" and no "charts"'],
  ['--all list.yaml', 'releases: 1', 'list.yaml: expected a list "releases"'],
  ['--all list.yaml', 'releases: [a]', 'list.yaml: releases[0]: expected a map'],
  ['--all list.yaml', 'releases: [{name: a}]', 'list.yaml: releases[0]: "chart" is missing'],
  [
    '--all list.yaml',
    'releases: [{chart: a, vaules: []}]',
    'list.yaml: releases[0]: unknown key "vaules"; there are: name,',
  ],
  ['--all list.yaml', 'releases: [{chart: a, name: 1}]', 'list.yaml: releases[0]: "name" must be a string'],
  ['--all list.yaml', 'releases: [{chart: a, set: a=1}]', 'list.yaml: releases[0]: "set" must be a list of strings'],
  ['--all list.yaml', 'releases: [', 'list.yaml: cannot unmarshal yaml document: '],
];

test('what cannot be meant is refused before anything is rendered', async () => {
  await withCharts({ a: CONFIG_MAP, 'charts/a': CONFIG_MAP }, async (folder) => {
    for (const [line, list, message] of REFUSED) {
      write(join(folder, 'list.yaml'), list);
      const { code, stdout, stderr } = await template(folder, line);
      assert.is(code, 1, line);
      assert.is(stdout, '', line);
      assert.match(stderr, message, line);
      assert.not(existsSync(join(folder, 'out')), line);
    }
  });
});

test('a terminal shows how far it is, and nothing of that is left', async () => {
  await withCharts({ a: CONFIG_MAP, b: CONFIG_MAP }, async (folder) => {
    const { stderr } = await template(folder, '--all a b --output-dir out', { terminal: true });
    assert.is(stderr, 'rendered 1 of 2\r\u001b[K');
  });
});

/** Includes itself so many times, and so a template. */
const NESTING = `
{{- define "in" }}{{ if . }}{{ include "in" (sub . 1) }}x{{ end }}{{ end }}
{{- define "out" }}{{ if . }}{{ template "out" (sub . 1) }}y{{ end }}{{ end }}
a: {{ include "in" (int .Values.includes) | len }}
b: {{ template "out" (int .Values.templates) }}`;

test('what nests deeper than the stack of Node is rendered nonetheless, as deep as Helm goes', async () => {
  await withCharts({ deep: NESTING }, async (folder) => {
    const { code, stdout, stderr } = await template(folder, 'deep --set includes=1000,templates=2000');
    assert.is(stderr, '');
    assert.is(code, 0);
    assert.is(stdout, `---\n# Source: web/templates/map.yaml\na: 1000\nb: ${'y'.repeat(2000)}\n`);
    const refused = await template(folder, 'deep --set includes=1001,templates=0');
    assert.is(refused.code, 1);
    assert.match(refused.stderr, 'rendering template has a nested reference name: in: unable to execute template');
    const all = await template(folder, '--all deep --set includes=900');
    assert.match(all.stdout, 'a: 900');
  });
});

const THREAD = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', (job) => {
  if (job === undefined) return parentPort.close();
  const [name] = job.args;
  if (name === 'dies') process.exit(7);
  if (name === 'throws') throw new Error('a fault');
  if (name === 'hungry') for (const kept = []; ; ) kept.push(new Array(1e6).fill({}));
  if (name === 'loops') for (;;);
  parentPort.postMessage({ text: name, told: '' });
});
`;

test('a thread that ends, or does not, costs its release alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-pool-'));
  const path = join(folder, 'thread.cjs');
  writeFileSync(path, THREAD);
  const clock = new ManualClock();
  const pool = new TemplatePool({
    program: path,
    variables: {},
    start: { directory: folder, stdin: '', stderr: { terminal: false, columns: 80 } },
    threads: 2,
    expected: 100,
    heapMegabytes: 64,
    timeout: 1500,
    clock,
  });
  try {
    const run = (name: string) => pool.run({ args: [name, ''], flags: new Map() });
    const told = ({ text, error }: { text: string; error?: string }) => error ?? text;
    const results = await Promise.all(['a', 'dies', 'b', 'throws', 'c', 'hungry', 'd'].map(run));
    assert.equal(results.map(told), [
      'a',
      'rendering broke off with code 7',
      'b',
      'rendering broke off: a fault',
      'c',
      'rendering takes more than 64 MiB of memory',
      'd',
    ]);
    const [loops, others] = [run('loops'), Promise.all(['e', 'f'].map(run))];
    assert.equal((await others).map(told), ['e', 'f']);
    await clock.advance(1500);
    assert.is(told(await loops), 'rendering takes longer than 1.5 s');
    assert.is(told(await run('g')), 'g');
  } finally {
    await pool.close();
    rmSync(folder, { recursive: true });
  }
});

test.run();
