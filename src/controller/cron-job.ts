/** CronJob: makes a job whenever its schedule says so, and keeps a few of those that ended. */
import type { Condition, StatusJson } from '../api/conditions.ts';
import { equalJson } from '../api/json.ts';
import { type KubeObject, timestamp } from '../api/object.ts';
import { ignoreNotFound, isAlreadyExists } from '../api/status.ts';
import { keyOf } from '../client/informer.ts';
import { CRON_JOBS, JOBS } from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition, Reconcile } from './controller.ts';
import { nextTime, parseSchedule, type Schedule } from './cron-schedule.ts';
import { isJobOver } from './job.ts';
import { controllerOf, indexByController, isControlledBy, ownedBy, ownerReference } from './ownership.ts';

export const cronJobController: ControllerDefinition = {
  name: 'cronjob-controller',
  component: 'cronjob-controller',
  setUp,
};

/** More starts missed than this and only the last is looked for: the clock was probably set. */
const MANY_MISSED = 100;

function setUp(context: ControllerContext): Reconcile {
  const crons = context.informer(CRON_JOBS);
  const jobs = context.informer(JOBS);
  indexByController(jobs);
  crons.onChange(({ object }) => context.enqueue(keyOf(object)));
  jobs.onChange(({ object }) => {
    const controller = controllerOf(object);
    if (controller?.kind === 'CronJob') context.enqueue(`${object.metadata.namespace}/${controller.name}`);
  });
  return async (key) => {
    const cron = crons.byKey(key);
    if (!cron || cron.metadata.deletionTimestamp) return undefined;
    return sync(context, cron, ownedBy(jobs, cron));
  };
}

async function sync(context: ControllerContext, cron: KubeObject, jobs: KubeObject[]): Promise<number | undefined> {
  const status = { ...cron.status };
  noteEnded(context, cron, jobs, status);
  await trimHistory(context, cron, jobs);
  let requeue: number | undefined;
  if (!cron.spec.suspend) requeue = await startIfDue(context, cron, status);
  if (!equalJson(status, cron.status ?? {}))
    await context.client.update(CRON_JOBS, { ...cron, status }, { subresource: 'status' });
  return requeue;
}

