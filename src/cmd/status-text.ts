/** What Helm prints of a release: after an install or upgrade, and for `status` and `get all`. */
import type { Hook, Release } from '../release/release.ts';
import { formatAnsic } from '../release/time.ts';
import { paintNamespace, paintStatus } from './output.ts';

export interface StatusTextOptions {
  color: boolean;
  hideNotes?: boolean;
  /** The chart's name and versions too. */
  showMetadata?: boolean;
  /** What the release consists of, as text. */
  resources?: string;
  /** USER-SUPPLIED and COMPUTED VALUES as YAML; with them come hooks and manifest. */
  values?: { user: string; computed: string };
}

export function statusText(release: Release, options: StatusTextOptions): string {
  const { info, chart } = release;
  const { color, values } = options;
  const lines = [`NAME: ${release.name}`];
  if (info.lastDeployed) lines.push(`LAST DEPLOYED: ${formatAnsic(info.lastDeployed)}`);
  lines.push(
    `NAMESPACE: ${paintNamespace(release.namespace, color)}`,
    `STATUS: ${paintStatus(info.status, color)}`,
    `REVISION: ${release.revision}`,
  );
  if (options.showMetadata)
    lines.push(
      `CHART: ${chart?.metadata?.name ?? ''}`,
      `VERSION: ${chart?.metadata?.version ?? ''}`,
      `APP_VERSION: ${chart?.metadata?.appVersion ?? ''}`,
    );
  lines.push(`DESCRIPTION: ${info.description}`);
  if (options.resources) lines.push(`RESOURCES:\n${options.resources}`);
  lines.push(...testLines(release.hooks.filter((hook) => hook.events.includes('test'))));
  if (values) lines.push(`USER-SUPPLIED VALUES:\n${values.user}`, `COMPUTED VALUES:\n${values.computed}`);
  if (values || info.description.toLowerCase() === 'dry run complete')
    lines.push(
      'HOOKS:',
      ...release.hooks.map((hook) => `---\n# Source: ${hook.path}\n${hook.manifest}`),
      `MANIFEST:\n${release.manifest}`,
    );
  if (!options.hideNotes && info.notes !== '') lines.push(`NOTES:\n${info.notes.trim()}`);
  return lines.map((line) => `${line}\n`).join('');
}

/** Tests that did not run yet say nothing. */
function testLines(tests: Hook[]): string[] {
  if (tests.length === 0) return ['TEST SUITE: None'];
  const time = (run: Hook['lastRun']['startedAt']) => (run ? formatAnsic(run) : 'Mon Jan  1 00:00:00 0001');
  return tests
    .filter(({ lastRun }) => lastRun.startedAt)
    .flatMap(({ name, lastRun }) => [
      `TEST SUITE:     ${name}`,
      `Last Started:   ${time(lastRun.startedAt)}`,
      `Last Completed: ${time(lastRun.completedAt)}`,
      `Phase:          ${lastRun.phase}`,
    ]);
}
