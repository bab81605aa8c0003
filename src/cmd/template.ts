/** `template`: a chart's manifests are rendered and printed. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ChartRenderError, type RenderedChart } from '../action/render.ts';
import { renderChart } from '../action/render-chart.ts';
import { realClock } from '../clock.ts';
import { printDocument, showOnly, templatePieces, templateText } from '../manifest/print.ts';
import { checkLabels } from '../release/labels.ts';
import { isTooDeep } from '../template/error.ts';
import { chartWithDependencies, overridesOf } from './chart-source.ts';
import { type Command, type CommandContext, minimumArgs } from './command.ts';
import { COMPAT_FLAG, compatOf } from './compat.ts';
import { dryRunOf } from './dry-run.ts';
import { writeTo } from './environment.ts';
import type { Flag } from './flag.ts';
import { FORCE_GROUPS, INSTALL_FLAGS, OUTPUT_FLAG, POST_RENDER_FLAGS, postRendering } from './flag-sets.ts';
import { namespaceOf } from './kubeconfig.ts';
import { nameAndChart } from './release-name.ts';

const LONG = `
Render the templates of a chart and print what they make, without a cluster:
what would be looked up there is absent, and nothing is checked against it.

    $ portolan template web ./web --set replicaCount=2
    $ portolan template ./web --show-only templates/service.yaml
    $ portolan template ./web --kube-version 1.33 --api-versions example.com/v1

With --all render many releases at once, on all cores: charts, each under the
name of its directory, and lists of releases in YAML files. They are printed one
after the other, or written to one file each below --output-dir. One that fails
does not stop the others; then the exit code is 1. Other flags hold for all.

    $ portolan template --all charts/* --output-dir rendered
    $ portolan template --all releases.yaml --set image.tag=1.4 -o json

    # releases.yaml; paths are relative to it
    releases:
      - chart: ../charts/web
        name: shop                        # else that of the directory
        namespace: shop
        version: ^2.0.0                   # of a chart in a repository
        values: [production.yaml]
        set: [replicaCount=3]             # also set-string, -json, -literal
`;

const WITHOUT_EFFECT = "this flag has no effect for 'helm template' and will be removed in Helm 5";
const isNotesFlag = ({ name }: Flag) => name === 'hide-notes' || name === 'render-subchart-notes';

export const command: Command = {
  use: 'template [NAME] [CHART]',
  long: LONG,
  args: minimumArgs(1),
  chart: { at: 1, files: true },
  flags: [
    ...INSTALL_FLAGS.map((flag) => (isNotesFlag(flag) ? { ...flag, deprecated: WITHOUT_EFFECT } : flag)),
    {
      name: 'show-only',
      short: 's',
      type: 'stringArray',
      help: 'print only what this template makes; may be repeated',
    },
    { name: 'output-dir', type: 'string', help: 'write files below this directory instead' },
    { name: 'all', type: 'bool', help: 'render every chart, and every release of every list, that is named' },
    { ...OUTPUT_FLAG, help: 'with --all, print a summary as table, json or yaml' },
    { name: 'validate', type: 'bool', help: 'render with a cluster', deprecated: "use '--dry-run=server' instead" },
    { name: 'include-crds', type: 'bool', help: 'print the custom resource definitions too' },
    { name: 'skip-tests', type: 'bool', help: 'leave the tests out' },
    { name: 'is-upgrade', type: 'bool', help: 'render as for an upgrade' },
    { name: 'kube-version', type: 'string', help: 'Kubernetes version to render for' },
    {
      name: 'api-versions',
      short: 'a',
      type: 'strings',
      help: 'API versions that charts may count on; may be repeated',
    },
    { name: 'release-name', type: 'bool', help: "put the release's name into the paths below --output-dir" },
    {
      name: 'dry-run',
      type: 'string',
      default: 'client',
      bare: 'unset',
      help: "'client' renders without a cluster, 'server' with what one tells",
    },
    ...POST_RENDER_FLAGS,
    COMPAT_FLAG,
  ],
  exclusive: [...FORCE_GROUPS, ['validate', 'dry-run']],
  async run(context) {
    const { flags, settings, stdout, log } = context;
    if (flags.bool('all')) return (await import('./template-all.ts')).templateAll(context);
    if (flags.isSet('output')) throw new Error('--output is for --all');
    let rendered: RenderedChart;
    try {
      rendered = await render(context);
    } catch (error) {
      if (!(error instanceof ChartRenderError)) throw error;
      if (isTooDeep(error)) {
        const { canRenderDeep, renderDeep } = await import('./template-deep.ts');
        if (canRenderDeep(context)) return renderDeep(context);
      }
      if (!settings.debug)
        throw new Error(`${error.message}\n\nUse --debug flag to render out invalid YAML`, { cause: error });
      stdout.write(`${error.manifest.trim()}\n`);
      throw error;
    }
    for (const path of rendered.valuesUse?.unreadOverrides ?? [])
      log.debug('a value that was given is not looked at by any template', { path });
    const directory = flags.string('output-dir');
    const patterns = flags.list('show-only');
    if (directory === '' && patterns.length === 0) return print(rendered, context);
    const text = directory === '' ? textOf(rendered, context) : written(rendered, directory, context);
    stdout.write(patterns.length > 0 ? showOnly(text, patterns) : text);
    return undefined;
  },
};

async function render(context: CommandContext): Promise<RenderedChart> {
  const { flags, settings, log } = context;
  const { prepareFor, stackFrames } = context.environment;
  const kubeVersion = flags.string('kube-version');
  if (kubeVersion !== '') {
    const { parseKubeVersion } = await import('../engine/capabilities.ts');
    try {
      parseKubeVersion(kubeVersion);
    } catch (error) {
      throw new Error(`invalid kube version '${kubeVersion}': ${(error as Error).message}`, { cause: error });
    }
  }
  checkLabels(flags.map('labels'));
  const dryRun = flags.bool('validate') ? 'server' : dryRunOf(flags, log, { isTemplate: true });
  const named = await nameAndChart(context, 'release-name');
  const chart = await chartWithDependencies(context, named.chart);
  prepareFor?.(chart.raw.length);
  const overrides = await overridesOf(context);
  const options = {
    chart,
    overrides,
    releaseName: named.name,
    namespace: await namespaceOf(context),
    isUpgrade: flags.bool('is-upgrade'),
    includeCrds: flags.bool('include-crds'),
    skipSchemaValidation: flags.bool('skip-schema-validation'),
    enableDns: flags.bool('enable-dns'),
    ...(kubeVersion !== '' && { kubeVersion }),
    apiVersions: flags.list('api-versions'),
    ...(stackFrames && { limits: { maxStack: stackFrames } }),
    compat: compatOf(flags),
    trackValues: settings.debug,
    // The computer's own clock is that of the library of functions which all renderings share.
    ...(context.clock !== realClock && { now: () => context.clock.now() }),
    ...postRendering(context),
    log,
  };
  if (dryRun === 'client') return renderChart(options);
  const { onReleases } = await import('./operation.ts');
  const { buildResources } = await import('../kube/resource.ts');
  const { requireReachable } = await import('../action/context.ts');
  const { warnOfCrds } = await import('../action/install.ts');
  return onReleases(context, { quiet: true }, async (action) => {
    await requireReachable(action);
    const { client, namespace } = action;
    if (!flags.bool('skip-crds')) warnOfCrds(chart, overrides, log);
    const rendered = await renderChart({ ...options, namespace, cluster: client });
    await buildResources(client, rendered.manifest, namespace, { validate: true }).catch((error: Error) => {
      throw new Error(`unable to build kubernetes objects from release manifest: ${error.message}`, { cause: error });
    });
    return rendered;
  });
}

const shownHooks = ({ flags }: CommandContext) => ({
  skipTests: flags.bool('skip-tests'),
  noHooks: flags.bool('no-hooks'),
});

function print({ crds, manifests, hooks }: RenderedChart, context: CommandContext): undefined {
  const shown = { crds: context.flags.bool('include-crds') ? crds : [], manifests, hooks };
  for (const piece of templatePieces(shown, shownHooks(context))) writeTo(context.stdout, piece);
}

const textOf = ({ manifest, hooks }: RenderedChart, context: CommandContext): string =>
  templateText(manifest, hooks, shownHooks(context));

/** Writes every document to the file of its template; answers what is left to print. */
function written(
  rendered: RenderedChart,
  directory: string,
  { flags, environment, stdout, args }: CommandContext,
): string {
  const release = flags.bool('release-name') ? (args.length > 1 ? args[0]! : 'release-name') : '';
  const begun = new Set<string>();
  const write = (folder: string, path: string, content: string): void => {
    const shown = [folder, path].join('/');
    const file = resolve(environment.directory, shown);
    mkdirSync(dirname(file), { recursive: true });
    if (begun.has(shown)) appendFileSync(file, printDocument(path, content));
    else writeFileSync(file, printDocument(path, content));
    begun.add(shown);
    stdout.write(`wrote ${shown}\n`);
  };
  const folder = release === '' ? directory : join(directory, release);
  if (flags.bool('include-crds')) for (const { path, text } of rendered.crds) write(directory, path, text);
  for (const { path, content } of rendered.manifests) write(folder, path, content);
  if (!flags.bool('no-hooks'))
    for (const hook of rendered.hooks)
      if (!flags.bool('skip-tests') || !hook.events.includes('test')) write(folder, hook.path, hook.manifest);
  return '\n';
}
