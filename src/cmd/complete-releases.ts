/** Candidates that are releases or their revisions, for the commands that name one. */
import type { CommandContext } from './command.ts';

/** Names of releases that are not there yet, each with its chart. A cluster that does not answer gives none. */
export async function completeReleases(context: CommandContext): Promise<string[]> {
  const { onReleases } = await import('./operation.ts');
  const { listReleases } = await import('../action/list.ts');
  const options = { statuses: [], selector: '', byDate: false, reverse: false, limit: 0, offset: 0 };
  const releases = await onReleases(context, { quiet: true }, (action) => listReleases(action, options)).catch(
    () => [],
  );
  return releases
    .filter(({ name }) => !context.args.includes(name))
    .map(({ name, chart, info }) => {
      const { name: chartName = '', version = '' } = chart?.metadata ?? {};
      return `${name}\t${chartName}-${version} -> ${info.status}`;
    });
}

/** A release where none is named yet; nothing after that. */
export const completeOneRelease = async (context: CommandContext): Promise<string[]> =>
  context.args.length === 0 ? completeReleases(context) : [];

/** The revisions of the release that is named. */
export async function completeRevisions(context: CommandContext): Promise<string[]> {
  const { onReleases } = await import('./operation.ts');
  const { releaseHistory } = await import('../action/history.ts');
  const name = context.args[0]!;
  const history = await onReleases(context, { quiet: true }, (action) => releaseHistory(action, name)).catch(() => []);
  return history.map(({ revision, chart }) => {
    const { name: chartName = '', version = '', appVersion = '' } = chart?.metadata ?? {};
    return `${revision}\tApp: ${appVersion}, Chart: ${chartName}-${version}`;
  });
}
