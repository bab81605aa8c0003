/** The tables of what extends and guards the API itself. */
import type { KubeObject } from '../../api/object.ts';
import { ageOf, selectorText } from './cells.ts';
import { type Columns, defineColumns } from './table.ts';

const webhooks = defineColumns('Name #Webhooks  Age', (object, now) => [
  object.metadata.name,
  object['webhooks']?.length ?? 0,
  ageOf(object, now),
]);

const policies = (counted: string, field: string) =>
  defineColumns(`Name #${counted}  ParamKind  Age`, (object, now) => {
    const { paramKind } = object['spec'];
    return [
      object.metadata.name,
      object['spec'][field]?.length ?? 0,
      paramKind === undefined ? '<unset>' : `${paramKind.apiVersion}/${paramKind.kind}`,
      ageOf(object, now),
    ];
  });

const policyBindings = defineColumns('Name  PolicyName  ParamRef  Age', (object, now) => [
  object.metadata.name,
  object['spec'].policyName,
  paramText(object['spec'].paramRef),
  ageOf(object, now),
]);

const named = defineColumns('Name  Age', (object, now) => [object.metadata.name, ageOf(object, now)]);

export const extensionColumns: Record<string, Columns> = {
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': webhooks,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': webhooks,
  'validatingadmissionpolicies.admissionregistration.k8s.io': policies('Validations', 'validations'),
  'mutatingadmissionpolicies.admissionregistration.k8s.io': policies('Mutations', 'mutations'),
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': policyBindings,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': policyBindings,
  'apiservices.apiregistration.k8s.io': defineColumns('Name  Service  Available  Age', (object, now) => {
    const { service } = object['spec'] ?? {};
    return [
      object.metadata.name,
      service ? `${service.namespace}/${service.name}` : 'Local',
      availableText(object),
      ageOf(object, now),
    ];
  }),
  'flowschemas.flowcontrol.apiserver.k8s.io': defineColumns(
    'Name  PriorityLevel  MatchingPrecedence  DistinguisherMethod  Age  MissingPL',
    (object, now) => {
      const { spec = {}, status } = object;
      const dangling = status?.conditions?.find(({ type }: { type: string }) => type === 'Dangling');
      return [
        object.metadata.name,
        spec.priorityLevelConfiguration?.name ?? '',
        spec.matchingPrecedence ?? 0,
        spec.distinguisherMethod?.type ?? '<none>',
        ageOf(object, now),
        dangling?.status ?? '?',
      ];
    },
  ),
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': defineColumns(
    'Name  Type  NominalConcurrencyShares  Queues  HandSize  QueueLengthLimit  Age',
    (object, now) => {
      const { limited, type } = object['spec'] ?? {};
      const queuing = limited?.limitResponse?.queuing;
      return [
        object.metadata.name,
        type ?? '',
        limited?.nominalConcurrencyShares ?? '<none>',
        queuing?.queues ?? '<none>',
        queuing?.handSize ?? '<none>',
        queuing?.queueLengthLimit ?? '<none>',
        ageOf(object, now),
      ];
    },
  ),
  'deviceclasses.resource.k8s.io': named,
  'resourceclaimtemplates.resource.k8s.io': named,
  'resourceclaims.resource.k8s.io': defineColumns('Name  State  Age', (object, now) => [
    object.metadata.name,
    claimState(object),
    ageOf(object, now),
  ]),
  'resourceslices.resource.k8s.io': defineColumns('Name  Node  Driver  Pool  Age', (object, now) => [
    object.metadata.name,
    object['spec']?.nodeName ?? '',
    object['spec']?.driver ?? '',
    object['spec']?.pool?.name ?? '',
    ageOf(object, now),
  ]),
};

interface ParamReference {
  name?: string;
  namespace?: string;
  selector?: object;
}

function paramText(reference: ParamReference | undefined): string {
  if (reference?.name) return `${reference.namespace || '*'}/${reference.name}`;
  return reference?.selector === undefined ? '<unset>' : `&LabelSelector{${selectorText(reference.selector)}}`;
}

function availableText({ status }: KubeObject): string {
  const available = status?.conditions?.find(({ type }: { type: string }) => type === 'Available');
  if (available === undefined) return 'Unknown';
  return available.status === 'True' || !available.reason
    ? available.status
    : `${available.status} (${available.reason})`;
}

function claimState({ metadata, status }: KubeObject): string {
  const deleted = metadata.deletionTimestamp !== undefined;
  const states = deleted ? ['deleted'] : [];
  if (status?.allocation === undefined) states.push(...(deleted ? [] : ['pending']));
  else states.push('allocated', ...(status.reservedFor?.length > 0 ? ['reserved'] : []));
  return states.join(',');
}
