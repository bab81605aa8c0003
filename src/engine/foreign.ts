/** Templates that are not Go's: Handlebars, loaded for charts that have one. */
import type { Chart } from '../chart/chart.ts';
import type { GoFunction } from '../template/value.ts';
import type { ForeignTemplates } from './render.ts';

/** What `render` needs for the chart's other templates; nothing for a chart that has none. */
export async function foreignTemplates(chart: Chart): Promise<{ handlebars?: ForeignTemplates }> {
  if (!hasTemplate(chart, '.hbs')) return {};
  const { EXTENSION, HandlebarsTemplates, loadHandlebars } = await import('../handlebars/templates.ts');
  const handlebars = await loadHandlebars();
  const create = (functions: Record<string, GoFunction>) => new HandlebarsTemplates({ handlebars, functions });
  return { handlebars: { extension: EXTENSION, create } };
}

const hasTemplate = ({ templates, dependencies }: Chart, suffix: string): boolean =>
  templates.some(({ name }) => name.endsWith(suffix)) || dependencies.some((subchart) => hasTemplate(subchart, suffix));
