/** A job's own rules for what its pods' ends mean: podFailurePolicy and successPolicy. */
import type { Condition } from '../api/conditions.ts';
import type { KubeObject } from '../api/object.ts';

interface FailureRule {
  action: 'FailJob' | 'Ignore' | 'Count' | 'FailIndex';
  onExitCodes?: { containerName?: string; operator: 'In' | 'NotIn'; values: number[] };
  onPodConditions?: { type: string; status?: string }[];
}

/** The first rule that matches decides. */
function ruleFor(
  job: KubeObject,
  pod: KubeObject,
): { rule: FailureRule; index: number; container?: KubeObject } | undefined {
  const rules: FailureRule[] = job.spec.podFailurePolicy?.rules ?? [];
  for (const [index, rule] of rules.entries()) {
    const container = rule.onExitCodes && exitMatch(rule.onExitCodes, pod);
    if (container) return { rule, index, container };
    if (rule.onPodConditions?.some((wanted) => hasCondition(pod, wanted))) return { rule, index };
  }
  return undefined;
}

function exitMatch(
  { containerName, operator, values }: NonNullable<FailureRule['onExitCodes']>,
  { status }: KubeObject,
) {
  const all: KubeObject[] = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.find((each) => {
    const code = each.state?.terminated?.exitCode;
    if (!code || (containerName && String(each.name) !== containerName)) return false;
    return values.includes(code) === (operator === 'In');
  });
}

const hasCondition = ({ status }: KubeObject, wanted: { type: string; status?: string }): boolean =>
  (status?.conditions ?? []).some(
    ({ type, status: value }: Condition) => type === wanted.type && value === (wanted.status ?? 'True'),
  );

export const ignoredByPolicy = (job: KubeObject, pod: KubeObject): boolean =>
  ruleFor(job, pod)?.rule.action === 'Ignore';

export const failsIndexByPolicy = (job: KubeObject, pod: KubeObject): boolean =>
  ruleFor(job, pod)?.rule.action === 'FailIndex';

export function failedByPolicy(job: KubeObject, pods: KubeObject[]): { reason: string; message: string } | undefined {
  for (const pod of pods) {
    if (pod.status?.phase !== 'Failed') continue;
    const found = ruleFor(job, pod);
    if (found?.rule.action !== 'FailJob') continue;
    const { namespace, name } = pod.metadata;
    const why = found.container
      ? `Container ${found.container.name} for pod ${namespace}/${name} failed with exit code ${found.container.state.terminated.exitCode}`
      : `Pod ${namespace}/${name} has condition ${found.rule.onPodConditions?.[0]?.type}`;
    return { reason: 'PodFailurePolicy', message: `${why} matching FailJob rule at index ${found.index}` };
  }
  return undefined;
}

export function succeededByPolicy(job: KubeObject, done: Set<number>): { reason: string; message: string } | undefined {
  const rules: { succeededIndexes?: string; succeededCount?: number }[] = job.spec.successPolicy?.rules ?? [];
  for (const [i, { succeededIndexes, succeededCount }] of rules.entries()) {
    const wanted = succeededIndexes === undefined ? undefined : expand(succeededIndexes);
    const good = wanted ? wanted.filter((index) => done.has(index)).length : done.size;
    const needed = succeededCount ?? wanted?.length ?? Number.POSITIVE_INFINITY;
    if (good >= needed) return { reason: 'SuccessPolicy', message: `Matched rules at index ${i}` };
  }
  return undefined;
}

function expand(text: string): number[] {
  const indexes: number[] = [];
  for (const part of text.split(',')) {
    const [from = Number.NaN, to = from] = part.split('-').map(Number);
    for (let i = from; i <= to && indexes.length < 100_000; i++) indexes.push(i);
  }
  return indexes;
}
