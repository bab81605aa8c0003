/** `show all|chart|crds|readme|values`: what a chart says of itself. */
import { type ShowFormat, showChart } from '../action/show.ts';
import type { Chart } from '../chart/chart.ts';
import { chartOf } from './chart-source.ts';
import { type Command, type CommandContext, exactArgs } from './command.ts';
import type { Flag } from './flag.ts';
import { CHART_PATH_FLAGS } from './flag-sets.ts';

const DEVEL: Flag = {
  name: 'devel',
  type: 'bool',
  help: "use development versions too; the same as --version '>0.0.0-0'",
};

const JSONPATH: Flag = { name: 'jsonpath', type: 'string', help: 'print only what this JSONPath finds' };

const shower = (format: ShowFormat, long: string, flags: Flag[] = []): Command => ({
  use: `${format} [CHART]`,
  long,
  args: exactArgs(1),
  chart: { at: 0, files: true },
  flags: [DEVEL, ...flags, ...CHART_PATH_FLAGS],
  async run(context) {
    const chart = await chartOf(context, context.args[0]!);
    context.stdout.write((await foundByPath(chart, context)) ?? showChart(chart, format));
    return undefined;
  },
});

async function foundByPath({ values }: Chart, { flags }: CommandContext): Promise<string | undefined> {
  const template = flags.has('jsonpath') ? flags.string('jsonpath') : '';
  if (template === '') return undefined;
  return (await import('./jsonpath-template.ts')).runJsonPathTemplate(template, values ?? {});
}

export const all = shower('all', 'Print the definition, values, readme and custom resource definitions of a chart.');
export const chart = shower('chart', 'Print the definition of a chart: its Chart.yaml.');
export const crds = shower('crds', 'Print the custom resource definitions that come with a chart.');
export const readme = shower('readme', 'Print the readme of a chart.');
export const values = shower('values', 'Print the values of a chart, with their comments.', [JSONPATH]);
