/** The tables of what runs pods. */
import type { KubeObject } from '../../api/object.ts';
import { age, ageOf, containerCells, humanDuration, labelText, orNone, selectorText } from './cells.ts';
import { type Columns, defineColumns } from './table.ts';

const WIDE = '+Containers +Images +Selector';

const wide = ({ spec }: KubeObject): string[] => [...containerCells(spec.template), selectorText(spec.selector)];

const replicaCells = ({ metadata, spec, status }: KubeObject, now: number): unknown[] => [
  metadata.name,
  spec.replicas ?? 0,
  status?.replicas ?? 0,
  status?.readyReplicas ?? 0,
  age(metadata.creationTimestamp, now),
];

const readyText = ({ spec, status }: KubeObject): string => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`;

export const workloadColumns: Record<string, Columns> = {
  replicationcontrollers: defineColumns(`Name #Desired #Current #Ready  Age ${WIDE}`, (object, now) => [
    ...replicaCells(object, now),
    ...containerCells(object['spec'].template),
    labelText(object['spec'].selector),
  ]),
  'replicasets.apps': defineColumns(`Name #Desired #Current #Ready  Age ${WIDE}`, (object, now) => [
    ...replicaCells(object, now),
    ...wide(object),
  ]),
  'deployments.apps': defineColumns(`Name  Ready  Up-to-date  Available  Age ${WIDE}`, (object, now) => [
    object.metadata.name,
    readyText(object),
    object['status']?.updatedReplicas ?? 0,
    object['status']?.availableReplicas ?? 0,
    ageOf(object, now),
    ...wide(object),
  ]),
  'statefulsets.apps': defineColumns('Name  Ready  Age +Containers +Images', (object, now) => [
    object.metadata.name,
    readyText(object),
    ageOf(object, now),
    ...containerCells(object['spec'].template),
  ]),
  'daemonsets.apps': defineColumns(
    `Name #Desired #Current #Ready #Up-to-date #Available  Node Selector  Age ${WIDE}`,
    (object, now) => {
      const { spec, status = {} } = object;
      return [
        object.metadata.name,
        status.desiredNumberScheduled ?? 0,
        status.currentNumberScheduled ?? 0,
        status.numberReady ?? 0,
        status.updatedNumberScheduled ?? 0,
        status.numberAvailable ?? 0,
        labelText(spec.template?.spec?.nodeSelector),
        ageOf(object, now),
        ...wide(object),
      ];
    },
  ),
  'controllerrevisions.apps': defineColumns('Name  Controller  Revision  Age', (object, now) => [
    object.metadata.name,
    controllerText(object),
    object['revision'] ?? 0,
    ageOf(object, now),
  ]),
  'jobs.batch': defineColumns(`Name  Status  Completions  Duration  Age ${WIDE}`, (object, now) => [
    object.metadata.name,
    jobStatus(object),
    jobCompletions(object),
    jobDuration(object, now),
    ageOf(object, now),
    ...wide(object),
  ]),
  'cronjobs.batch': defineColumns(
    `Name  Schedule  Timezone ?Suspend #Active  Last Schedule  Age ${WIDE}`,
    (object, now) => {
      const { spec, status } = object;
      return [
        object.metadata.name,
        spec.schedule,
        orNone(spec.timeZone),
        spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
        status?.active?.length ?? 0,
        status?.lastScheduleTime ? age(status.lastScheduleTime, now) : '<none>',
        ageOf(object, now),
        ...containerCells(spec.jobTemplate?.spec?.template),
        selectorText(spec.jobTemplate?.spec?.selector),
      ];
    },
  ),
  'poddisruptionbudgets.policy': defineColumns(
    'Name  Min Available  Max Unavailable #Allowed Disruptions  Age',
    (object, now) => [
      object.metadata.name,
      String(object['spec']?.minAvailable ?? 'N/A'),
      String(object['spec']?.maxUnavailable ?? 'N/A'),
      object['status']?.disruptionsAllowed ?? 0,
      ageOf(object, now),
    ],
  ),
  'horizontalpodautoscalers.autoscaling': defineColumns(
    'Name  Reference  Targets  MinPods  MaxPods  Replicas  Age',
    (object, now) => {
      const { spec, status } = object;
      return [
        object.metadata.name,
        `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
        metricsText(spec, status ?? {}),
        spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
        spec.maxReplicas,
        status?.currentReplicas ?? 0,
        ageOf(object, now),
      ];
    },
  ),
};

function controllerText({ metadata }: KubeObject): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (owner === undefined) return '<none>';
  const [group, version] = owner.apiVersion.split('/');
  return `${owner.kind}${version === undefined ? '' : `.${group}`}`.toLowerCase() + `/${owner.name}`;
}

const JOB_STATES = [
  ['Complete', 'Complete'],
  ['Failed', 'Failed'],
  ['', 'Terminating'],
  ['Suspended', 'Suspended'],
  ['FailureTarget', 'FailureTarget'],
] as const;

function jobStatus({ metadata, status }: KubeObject): string {
  const conditions: { type: string; status: string }[] = status?.conditions ?? [];
  for (const [type, text] of JOB_STATES) {
    if (type === '' && metadata.deletionTimestamp !== undefined) return text;
    if (conditions.some((condition) => condition.type === type && condition.status === 'True')) return text;
  }
  return 'Running';
}

function jobCompletions({ spec, status }: KubeObject): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  return spec.parallelism > 1 ? `${succeeded}/1 of ${spec.parallelism}` : `${succeeded}/1`;
}

function jobDuration({ status }: KubeObject, now: number): string {
  if (!status?.startTime) return '';
  return humanDuration(
    (status.completionTime ? Date.parse(status.completionTime) : now) - Date.parse(status.startTime),
  );
}

interface MetricValue {
  averageUtilization?: number;
  averageValue?: string;
  value?: string;
}

interface Metric {
  type: string;
  [source: string]: unknown;
}

const MOST_METRICS = 2;

/** Each metric as `cpu: 10%/80%`; v1 objects have the one target of their own. */
function metricsText(
  spec: { metrics?: Metric[]; targetCPUUtilizationPercentage?: number },
  status: { currentMetrics?: Metric[] },
): string {
  if (spec.metrics === undefined && spec.targetCPUUtilizationPercentage !== undefined)
    return `cpu: <unknown>/${spec.targetCPUUtilizationPercentage}%`;
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const texts = metrics.map((metric, i) => metricText(metric, status.currentMetrics?.[i]));
  const shown = texts.slice(0, MOST_METRICS).join(', ');
  return texts.length > MOST_METRICS ? `${shown} + ${texts.length - MOST_METRICS} more...` : shown;
}

const SOURCES: Record<string, string> = {
  Resource: 'resource',
  ContainerResource: 'containerResource',
  Pods: 'pods',
  Object: 'object',
  External: 'external',
};

function metricText(metric: Metric, now: Metric | undefined): string {
  const source = SOURCES[metric.type];
  if (source === undefined) return '<unknown type>';
  const { name, target = {} } = (metric[source] ?? {}) as { name?: string; target?: MetricValue };
  const current = ((now?.[source] as { current?: MetricValue } | undefined)?.current ?? {}) as MetricValue;
  const prefix = name === undefined ? '' : `${name}: `;
  if (target.averageValue !== undefined) {
    const average = source === 'external' || source === 'object' ? ' (avg)' : '';
    return `${prefix}${current.averageValue ?? '<unknown>'}/${target.averageValue}${average}`;
  }
  if (name === undefined) return `${current.value ?? '<unknown>'}/${target.value}`;
  const percent = (value: number | undefined, absent: string) => (value === undefined ? absent : `${value}%`);
  return `${prefix}${percent(current.averageUtilization, '<unknown>')}/${percent(target.averageUtilization, '<auto>')}`;
}
