/**
 * Snippets of templates before the judge: what real helm makes of each, and what ours does. Those that succeed are
 * rendered many at a time, as partials that one file prints in base64; each that fails takes a call of helm for itself.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executionError, parseError } from '../../src/engine/errors.ts';
import { setFunctions } from '../../src/engine/functions.ts';
import { Templates } from '../../src/template/template.ts';
import { decodeUtf8 } from '../../src/template/utf8.ts';
import { type GoFunction, typedMap, type ValueMap } from '../../src/template/value.ts';
import { realTools } from '../support/real.ts';

export type Verdict = { output: string } | { error: string };

export const FILE = 'x/templates/t.yaml';

/** What our engine makes of `template` in a chart with `values`. */
export function renderOurs(template: string, values: ValueMap, functions: Record<string, GoFunction>): Verdict {
  const nesting = { includes: new Map<string, number>(), tpl: 0 };
  const set: Templates = new Templates({
    name: 'gotpl',
    missingKey: 'zero',
    functions: { ...functions, ...setFunctions(() => set, nesting) },
  });
  try {
    set.parse(FILE, template);
  } catch (error) {
    return { error: parseError(FILE, error as Error).message };
  }
  try {
    const data = typedMap('common.Values', { Values: typedMap('common.Values', structuredClone(values)) });
    return { output: set.execute(FILE, data) };
  } catch (error) {
    return { error: executionError(FILE, error as Error).message };
  }
}

/**
 * What helm prints for each. `expectFailure` guesses which will fail, to save calls; a wrong guess costs some but
 * changes nothing.
 */
export async function renderReal(
  templates: string[],
  values: object,
  expectFailure: (i: number) => boolean,
): Promise<Verdict[]> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-judge-'));
  try {
    return await new Judge(folder, templates, values).verdicts(expectFailure);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Judge {
  readonly #folder: string;
  readonly #templates: string[];
  readonly #values: object;
  readonly #verdicts: Verdict[] = [];
  #charts = 0;

  constructor(folder: string, templates: string[], values: object) {
    this.#folder = folder;
    this.#templates = templates;
    this.#values = values;
  }

  async verdicts(expectFailure: (i: number) => boolean): Promise<Verdict[]> {
    const all = this.#templates.map((_, i) => i);
    const failing = all.filter(expectFailure);
    const wrong: number[] = [];
    const failed = await this.#batches(all.filter((i) => !expectFailure(i)));
    await inParallel(2, [...failing, ...failed], async (i) => {
      const error = await this.#alone(i);
      if (error === undefined) wrong.push(i);
      else this.#verdicts[i] = { error };
    });
    await this.#batches(wrong);
    return this.#verdicts;
  }

  /** Those that define templates go alone, because the names are the chart's. Answers which failed. */
  async #batches(wanted: number[]): Promise<number[]> {
    const defines = (i: number) => /\b(define|block)\b/.test(this.#templates[i]!);
    const failed = await this.#batch(wanted.filter((i) => !defines(i)));
    await inParallel(2, wanted.filter(defines), async (i) => {
      failed.push(...(await this.#batch([i])));
    });
    return failed;
  }

  /** Renders together; answers those that made helm fail. */
  async #batch(wanted: number[]): Promise<number[]> {
    const failed: number[] = [];
    let left = wanted;
    while (left.length > 0) {
      const main = left.map((i) => `s${i}: {{ include "x/templates/_s${i}.tpl" $ | b64enc }}\n`).join('');
      const files = Object.fromEntries(left.map((i) => [`_s${i}.tpl`, this.#templates[i]!]));
      const { output, error } = await this.#helm({ ...files, 'main.yaml': main });
      if (error === undefined) {
        for (const [, i, base64] of output.matchAll(/^s(\d+): ?(.*)$/gm))
          this.#verdicts[Number(i)] = { output: decodeUtf8(Buffer.from(base64!, 'base64')) };
        break;
      }
      const culprit = Number(/x\/templates\/_s(\d+)\.tpl/.exec(error)?.[1] ?? Number.NaN);
      if (!left.includes(culprit)) throw new Error(`helm blames no snippet: ${error}`);
      failed.push(culprit);
      left = left.filter((i) => i !== culprit);
    }
    return failed;
  }

  /** The error of one, undefined where the template itself did not fail. */
  async #alone(i: number): Promise<string | undefined> {
    const { error } = await this.#helm({ 't.yaml': this.#templates[i]! });
    return error?.startsWith('YAML parse error') ? undefined : error;
  }

  async #helm(files: Record<string, string>): Promise<{ output: string; error?: string }> {
    const chart = join(this.#folder, `chart${this.#charts++}`);
    mkdirSync(join(chart, 'templates'), { recursive: true });
    writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: x\nversion: 0.1.0\n');
    writeFileSync(join(chart, 'values.yaml'), JSON.stringify(this.#values));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(chart, 'templates', name), text);
    return new Promise((resolve) => {
      const env = { PATH: process.env.PATH, HOME: this.#folder, KUBECONFIG: '/dev/null' };
      execFile(realTools()!.helm, ['template', 'r', chart], { env, maxBuffer: 1 << 28 }, (failure, stdout, stderr) => {
        rmSync(chart, { recursive: true, force: true });
        if (!failure) return resolve({ output: stdout });
        const error = stderr.replace(/^Error: /, '').replace(/\n\nUse --debug flag.*\n$/, '');
        resolve({ output: stdout, error: error.trimEnd() });
      });
    });
  }
}

async function inParallel(width: number, items: number[], work: (item: number) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
