/** Which webhooks a request concerns: their rules and selectors. */
import type { KubeObject } from '../../api/object.ts';
import { fromLabelSelector, type LabelSelectorObject, matchesLabels } from '../../api/selectors.ts';
import type { Call } from '../call.ts';
import type { Named } from './policy-expressions.ts';
import type { ServiceReference } from './service-reference.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

export interface ClientConfig {
  url?: string;
  caBundle?: string;
  service?: ServiceReference;
}

export interface Webhook {
  name: string;
  clientConfig: ClientConfig;
  rules?: Rule[];
  matchConditions?: Named[];
  failurePolicy?: 'Fail' | 'Ignore';
  namespaceSelector?: LabelSelectorObject;
  objectSelector?: LabelSelectorObject;
  sideEffects?: string;
  timeoutSeconds?: number;
}

export interface MutatingWebhook extends Webhook {
  reinvocationPolicy?: string;
}

interface Rule {
  operations: string[];
  apiGroups: string[];
  apiVersions: string[];
  resources: string[];
  scope?: string;
}

/** `object` and `old`: a selector that matches either is enough. */
export function isConcerned(
  webhook: Webhook,
  operation: Operation,
  call: Call,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
): boolean {
  // As Kubernetes: the configurations of webhooks are never subject to webhooks.
  if (call.type.group === 'admissionregistration.k8s.io' && call.type.resource.endsWith('webhookconfigurations'))
    return false;
  if (!(webhook.rules ?? []).some((rule) => matchesRule(rule, operation, call))) return false;
  if (!matchesNamespace(webhook, call, object ?? old)) return false;
  const selector = fromLabelSelector(webhook.objectSelector ?? {});
  return [object, old].some((each) => each !== undefined && matchesLabels(selector, each.metadata.labels));
}

function matchesRule(rule: Rule, operation: Operation, { type, target }: Call): boolean {
  const has = (list: string[], wanted: string) => list.some((each) => each === '*' || each === wanted);
  const scope = type.namespaced ? 'Namespaced' : 'Cluster';
  return (
    has(rule.operations, operation) &&
    has(rule.apiGroups, type.group) &&
    has(rule.apiVersions, type.version) &&
    matchesResource(rule.resources, type.resource, target.subresource) &&
    (rule.scope === undefined || rule.scope === '*' || rule.scope === scope)
  );
}

// `pods`, `pods/status`, `pods/*`, `*/status`, `*` for every resource, `*/*` for the subresources as well.
function matchesResource(resources: string[], resource: string, subresource: string): boolean {
  if (resources.includes('*/*')) return true;
  if (subresource === '') return resources.includes('*') || resources.includes(resource);
  return [`${resource}/${subresource}`, `${resource}/*`, `*/${subresource}`].some((each) => resources.includes(each));
}

/** Of the namespace the object is in, or of the object where it is a namespace itself. */
function matchesNamespace(webhook: Webhook, { api, type, target }: Call, object: KubeObject | undefined): boolean {
  const selector = fromLabelSelector(webhook.namespaceSelector ?? {});
  const isNamespace = type.group === '' && type.resource === 'namespaces';
  if (!type.namespaced && !isNamespace) return true;
  const namespace = isNamespace
    ? object
    : api.objects.get(api.types.find('', 'v1', 'namespaces')!, '', target.namespace);
  return matchesLabels(selector, namespace?.metadata.labels);
}
