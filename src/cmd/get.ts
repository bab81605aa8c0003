/** `get all|hooks|manifest|metadata|notes|values`: what is recorded of a release. */
import { recordedRelease } from '../action/history.ts';
import type { Release } from '../release/release.ts';
import { formatRfc3339 } from '../release/time.ts';
import { type Command, type CommandContext, exactArgs } from './command.ts';
import { completeOneRelease } from './complete-releases.ts';
import type { Flag } from './flag.ts';
import { OUTPUT_FLAG, REVISION_FLAG } from './flag-sets.ts';
import { onReleases } from './operation.ts';
import { formatted } from './output.ts';

interface Part {
  long: string;
  flags?: Flag[];
  text(release: Release, context: CommandContext): string | Promise<string>;
}

const getter = (name: string, { long, flags = [], text }: Part): Command => ({
  use: `${name} RELEASE_NAME`,
  long,
  args: exactArgs(1),
  complete: completeOneRelease,
  flags: [REVISION_FLAG, ...flags],
  async run(context) {
    const { args, flags, stdout } = context;
    const release = await onReleases(context, {}, (action) =>
      recordedRelease(action, args[0]!, flags.number('revision')),
    );
    stdout.write(await text(release, context));
    return undefined;
  },
});

export const all = getter('all', {
  long: 'Print everything that is recorded of a release, for people to read.',
  flags: [{ name: 'template', type: 'string', help: 'Go template to print with, such as {{.Release.Name}}' }],
  async text(release, { flags, settings }) {
    const template = flags.string('template');
    if (template !== '') return (await import('./release-template.ts')).templatedRelease(template, release);
    const { valuesTexts } = await import('./release-values.ts');
    const { statusText } = await import('./status-text.ts');
    return statusText(release, { color: settings.color, showMetadata: true, values: valuesTexts(release) });
  },
});

export const hooks = getter('hooks', {
  long: 'Print the hooks of a release as YAML documents.',
  text: (release) => release.hooks.map(({ path, manifest }) => `---\n# Source: ${path}\n${manifest}\n`).join(''),
});

export const manifest = getter('manifest', {
  long: 'Print the manifest of a release: all objects that it consists of, hooks apart.',
  text: (release) => `${release.manifest}\n`,
});

export const notes = getter('notes', {
  long: "Print the notes that a release's chart has for its users.",
  text: ({ info }) => (info.notes === '' ? '' : `NOTES:\n${info.notes}\n`),
});

export const values = getter('values', {
  long: 'Print the values that were given for a release, or with --all those that they made together with the chart.',
  flags: [{ name: 'all', short: 'a', type: 'bool', help: "the chart's values too" }, OUTPUT_FLAG],
  async text(release, { flags }) {
    const { computedValues, userValues } = await import('./release-values.ts');
    const { toYaml } = await import('../encoding/yaml.ts');
    const isAll = flags.bool('all');
    const shown = isAll ? computedValues(release) : userValues(release);
    if (flags.string('output') === 'json') return `${(await import('../encoding/json.ts')).toJson(shown)}\n`;
    return formatted(
      flags.string('output'),
      shown,
      () => `${isAll ? 'COMPUTED' : 'USER-SUPPLIED'} VALUES:\n${toYaml(shown)}`,
    );
  },
});

export const metadata = getter('metadata', {
  long: 'Print what is known about a release: chart, versions, labels, status.',
  flags: [OUTPUT_FLAG],
  text: (release, { flags }) => formatted(flags.string('output'), metadataOf(release), () => metadataText(release)),
});

function metadataOf({ name, namespace, revision, info, chart, labels, applyMethod }: Release) {
  const { metadata } = chart ?? {};
  const annotations = metadata?.annotations;
  return {
    name,
    chart: metadata?.name ?? '',
    version: metadata?.version ?? '',
    appVersion: metadata?.appVersion ?? '',
    ...(annotations && Object.keys(annotations).length > 0 && { annotations: sorted(annotations) }),
    ...(Object.keys(labels).length > 0 && { labels: sorted(labels) }),
    ...(metadata?.dependencies?.length && { dependencies: metadata.dependencies }),
    namespace,
    revision,
    status: info.status,
    deployedAt: info.lastDeployed ? formatRfc3339(info.lastDeployed) : '0001-01-01T00:00:00Z',
    ...(applyMethod !== '' && { applyMethod }),
  };
}

const sorted = (map: Record<string, string>) => Object.fromEntries(Object.entries(map).sort(byKey));
const byKey = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

const APPLY_METHODS: Record<string, string> = {
  '': 'client-side apply (defaulted)',
  csa: 'client-side apply',
  ssa: 'server-side apply',
};

function metadataText(release: Release): string {
  const data = metadataOf(release);
  const { applyMethod } = release;
  const dependencies = (release.chart?.metadata?.dependencies ?? []).map(({ name }) => name).sort();
  return [
    ['NAME', data.name],
    ['CHART', data.chart],
    ['VERSION', data.version],
    ['APP_VERSION', data.appVersion],
    ['ANNOTATIONS', pairs(data.annotations)],
    ['LABELS', pairs(data.labels)],
    ['DEPENDENCIES', dependencies.join(',')],
    ['NAMESPACE', data.namespace],
    ['REVISION', String(data.revision)],
    ['STATUS', data.status],
    ['DEPLOYED_AT', data.deployedAt],
    ['APPLY_METHOD', APPLY_METHODS[applyMethod] ?? `unknown (${JSON.stringify(applyMethod)})`],
  ]
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

const pairs = (map: Record<string, string> = {}) =>
  Object.entries(map)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