/** Keeps the list of active jobs in step with the jobs, and tells of those that nobody expected. */
function noteEnded({ recorder }: ControllerContext, cron: KubeObject, jobs: KubeObject[], status: StatusJson): void {
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string) =>
    recorder.event(cron, type, reason, message);
  const active = new Map<string, { name: string }>();
  for (const reference of status.active ?? []) active.set(reference.uid, reference);
  for (const job of jobs) {
    const { uid, name } = job.metadata;
    const type = endOf(job);
    if (type === 'Complete') status.lastSuccessfulTime = latest(status.lastSuccessfulTime, job.status.completionTime);
    if (active.has(uid!) && type) {
      active.delete(uid!);
      tell('Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${type}`);
    } else if (!active.has(uid!) && !type)
      tell('Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`);
  }
  const known = new Set(jobs.map(({ metadata }) => metadata.uid));
  for (const [uid, { name }] of active) {
    if (known.has(uid)) continue;
    active.delete(uid);
    tell('Normal', 'MissingJob', `Active job went missing: ${name}`);
  }
  status.active = active.size > 0 ? [...active.values()] : undefined;
}

const endOf = ({ status }: KubeObject): string | undefined =>
  status?.conditions?.find((c: Condition) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True')
    ?.type;

const latest = (a: string | undefined, b: string | undefined): string | undefined => (!a || (b && b > a) ? b : a);

async function trimHistory(
  { client, recorder }: ControllerContext,
  cron: KubeObject,
  jobs: KubeObject[],
): Promise<void> {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cron.spec;
  for (const [type, limit] of [
    ['Complete', successfulJobsHistoryLimit],
    ['Failed', failedJobsHistoryLimit],
  ] as const) {
    const ended = jobs.filter((job) => endOf(job) === type && !job.metadata.deletionTimestamp);
    ended.sort((a, b) => ((a.status.startTime ?? '') < (b.status.startTime ?? '') ? -1 : 1));
    for (const { metadata } of ended.slice(0, Math.max(0, ended.length - limit))) {
      await client
        .delete(JOBS, metadata.name, metadata.namespace, { propagationPolicy: 'Background' })
        .catch(ignoreNotFound);
      recorder.event(cron, 'Normal', 'SuccessfulDelete', `Deleted job ${metadata.name}`);
    }
  }
}

/** Starts the job of the last start that was missed; answers the time to the next. */
async function startIfDue(
  context: ControllerContext,
  cron: KubeObject,
  status: StatusJson,
): Promise<number | undefined> {
  const { clock, recorder } = context;
  let schedule: Schedule;
  try {
    schedule = parseSchedule(cron.spec.schedule, cron.spec.timeZone ?? 'UTC');
    nextTime(schedule, clock.now());
  } catch (error) {
    const zone = error instanceof RangeError;
    recorder.event(
      cron,
      'Warning',
      zone ? 'UnknownTimeZone' : 'UnparseableSchedule',
      zone
        ? `invalid timeZone: "${cron.spec.timeZone}": unknown time zone ${cron.spec.timeZone}`
        : `unparseable schedule: "${cron.spec.schedule}" : ${(error as Error).message}`,
    );
    return undefined;
  }
  const now = clock.now();
  const due = lastMissed(context, cron, schedule, now);
  if (due !== undefined) await start(context, cron, status, due, now);
  const next = nextTime(schedule, now);
  return next === undefined ? undefined : next - now;
}

function lastMissed(
  { recorder }: ControllerContext,
  cron: KubeObject,
  schedule: Schedule,
  now: number,
): number | undefined {
  const { startingDeadlineSeconds } = cron.spec;
  let from = Date.parse(cron.status?.lastScheduleTime ?? cron.metadata.creationTimestamp ?? '');
  if (startingDeadlineSeconds !== undefined) from = Math.max(from, now - startingDeadlineSeconds * 1000);
  let last: number | undefined;
  for (let missed = 0, at = nextTime(schedule, from); at !== undefined && at <= now; at = nextTime(schedule, at)) {
    last = at;
    if (++missed !== MANY_MISSED) continue;
    const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    recorder.event(cron, 'Warning', 'TooManyMissedTimes', message);
    at = Math.max(at, now - 24 * 3_600_000);
  }
  return last;
}

async function start(
  context: ControllerContext,
  cron: KubeObject,
  status: StatusJson,
  due: number,
  now: number,
): Promise<void> {
  const { client, recorder } = context;
  const active: { uid: string; name: string; namespace: string }[] = status.active ?? [];
  if (active.length > 0 && cron.spec.concurrencyPolicy === 'Forbid') {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    recorder.event(cron, 'Normal', 'JobAlreadyActive', message);
    return;
  }
  if (cron.spec.concurrencyPolicy === 'Replace') {
    for (const { name, namespace } of active) {
      await client.delete(JOBS, name, namespace, { propagationPolicy: 'Background' }).catch(ignoreNotFound);
      recorder.event(cron, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
    }
    status.active = undefined;
  }
  const job = await createJob(context, cron, jobFor(cron, due));
  if (job && !isJobOver(job)) status.active = [...(status.active ?? []), referenceTo(job)];
  status.lastScheduleTime = timestamp(Math.min(now, due));
}

/** The job, also where it was made before but nobody noted it; undefined for another's of the same name. */
async function createJob(
  { client, recorder }: ControllerContext,
  cron: KubeObject,
  job: KubeObject,
): Promise<KubeObject | undefined> {
  const { name, namespace } = job.metadata;
  try {
    const created = await client.create<KubeObject>(JOBS, job);
    recorder.event(cron, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
    return created;
  } catch (error) {
    if (!isAlreadyExists(error)) {
      recorder.event(cron, 'Warning', 'FailedCreate', `Error creating job: ${(error as Error).message}`);
      throw error;
    }
    const there = await client.get<KubeObject>(JOBS, name, namespace);
    const noted = (cron.status?.active ?? []).some(({ uid }: { uid: string }) => uid === there.metadata.uid);
    return !noted && isControlledBy(there, cron) ? there : undefined;
  }
}

/** Named after the minute it is for, so that no start makes two. */
function jobFor(cron: KubeObject, due: number): KubeObject {
  const { labels, annotations } = cron.spec.jobTemplate.metadata ?? {};
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${cron.metadata.name}-${Math.floor(due / 60_000)}`,
      namespace: cron.metadata.namespace,
      ...(labels && { labels }),
      annotations: { ...annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': timestamp(due) },
      ownerReferences: [ownerReference(cron)],
    },
    spec: cron.spec.jobTemplate.spec,
  };
}

const referenceTo = ({ apiVersion, kind, metadata }: KubeObject) => ({
  kind,
  namespace: metadata.namespace!,
  name: metadata.name,
  uid: metadata.uid!,
  apiVersion,
  resourceVersion: metadata.resourceVersion,
});
