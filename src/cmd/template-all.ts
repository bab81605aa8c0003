/** `template --all`: many releases in one process, told in the order in which they were named. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import type { CommandContext } from './command.ts';
import type { Output } from './environment.ts';
import type { FlagValue } from './flag.ts';
import { namespaceOf } from './kubeconfig.ts';
import { formatted, tableText } from './output.ts';
import { runTemplateJob, type TemplateJob, type TemplateResult } from './template-job.ts';
import { type ListedRelease, listedReleases } from './template-list.ts';
import { TemplatePool } from './template-pool.ts';

/** What names or needs one release. */
const FOR_ONE = ['generate-name', 'name-template', 'release-name', 'dependency-update', 'validate'];
/** What is not for each release to know. */
const FOR_ALL = new Set(['all', 'output', 'output-dir', 'timeout']);

/** Results that may wait for their turn, for each thread: while one chart takes long the others go on. */
const AHEAD = 16;

/** Of each thread; charts that render take a tenth of it. */
const HEAP_MB = 1024;

/** Of a chart. */
const USUAL_FILES = 10;

/** A release and how it is told of. */
interface Planned extends TemplateJob {
  name: string;
  chart: string;
  namespace: string;
  /** As one would type it. */
  shownFile: string;
}

/** A line of the summary. */
interface Outcome {
  name: string;
  namespace: string;
  chart: string;
  status: 'rendered' | 'failed';
  file?: string;
  manifest?: string;
  error?: string;
}

/** Throws when a release failed, after all of them were told. */
export async function templateAll(context: CommandContext): Promise<undefined> {
  const { args, flags, stdout, stderr, clock } = context;
  checkFlags(context);
  const planned = await plan(await listedReleases(args, context), context);
  const progress = progressOn(stderr, clock, planned.length);
  const format = flags.isSet('output') ? flags.string('output') : '';
  const outcomes: Outcome[] = [];
  let failed = 0;
  for await (const [release, result] of rendered(planned, context)) {
    if (result.error !== undefined) failed++;
    progress.clear();
    if (result.told !== '') stderr.write(`==> ${release.name} (${release.chart})\n${result.told}`);
    if (format !== '') outcomes.push(outcomeOf(release, result));
    else if (result.error === undefined)
      stdout.write(release.file === undefined ? result.text : `wrote ${release.shownFile}\n`);
    progress.show(failed);
  }
  progress.clear();
  if (format !== '')
    stdout.write(
      formatted(format, { releases: outcomes, rendered: planned.length - failed, failed }, () => summary(outcomes)),
    );
  if (failed > 0) throw new Error(`${failed} of ${planned.length} releases failed`);
  return undefined;
}

function checkFlags({ flags }: CommandContext): void {
  const wrong = FOR_ONE.find((name) => flags.isSet(name));
  if (wrong !== undefined) throw new Error(`--${wrong} is for one release and does not go with --all`);
  if (flags.string('dry-run') === 'server')
    throw new Error('--all renders without a cluster: --dry-run=server does not go with it');
}

/** Flags of the command line win over those of a list. Throws where two releases would be taken for one. */
async function plan(releases: ListedRelease[], context: CommandContext): Promise<Planned[]> {
  const { flags, environment } = context;
  const directory = flags.string('output-dir');
  const namespace = await namespaceOf(context);
  const planned = releases.map(({ name, chart, flags: own }): Planned => {
    const merged = mergedFlags(own, flags.given, namespace);
    const shownFile = `${directory.replace(/\/+$/, '')}/${name}.yaml`;
    const file = resolve(environment.directory, directory, `${name}.yaml`);
    return {
      name,
      chart,
      args: [name, chart],
      flags: merged,
      namespace: merged.get('namespace') as string,
      shownFile,
      ...(directory !== '' && { file }),
    };
  });
  checkNames(planned);
  if (directory !== '') mkdirSync(resolve(environment.directory, directory), { recursive: true });
  return planned;
}

function mergedFlags(
  own: ReadonlyMap<string, FlagValue>,
  given: ReadonlyMap<string, FlagValue>,
  namespace: string,
): Map<string, FlagValue> {
  const merged = new Map([['namespace', namespace], ...own]);
  for (const [name, value] of given)
    if (!FOR_ALL.has(name))
      merged.set(name, Array.isArray(value) ? [...((own.get(name) as string[] | undefined) ?? []), ...value] : value);
  return merged;
}

