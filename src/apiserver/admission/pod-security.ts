/** PodSecurity: a namespace's labels say which pods it takes, which it warns of. */
import { parseApiVersion } from '../../api/object.ts';
import { forbidden } from '../../api/status.ts';
import type { Call, Draft } from '../call.ts';
import { type Level, violations } from './pod-security-checks.ts';
import { podTemplateOf } from './pod-specs.ts';

const PREFIX = 'pod-security.kubernetes.io/';

interface Policy {
  level: Level;
  version: string;
}

/** A pod that violates `enforce` is refused; `warn` is told for pods and for what makes them. */
export function checkPodSecurity(object: Draft, call: Call): void {
  const { api, target, type } = call;
  const namespace = api.objects.get(api.types.find('', 'v1', 'namespaces')!, '', target.namespace);
  const labels = namespace?.metadata.labels;
  if (labels === undefined) return;
  const template = podTemplateOf(object);
  if (template === undefined) return;
  const isPod = type.resource === 'pods' && parseApiVersion(object.apiVersion).group === '';
  const enforced = isPod ? policyOf(labels, 'enforce') : undefined;
  const broken = enforced && violations(template, enforced.level);
  if (enforced !== undefined && broken!.length > 0)
    throw forbidden(type, object.metadata.name, `violates PodSecurity ${nameOf(enforced)}: ${broken!.join(', ')}`);
  const warned = policyOf(labels, 'warn');
  const found = warned === undefined ? [] : violations(template, warned.level);
  if (found.length > 0) call.warnings.push(`would violate PodSecurity ${nameOf(warned!)}: ${found.join(', ')}`);
}

const nameOf = ({ level, version }: Policy): string => JSON.stringify(`${level}:${version}`);

function policyOf(labels: Record<string, string>, mode: 'enforce' | 'warn'): Policy | undefined {
  const level = labels[PREFIX + mode];
  if (level !== 'baseline' && level !== 'restricted') return undefined;
  return { level, version: labels[`${PREFIX + mode}-version`] ?? 'latest' };
}
