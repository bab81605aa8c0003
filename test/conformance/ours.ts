/** What our own renderer gives for a chart, made in this process, in the words of each way to ask real helm. */
import { readFileSync } from 'node:fs';
import { ChartRenderError, type RenderChartOptions, type RenderedChart } from '../../src/action/render.ts';
import { renderChart } from '../../src/action/render-chart.ts';
import { mergeForPostRender, splitPostRendered } from '../../src/manifest/post-render.ts';
import { templateText } from '../../src/manifest/print.ts';
import { trimSpace } from '../../src/manifest/split.ts';
import { mergeOverrides } from '../../src/values/overrides.ts';
import type { Output } from './helm-output.ts';

/** A way to render: how helm is asked, how ours is, and which part of the output counts. */
export interface Mode {
  helm: (chart: string, valueArgs: string[]) => string[];
  ours: Partial<RenderChartOptions>;
  theirText: (stdout: string) => string;
  ourText: (rendered: RenderedChart) => string;
  /** What the command adds to an error. */
  ourError: (error: Error) => string;
}

const same = (text: string): string => text;
const HINT = '\n\nUse --debug flag to render out invalid YAML';
const withHint = (error: Error): string => error.message + (error instanceof ChartRenderError ? HINT : '');
const template = ({ manifest, hooks }: RenderedChart): string => templateText(manifest, hooks);

export const MODES: Record<string, Mode> = {
  template: {
    helm: (chart, values) => ['template', 'release-name', chart, ...values],
    ours: {},
    theirText: same,
    ourText: template,
    ourError: withHint,
  },
  /** Another Kubernetes, an upgrade, definitions included, tests left out. */
  old: {
    helm: (chart, values) => [
      ...['template', 'release-name', chart, '--kube-version', 'v1.18.4-gke.1', '--is-upgrade', '--include-crds'],
      ...['--skip-tests', '-n', 'prod', '--api-versions', 'monitoring.coreos.com/v1,route.openshift.io/v1', ...values],
    ],
    ours: {
      kubeVersion: 'v1.18.4-gke.1',
      isUpgrade: true,
      includeCrds: true,
      namespace: 'prod',
      apiVersions: ['monitoring.coreos.com/v1', 'route.openshift.io/v1'],
    },
    theirText: same,
    ourText: ({ manifest, hooks }) => templateText(manifest, hooks, { skipTests: true }),
    ourError: withHint,
  },
  /** Without schemas, which may name others on the net. */
  unchecked: {
    helm: (chart, values) => ['template', 'release-name', chart, '--skip-schema-validation', ...values],
    ours: { skipSchemaValidation: true },
    theirText: same,
    ourText: template,
    ourError: withHint,
  },
  /** Through a post-renderer that changes nothing; HELM_PLUGINS must hold one of the name `cat`. */
  postrendered: {
    helm: (chart, values) => ['template', 'release-name', chart, '--post-renderer', 'cat', ...values],
    ours: { postRender: async (files) => splitPostRendered(await mergeForPostRender(files)) },
    theirText: same,
    ourText: template,
    ourError: withHint,
  },
  notes: {
    helm: (chart, values) => ['install', 'release-name', chart, '--dry-run=client', ...values],
    ours: {},
    theirText: (stdout) => trimSpace(stdout.split('\nNOTES:\n').slice(1).join('\nNOTES:\n')),
    ourText: ({ notes }) => trimSpace(notes),
    ourError: (error) => `INSTALLATION FAILED: ${error.message}`,
  },
};

export async function ourOutput(chart: string, values?: string, mode: Mode = MODES.template!): Promise<Output> {
  try {
    const files = values === undefined ? [] : [values];
    const overrides = await mergeOverrides({ files }, (path) => readFileSync(path, 'utf8'));
    const common = { chart, releaseName: 'release-name', namespace: 'default', overrides };
    return { code: 0, stdout: mode.ourText(await renderChart({ ...common, ...mode.ours })), stderr: '' };
  } catch (error) {
    return { code: 1, stdout: '', stderr: `Error: ${mode.ourError(error as Error)}\n` };
  }
}
