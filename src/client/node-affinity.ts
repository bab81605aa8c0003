/** What nodes a pod may stand on by their labels, names and taints. */
import type { KubeObject } from '../api/object.ts';

export interface Taint {
  key: string;
  value?: string;
  effect: string;
}

/** What the rules look at of a node. */
export interface NodeView {
  name: string;
  labels: Record<string, string>;
  taints: Taint[];
}

export const nodeView = ({ metadata, spec }: KubeObject): NodeView => ({
  name: metadata.name,
  labels: metadata.labels ?? {},
  taints: spec?.taints ?? [],
});

interface NodeRequirement {
  key: string;
  operator: string;
  values?: string[];
}

interface NodeTerm {
  matchExpressions?: NodeRequirement[];
  matchFields?: NodeRequirement[];
}

interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
}

export function matchesNode({ spec }: KubeObject, node: NodeView): boolean {
  for (const key in spec.nodeSelector ?? {}) if (node.labels[key] !== spec.nodeSelector[key]) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || matchesTerms(required.nodeSelectorTerms ?? [], node);
}

/** Terms are alternatives; one that says nothing matches nothing. */
export const matchesTerms = (terms: NodeTerm[], node: NodeView): boolean =>
  terms.some((term) => matchesTerm(term, node));

export function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeTerm, node: NodeView): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => meets(requirement, node.labels[requirement.key])) &&
    matchFields.every((requirement) => meets(requirement, requirement.key === 'metadata.name' ? node.name : undefined))
  );
}

function meets({ operator, values = [] }: NodeRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

export function tolerates(tolerations: Toleration[] = [], taint: Taint): boolean {
  return tolerations.some(
    ({ key, operator, value = '', effect }) =>
      (!effect || effect === taint.effect) &&
      (!key || key === taint.key) &&
      (operator === 'Exists' || (key !== undefined && value === (taint.value ?? ''))),
  );
}

/** The first taint that keeps the pod off the node. */
export const untolerated = ({ spec }: KubeObject, node: NodeView): Taint | undefined =>
  node.taints.find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(spec.tolerations, taint));
