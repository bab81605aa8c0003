/** A chart that does not render is explained to people, and only to them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommandLine } from '../../src/cmd/run.ts';
import { testIo } from './io.ts';

async function explain(files: Record<string, string>, { terminal = false, words = [] as string[] } = {}) {
  const chart = mkdtempSync(join(tmpdir(), 'portolan-explain-'));
  try {
    for (const [name, text] of Object.entries({
      'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
      'values.yaml': 'image:\n  tag: a\nsub:\n  port: 1\n',
      ...files,
    })) {
      mkdirSync(dirname(join(chart, name)), { recursive: true });
      writeFileSync(join(chart, name), text);
    }
    const io = testIo({}, { terminal });
    const code = await runCommandLine(['template', chart, ...words], io);
    assert.is(code, 1);
    const [helm, ours] = io.out.stderr.split('\nWhere this happened:\n');
    return { helm: helm!, ours };
  } finally {
    rmSync(chart, { recursive: true, force: true });
  }
}

const TEMPLATE = {
  'templates/_helpers.tpl': '{{- define "tag" -}}\n{{ .Values.image.name.short }}\n{{- end -}}\n',
  'templates/a.yaml': 'a: 1\nb: {{ include "tag" . }}\n',
};
const TEMPLATE_LINES = `  web/templates/a.yaml:2:6
    b: {{ include "tag" . }}
          ^
  web/templates/_helpers.tpl:2:10
    {{ .Values.image.name.short }}
              ^
  .Values.image.name.short: .Values.image has no "name"
`;
const YAML = { 'templates/a.yaml': 'a: 1\nb:\n  c: 2\n d: 3\ne: 4\n' };
const SUBCHART = {
  'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 0.1.0\n',
  'charts/sub/templates/b.yaml': 'a: {{ .Values.port.name.x }}\n',
};

test('a broken template: its line, those that include it, and how far the values lead', async () => {
  for (const how of [{ terminal: true }, { words: ['--debug'] }])
    assert.is((await explain(TEMPLATE, how)).ours, TEMPLATE_LINES);
});

test('broken YAML: the rendered lines around the fault', async () => {
  const { ours = '' } = await explain(YAML, { terminal: true });
  assert.match(ours, /^ {2}web\/templates\/a\.yaml rendered:\n/);
  assert.match(ours, /\n {2}> \d \| /);
  assert.match(ours, /\| {3}c: 2\n/);
});

test("a subchart's path leads through the subchart's values", async () => {
  const { ours = '' } = await explain(SUBCHART, { terminal: true });
  assert.match(ours, /\.Values\.port\.name\.x: \.Values\.port has no "name"\n$/);
});

test('of a line wider than the terminal the marked part is shown', async () => {
  const { ours = '' } = await explain(
    { 'templates/a.yaml': `a: ${'x'.repeat(200)}{{ .Values.image.name.short }}${'y'.repeat(100)}\n` },
    { terminal: true },
  );
  const lines = ours.split('\n');
  assert.ok(
    lines.every((line) => line.length < 80),
    ours,
  );
  assert.is(lines[1]![lines[2]!.indexOf('^')], '.');
});

test("elsewhere there is Helm's text and no more", async () => {
  for (const files of [TEMPLATE, YAML, SUBCHART]) {
    const plain = await explain(files);
    assert.is(plain.ours, undefined);
    assert.is((await explain(files, { terminal: true })).helm, plain.helm);
  }
});

test.run();
