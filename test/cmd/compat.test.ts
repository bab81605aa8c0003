/** A chart can be rendered as an older Helm would: the words of `--compat`, command by command. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommandLine } from '../../src/cmd/run.ts';
import { testIo } from './io.ts';

const TEMPLATE =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {helm: "{{ .Capabilities.HelmVersion.Version }}", kube: {{ .Capabilities.KubeVersion }}}\n';

async function withChart<T>(template: string, use: (chart: string) => Promise<T>): Promise<T> {
  const chart = mkdtempSync(join(tmpdir(), 'portolan-compat-'));
  try {
    mkdirSync(join(chart, 'templates'));
    writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: web\nversion: 0.1.0\nicon: https://x/y.png\n');
    writeFileSync(join(chart, 'values.yaml'), '{}\n');
    writeFileSync(join(chart, 'templates/a.yaml'), template);
    return await use(chart);
  } finally {
    rmSync(chart, { recursive: true, force: true });
  }
}

async function run(...words: string[]) {
  const io = testIo();
  return { code: await runCommandLine(words, io), ...io.out };
}

const VERSIONS = [
  { compat: [], helm: 'v4.2.3', kube: 'v1.36.0' },
  { compat: ['--compat', '4.2'], helm: 'v4.2.3', kube: 'v1.36.0' },
  { compat: ['--compat=4.1'], helm: 'v4.1.4', kube: 'v1.35.0' },
  { compat: ['--compat', '3.18'], helm: 'v3.18.0', kube: 'v1.33.0' },
];

test('template and install render as the Helm that is asked for', () =>
  withChart(TEMPLATE, async (chart) => {
    for (const { compat, helm, kube } of VERSIONS)
      for (const words of [
        ['template', chart],
        ['install', 'web', chart, '--dry-run=client'],
      ]) {
        const { code, stdout } = await run(...words, ...compat);
        assert.is(code, 0);
        assert.ok(stdout.includes(`{helm: "${helm}", kube: ${kube}}`), `${words[0]} ${compat}: ${stdout}`);
      }
  }));

test('lint renders as the Helm that is asked for: in 3.18 a chart has only the fields that it knows', () =>
  withChart('{{ if .Chart.Bogus }}{{ end }}', async (chart) => {
    assert.is((await run('lint', chart)).code, 0);
    const { code, stdout } = await run('lint', chart, '--compat=3.18');
    assert.is(code, 1);
    assert.match(stdout, /can't evaluate field Bogus in type/);
  }));

test('another version is refused, whatever the command', () =>
  withChart(TEMPLATE, async (chart) => {
    for (const words of [
      ['template', chart],
      ['install', 'web', chart, '--dry-run=client'],
      ['upgrade', 'web', chart],
      ['lint', chart],
    ]) {
      const { code, stderr } = await run(...words, '--compat=5.0');
      assert.is(code, 1);
      assert.match(stderr, /invalid compat version "5\.0": must be one of: 3\.18, 4\.1, 4\.2\n$/, words[0]);
    }
  }));

test.run();
