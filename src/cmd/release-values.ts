/** The values of a recorded release: those the user gave, and those they make with the chart's own. */
import { toYaml } from '../encoding/yaml.ts';
import type { Release } from '../release/release.ts';
import type { ValueMap } from '../template/value.ts';
import { coalesceValues } from '../values/coalesce.ts';
import { deepCopy } from '../values/merge.ts';

export const computedValues = ({ chart, overrides }: Release): ValueMap =>
  coalesceValues(
    { name: chart?.metadata?.name ?? '', values: chart?.values ?? undefined, dependencies: [] },
    deepCopy(overrides),
  );

/** Both as YAML, each with the empty line after it that Helm prints. */
export const valuesTexts = (release: Release, user = userValues(release)): { user: string; computed: string } => ({
  user: toYaml(user),
  computed: toYaml(computedValues(release)),
});

/** No values given is null, as in Helm's output. */
export const userValues = ({ overrides }: Release): ValueMap | null =>
  Object.keys(overrides).length === 0 ? null : overrides;
