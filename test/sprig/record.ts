/**
 * Records what real helm makes of every expression in test/golden/sprig: `node --import tsx test/sprig/record.ts`.
 * An entry is [expression, type, %v, JSON] where it has a value, and [expression, error] where it fails. Not a test.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeUtf8 } from '../../src/template/utf8.ts';
import { realTools } from '../support/real.ts';
import { CHART_VALUES, type Entry, GOLDEN } from './golden.ts';

/** Expressions of one table share the chart's values, which functions on maps change. */
const BATCHES: Record<string, number> = { 'dicts.json': 1 };
const BATCH = 150;
const WORKERS = 3;
const MARK = '{{ printf "%T" $x | b64enc }} {{ printf "%v" $x | b64enc }} {{ toJson $x | b64enc }}';

for (const file of readdirSync(GOLDEN).filter((name) => name.endsWith('.json'))) {
  if (process.argv.length > 2 && !process.argv.includes(file)) continue;
  const expressions = (JSON.parse(readFileSync(join(GOLDEN, file), 'utf8')) as Entry[]).map(
    ([expression]) => expression,
  );
  const size = BATCHES[file] ?? BATCH;
  const batches: string[][] = [];
  for (let i = 0; i < expressions.length; i += size) batches.push(expressions.slice(i, i + size));
  const results = new Map<string, Entry>();
  await Promise.all(Array.from({ length: WORKERS }, () => work(batches, results)));
  const lines = expressions.map((expression) => JSON.stringify(results.get(expression)));
  writeFileSync(join(GOLDEN, file), `[\n${lines.join(',\n')}\n]\n`);
  console.log(file, expressions.length);
}

async function work(batches: string[][], results: Map<string, Entry>): Promise<void> {
  for (let batch = batches.shift(); batch; batch = batches.shift()) {
    for (let left = batch; left.length > 0; ) {
      const { lines, error, failed } = await render(left);
      if (lines) {
        for (const [i, expression] of left.entries()) results.set(expression, [expression, ...lines[i]!]);
        break;
      }
      const expression = left[failed!]!;
      results.set(expression, [expression, error!.replace(/x\.yaml:\d+/g, 'x.yaml:1')]);
      left = left.filter((_, i) => i !== failed);
    }
  }
}

interface Rendered {
  lines?: [type: string, text: string, json: string][];
  error?: string;
  failed?: number;
}

/** All expressions in one template, a line each. */
async function render(expressions: string[]): Promise<Rendered> {
  const chart = mkdtempSync(join(tmpdir(), 'sprig-'));
  try {
    mkdirSync(join(chart, 'templates'));
    writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: g\nversion: 0.1.0\n');
    writeFileSync(join(chart, 'values.yaml'), CHART_VALUES);
    const text = expressions
      .map((expression, i) => `${i === 0 ? 'r: ' : '#: '}{{ $x := ${expression} }}#- ${MARK}`)
      .join('\n');
    writeFileSync(join(chart, 'templates', 'x.yaml'), `${text}\n`);
    const { stdout, stderr } = await helm(['template', chart]);
    if (stderr !== '' && stdout === '') {
      return { error: stderr, failed: Number(/x\.yaml:(\d+)/.exec(stderr)?.[1] ?? 1) - 1 };
    }
    const encoded = stdout.split('\n').filter((line) => line.includes('#- '));
    return {
      lines: encoded.map((line) => {
        const parts = line.slice(line.indexOf('#- ') + 3).split(' ');
        return parts.map((part) => decodeUtf8(Buffer.from(part, 'base64'))) as [string, string, string];
      }),
    };
  } finally {
    rmSync(chart, { recursive: true });
  }
}

function helm(args: string[]): Promise<{ stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'], HOME: tmpdir(), KUBECONFIG: '/dev/null', TZ: '' };
  return new Promise((resolve) => {
    execFile(realTools()!.helm, args, { env, maxBuffer: 1 << 28 }, (_, stdout, stderr) => resolve({ stdout, stderr }));
  });
}