/** Names make files and tell releases apart. What no release may be called fails when it is rendered, before its file. */
function checkNames(planned: Planned[]): void {
  const seen = new Map<string, Planned>();
  for (const release of planned) {
    const { name, namespace, chart, file } = release;
    const key = file ?? `${namespace}/${name}`;
    const other = seen.get(key);
    if (other !== undefined)
      throw new Error(
        `two releases are called ${JSON.stringify(name)}${file ? '' : ` in namespace ${JSON.stringify(namespace)}`}: ${other.chart} and ${chart}; give them names of their own in a list`,
      );
    seen.set(key, release);
  }
}

/** Renders in whatever order is fastest; answers in the given one. */
async function* rendered(planned: Planned[], context: CommandContext): AsyncGenerator<[Planned, TemplateResult]> {
  if (planned.length === 1) yield [planned[0]!, await runTemplateJob(planned[0]!, context)];
  else yield* onThreads(planned, context);
}

async function* onThreads(planned: Planned[], context: CommandContext): AsyncGenerator<[Planned, TemplateResult]> {
  const { signal } = context;
  const threads = Math.min(availableParallelism(), planned.length);
  const pool = await newPool(planned, threads, context);
  const onAbort = () => void pool.close();
  signal.addEventListener('abort', onAbort, { once: true });
  const begun: [Planned, Promise<TemplateResult>][] = [];
  try {
    for (let next = 0; next < planned.length || begun.length > 0; ) {
      for (; next < planned.length && begun.length < threads * AHEAD; next++)
        begun.push([planned[next]!, pool.run(planned[next]!)]);
      const [release, result] = begun.shift()!;
      const told = await result;
      signal.throwIfAborted();
      yield [release, told];
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    await pool.close();
  }
}

async function newPool(planned: Planned[], threads: number, context: CommandContext): Promise<TemplatePool> {
  const { environment, flags, stderr, clock } = context;
  environment.prepareFor?.(planned.length * USUAL_FILES);
  const readsInput = planned.some((release) => (release.flags.get('values') as string[] | undefined)?.includes('-'));
  return new TemplatePool({
    program: environment.program,
    variables: environment.variables,
    start: {
      directory: environment.directory,
      stdin: readsInput ? await context.stdin() : '',
      stderr: { terminal: stderr.terminal, columns: stderr.columns },
    },
    threads,
    expected: planned.length,
    timeout: flags.number('timeout') || Number.POSITIVE_INFINITY,
    heapMegabytes: HEAP_MB,
    clock,
  });
}

const outcomeOf = ({ name, namespace, chart, file, shownFile }: Planned, { text, error }: TemplateResult): Outcome => ({
  name,
  namespace,
  chart,
  ...(error === undefined
    ? { status: 'rendered', ...(file === undefined ? { manifest: text } : { file: shownFile }) }
    : { status: 'failed', error }),
});

const summary = (outcomes: Outcome[]): string =>
  tableText([
    ['NAME', 'NAMESPACE', 'CHART', 'STATUS'],
    ...outcomes.map(({ name, namespace, chart, status, error = '' }) => [
      name,
      namespace,
      chart,
      error === '' ? status : `${status}: ${error.split('\n', 1)[0]}`,
    ]),
  ]);

interface Progress {
  /** One more is done. */
  show(failed: number): void;
  clear(): void;
}

const REDRAW_MS = 80;

/** A line that counts, on a terminal alone. */
function progressOn(output: Output, clock: Clock, total: number): Progress {
  if (!output.terminal) return { show() {}, clear() {} };
  let done = 0;
  let drawn = false;
  let last = Number.NEGATIVE_INFINITY;
  return {
    show(failed) {
      done++;
      if (clock.now() - last < REDRAW_MS) return;
      last = clock.now();
      drawn = true;
      output.write(`rendered ${done - failed} of ${total}${failed > 0 ? `, ${failed} failed` : ''}`);
    },
    clear() {
      if (drawn) output.write('\r\u001b[K');
      drawn = false;
    },
  };
}
