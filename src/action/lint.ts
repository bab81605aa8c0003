/** Lints charts, directories or archives, and says which failed. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArchive } from '../archive/read.ts';
import { systemMessage } from '../chart/load.ts';
import { parseMetadata } from '../chart/metadata.ts';
import { unpackChart } from '../chart/save.ts';
import { parseKubeVersion } from '../engine/capabilities.ts';
import type { CompatVersion } from '../engine/compat.ts';
import { lintChart } from '../lint/lint.ts';
import type { LintMessage } from '../lint/message.ts';
import { type Logger, silentLog } from '../log.ts';
import { decodeUtf8 } from '../template/utf8.ts';
import type { ValueMap } from '../template/value.ts';

export interface LintActionOptions {
  overrides?: ValueMap;
  namespace?: string;
  /** Warnings fail too. */
  strict?: boolean;
  kubeVersion?: string;
  skipSchemaValidation?: boolean;
  /** The Helm to render as; 4.2 where absent. */
  compat?: CompatVersion;
  now?: () => number;
  log?: Logger;
}

export interface LintResult {
  path: string;
  messages: LintMessage[];
  /** What makes the chart fail: messages at or above the tolerance, or the reason why it could not be looked at. */
  errors: string[];
}

/** One result for each path, in their order. A chart that cannot be read is a result too: nothing is thrown. */
export async function lintPaths(paths: readonly string[], options: LintActionOptions = {}): Promise<LintResult[]> {
  const results: LintResult[] = [];
  for (const path of paths) results.push(await lintPath(path, options));
  return results;
}

async function lintPath(path: string, options: LintActionOptions): Promise<LintResult> {
  try {
    const messages = await (/\.(tgz|tar\.gz)$/.test(path) ? lintArchive(path, options) : lintDirectory(path, options));
    const failing = messages.filter(
      ({ severity }) => severity === 'ERROR' || (options.strict === true && severity === 'WARNING'),
    );
    return { path, messages, errors: failing.map(({ text }) => text) };
  } catch (error) {
    return { path, messages: [], errors: [(error as Error).message] };
  }
}

async function lintDirectory(directory: string, options: LintActionOptions): Promise<LintMessage[]> {
  const chartYaml = join(directory, 'Chart.yaml');
  try {
    statSync(chartYaml);
  } catch (error) {
    const problem = `unable to check Chart.yaml file in chart: stat ${chartYaml}: ${systemMessage(error)}`;
    throw new Error(problem, { cause: error });
  }
  const { overrides = {}, namespace = 'default', kubeVersion, skipSchemaValidation = false, now = Date.now } = options;
  return lintChart(directory, {
    overrides,
    namespace,
    ...(kubeVersion !== undefined && { kubeVersion: parseKubeVersion(kubeVersion) }),
    skipSchemaValidation,
    ...(options.compat && { compat: options.compat }),
    context: { now, randomBytes },
    log: options.log ?? silentLog,
  });
}

async function lintArchive(path: string, options: LintActionOptions): Promise<LintMessage[]> {
  const temporary = mkdtempSync(join(tmpdir(), 'portolan-lint-'));
  try {
    return await lintDirectory(await expand(path, temporary), options);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function expand(path: string, parent: string): Promise<string> {
  try {
    return expandChart(readFileSync(path), parent);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== undefined)
      throw new Error(`unable to open tarball: open ${path}: ${systemMessage(error)}`, { cause: error });
    throw new Error(`unable to extract tarball: ${message}`, { cause: error });
  }
}

/** Unpacks an archive into a directory of the chart's own name below `parent`, and answers it. */
function expandChart(bytes: Uint8Array, parent: string): string {
  const chartYaml = readArchive(bytes).find((file) => file.name === 'Chart.yaml');
  const name = (chartYaml && parseMetadata(decodeUtf8(chartYaml.data)).name) ?? '';
  if (name === '') throw new Error('chart name not specified');
  if (name === '.' || name === '..') throw new Error(`chart name ${JSON.stringify(name)} is not allowed`);
  if (name.includes('/')) throw new Error(`chart name ${JSON.stringify(name)} must not contain path separators`);
  const directory = join(parent, name);
  unpackChart(bytes, directory);
  return directory;
}
