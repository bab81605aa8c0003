/** The tables of nodes, namespaces, events and identities. */
import type { KubeObject } from '../../api/object.ts';
import { age, ageOf, humanDuration, orNone } from './cells.ts';
import { type Columns, defineColumns } from './table.ts';

const bindingColumns = defineColumns('Name  Role  Age +Users +Groups +ServiceAccounts', (object, now) => [
  object.metadata.name,
  `${object['roleRef'].kind}/${object['roleRef'].name}`,
  ageOf(object, now),
  subjectText(object, 'User'),
  subjectText(object, 'Group'),
  subjectText(object, 'ServiceAccount'),
]);

const EVENT_COLUMNS = 'Last Seen  Type  Reason  Object +Subobject +Source  Message +First Seen +Count +Name';

export const clusterColumns: Record<string, Columns> = {
  namespaces: defineColumns('Name  Status  Age', (object, now) => [
    object.metadata.name,
    object['status']?.phase ?? '',
    ageOf(object, now),
  ]),
  nodes: defineColumns(
    'Name  Status  Roles  Age  Version +Internal-IP +External-IP +OS-Image +Kernel-Version +Container-Runtime',
    (object, now) => {
      const info = object['status']?.nodeInfo ?? {};
      return [
        object.metadata.name,
        nodeStatus(object),
        orNone(nodeRoles(object).join(',')),
        ageOf(object, now),
        info.kubeletVersion ?? '',
        addressOf(object, 'InternalIP'),
        addressOf(object, 'ExternalIP'),
        info.osImage || '<unknown>',
        info.kernelVersion || '<unknown>',
        info.containerRuntimeVersion || '<unknown>',
      ];
    },
  ),
  componentstatuses: defineColumns('Name  Status  Message  Error', ({ metadata, ...object }) => {
    const healthy = object['conditions']?.find(({ type }: { type: string }) => type === 'Healthy');
    const word = healthy === undefined ? 'Unknown' : healthy.status === 'True' ? 'Healthy' : 'Unhealthy';
    return [metadata.name, word, healthy?.message ?? '', healthy?.error ?? ''];
  }),
  events: defineColumns(EVENT_COLUMNS, eventCells),
  'events.events.k8s.io': defineColumns(EVENT_COLUMNS, eventCells),
  serviceaccounts: defineColumns('Name  Secrets  Age', (object, now) => [
    object.metadata.name,
    object['secrets']?.length ?? 0,
    ageOf(object, now),
  ]),
  resourcequotas: defineColumns('Name  Request  Limit  Age', (object, now) => [
    object.metadata.name,
    quotaText(object, false),
    quotaText(object, true),
    ageOf(object, now),
  ]),
  'rolebindings.rbac.authorization.k8s.io': bindingColumns,
  'clusterrolebindings.rbac.authorization.k8s.io': bindingColumns,
  'certificatesigningrequests.certificates.k8s.io': defineColumns(
    'Name  Age  SignerName  Requestor  RequestedDuration  Condition',
    (object, now) => {
      const { spec = {} } = object;
      return [
        object.metadata.name,
        ageOf(object, now),
        orNone(spec.signerName),
        spec.username ?? '',
        spec.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000),
        requestStatus(object['status'] ?? {}),
      ];
    },
  ),
  'leases.coordination.k8s.io': defineColumns('Name  Holder  Age', (object, now) => [
    object.metadata.name,
    object['spec']?.holderIdentity ?? '',
    ageOf(object, now),
  ]),
  'priorityclasses.scheduling.k8s.io': defineColumns(
    'Name #Value ?Global-Default  Age  PreemptionPolicy',
    (object, now) => [
      object.metadata.name,
      object['value'] ?? 0,
      object['globalDefault'] ?? false,
      ageOf(object, now),
      object['preemptionPolicy'] ?? '',
    ],
  ),
  'runtimeclasses.node.k8s.io': defineColumns('Name  Handler  Age', (object, now) => [
    object.metadata.name,
    object['handler'],
    ageOf(object, now),
  ]),
};

function nodeStatus({ spec, status }: KubeObject): string {
  const ready = status?.conditions?.find(({ type }: { type: string }) => type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable ? `${word},SchedulingDisabled` : word;
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function nodeRoles({ metadata }: KubeObject): string[] {
  const roles = Object.entries(metadata.labels ?? {}).map(([key, value]) =>
    key.startsWith(ROLE_PREFIX) ? key.slice(ROLE_PREFIX.length) : key === 'kubernetes.io/role' ? value : '',
  );
  return [...new Set(roles.filter((role) => role !== ''))].sort();
}

const addressOf = ({ status }: KubeObject, type: string): string =>
  status?.addresses?.find((address: { type: string }) => address.type === type)?.address ?? '<none>';

/** Of either form of an event. */
function eventCells(event: KubeObject, now: number): unknown[] {
  const about = event['involvedObject'] ?? event['regarding'] ?? {};
  const firstTime = event['firstTimestamp'] ?? event['deprecatedFirstTimestamp'] ?? event['eventTime'];
  const lastTime =
    event['series']?.lastObservedTime ?? event['lastTimestamp'] ?? event['deprecatedLastTimestamp'] ?? firstTime;
  const kind = (about.kind ?? '').toLowerCase();
  return [
    age(lastTime, now),
    event['type'] ?? '',
    event['reason'] ?? '',
    about.name ? `${kind}/${about.name}` : kind,
    about.fieldPath ?? '',
    sourceText(event),
    (event['message'] ?? event['note'] ?? '').trim(),
    age(firstTime, now),
    event['series']?.count ?? (event['count'] || event['deprecatedCount'] || 1),
    event.metadata.name,
  ];
}

function sourceText(event: KubeObject): string {
  const source = event['source'] ?? event['deprecatedSource'] ?? {};
  const component = source.component || event['reportingComponent'] || event['reportingController'] || '';
  const instance = source.host || event['reportingInstance'] || '';
  return instance === '' ? component : `${component}, ${instance}`;
}

function quotaText({ status }: KubeObject, limits: boolean): string {
  const names = Object.keys(status?.hard ?? {}).sort();
  return names
    .filter((name) => name.startsWith('limits.') === limits)
    .map((name) => `${name}: ${status.used?.[name] ?? '0'}/${status.hard[name]}`)
    .join(', ');
}

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

const subjectText = (binding: KubeObject, kind: string): string =>
  ((binding['subjects'] ?? []) as Subject[])
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
    .join(', ');

function requestStatus({ conditions = [], certificate }: { conditions?: { type: string }[]; certificate?: string }) {
  const has = (type: string) => conditions.some((condition) => condition.type === type);
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decision}${has('Failed') ? ',Failed' : ''}${certificate ? ',Issued' : ''}`;
}
