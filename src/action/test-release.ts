/** Runs the tests of a release: its hooks for the event `test`. */
import type { Release } from '../release/release.ts';
import { type ActionContext, checkReachable, checkReleaseName } from './context.ts';
import { byWeight, startHooks } from './hooks.ts';

export interface TestOptions {
  /** Milliseconds for each test. */
  timeout: number;
  /** Names of tests to run; all where empty. */
  include: string[];
  exclude: string[];
}

export interface TestRun {
  release: Release;
  /** Why a test failed. */
  error?: Error;
  /** Deletes what the tests' policies say; to be called when their logs have been read. */
  cleanUp(): Promise<void>;
}

export async function testRelease(context: ActionContext, name: string, options: TestOptions): Promise<TestRun> {
  await checkReachable(context);
  checkReleaseName(name, 'releaseTest: Release name is invalid: ');
  const release = await context.releases.last(name);
  const all = release.hooks;
  release.hooks = all.filter((hook) => isChosen(hook.name, options));
  const skipped = all.filter((hook) => !isChosen(hook.name, options));
  const { error, cleanUp } = await startHooks(context, release, 'test', {
    waiting: { strategy: 'watcher', timeout: options.timeout },
    serverSide: release.applyMethod === 'ssa',
  });
  release.hooks = [...skipped, ...release.hooks];
  await context.releases.update(release);
  return { release, cleanUp, ...(error && { error }) };
}

const isChosen = (name: string, { include, exclude }: TestOptions): boolean =>
  !exclude.includes(name) && (include.length === 0 || include.includes(name));

/** The logs of the tests' pods one after the other, each under its name. */
export async function* testLogs(
  { client, namespace }: ActionContext,
  release: Release,
  options: TestOptions,
): AsyncGenerator<string> {
  for (const hook of byWeight(release.hooks)) {
    if (!hook.events.includes('test') || !isChosen(hook.name, options)) continue;
    const log = await client.logs(hook.name, namespace).catch((error: Error) => {
      throw new Error(`unable to get pod logs for ${hook.name}: ${error.message}`, { cause: error });
    });
    yield `POD LOGS: ${hook.name}\n${log}\n`;
  }
}
