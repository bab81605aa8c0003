/** What real helm prints, kept on disk by the chart's content so that a second run costs nothing. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

const TIME_LIMIT = 120_000;

/** Runs helm on the chart; `round` tells repeated runs apart. */
export async function helmOutput(
  helm: string,
  args: string[],
  chart: string,
  cache: string,
  round: number,
): Promise<Output> {
  const key = createHash('sha1').update(contentOf(chart)).update(args.join('\0')).update(String(round));
  const file = join(cache, `${key.digest('hex')}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Output;
  // A later round must meet another second, so that times in the output are seen to change.
  if (round > 0) await setTimeout(1100);
  const output = await run(helm, args, cache);
  mkdirSync(cache, { recursive: true });
  writeFileSync(file, JSON.stringify(output));
  return output;
}

function run(helm: string, args: string[], home: string): Promise<Output> {
  const env = {
    PATH: process.env.PATH,
    HOME: join(home, 'home'),
    KUBECONFIG: '/dev/null',
    HELM_PLUGINS: process.env.HELM_PLUGINS,
  };
  return new Promise((resolve) => {
    execFile(helm, args, { env, maxBuffer: 1 << 28, timeout: TIME_LIMIT }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    });
  });
}

const contents = new Map<string, string>();

/** A digest of all files of a directory. */
function contentOf(directory: string): string {
  const known = contents.get(directory);
  if (known !== undefined) return known;
  const hash = createHash('sha1');
  const visit = (path: string): void => {
    for (const name of readdirSync(path).sort()) {
      const inner = join(path, name);
      const stats = lstatSync(inner);
      if (stats.isDirectory()) visit(inner);
      else if (stats.isFile()) hash.update(inner).update(readFileSync(inner));
    }
  };
  visit(directory);
  const digest = hash.digest('hex');
  contents.set(directory, digest);
  return digest;
}
