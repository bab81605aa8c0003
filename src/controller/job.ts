/** Job: runs pods until enough have succeeded, or too many failed, or the time is over. */
import { type Condition, findCondition, type StatusJson } from '../api/conditions.ts';
import { equalJson } from '../api/json.ts';
import { type KubeObject, timestamp } from '../api/object.ts';
import { isReady, isTerminal } from '../api/pods.ts';
import { matchesLabels, selectorOf } from '../api/selectors.ts';
import { ignoreNotFound } from '../api/status.ts';
import { keyOf } from '../client/informer.ts';
import { JOBS, PODS } from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition, Reconcile } from './controller.ts';
import {
  failsIndex,
  failureCounts,
  failuresUpTo,
  hasLimitPerIndex,
  INDEX,
  indexOf,
  parseIndexes,
  printIndexes,
} from './job-indexes.ts';
import { failedByPolicy, ignoredByPolicy, succeededByPolicy } from './job-policies.ts';
import { claim, controllerOf, indexByController, ownedBy } from './ownership.ts';
import { byDeletionOrder, createPod, podFromTemplate, slowStart } from './pods.ts';

const TRACKING = 'batch.kubernetes.io/job-tracking';

/** After each failure the next pod waits twice as long. */
const BACK_OFF = { first: 10_000, most: 600_000 };
const backOffAfter = (failures: number): number =>
  Math.min(BACK_OFF.most, BACK_OFF.first * 2 ** Math.min(failures - 1, 10));

export const jobController: ControllerDefinition = { name: 'job-controller', component: 'job-controller', setUp };

function setUp(context: ControllerContext): Reconcile {
  const jobs = context.informer(JOBS);
  const pods = context.informer(PODS);
  indexByController(pods);
  jobs.onChange(({ object }) => context.enqueue(keyOf(object)));
  pods.onChange(({ object }) => {
    const controller = controllerOf(object);
    if (!controller && !object.metadata.deletionTimestamp)
      for (const job of jobs.list(object.metadata.namespace))
        if (matchesLabels(selectorOf(job.spec.selector), object.metadata.labels)) context.enqueue(keyOf(job));
    if (controller?.kind !== 'Job') return;
    const key = `${object.metadata.namespace}/${controller.name}`;
    if (jobs.byKey(key)) context.enqueue(key);
    // The job is gone: nobody counts its pods any more.
    else context.enqueue(`pod:${keyOf(object)}`);
  });
  return async (key) => {
    if (key.startsWith('pod:')) return releaseOrphan(context, key.slice(4));
    const job = jobs.byKey(key);
    if (!job || job.spec.managedBy) return undefined;
    const { client } = context;
    const selector = selectorOf(job.spec.selector);
    const owned = isJobOver(job)
      ? ownedBy(pods, job)
      : await claim({ client, informer: pods, resource: PODS, owner: job, selector, finalizer: TRACKING });
    return new Run(context, job, owned).sync();
  };
}

async function releaseOrphan(context: ControllerContext, key: string): Promise<undefined> {
  const pod = context.informer(PODS).byKey(key);
  const owner = pod && controllerOf(pod);
  if (!pod || !owner || context.informer(JOBS).get(owner.name, pod.metadata.namespace)?.metadata.uid === owner.uid)
    return undefined;
  await releasePod(context, pod);
  return undefined;
}

export const isJobOver = ({ status }: KubeObject): boolean =>
  (status?.conditions ?? []).some(
    ({ type, status: value }: Condition) => (type === 'Complete' || type === 'Failed') && value === 'True',
  );

interface Verdict {
  type: 'Complete' | 'Failed';
  reason: string;
  message: string;
}

const COMPLETE: Verdict = {
  type: 'Complete',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

const FAILED_INDEXES: Verdict = { type: 'Failed', reason: 'FailedIndexes', message: 'Job has failed indexes' };

const TOO_MANY_FAILED_INDEXES: Verdict = {
  type: 'Failed',
  reason: 'MaxFailedIndexesExceeded',
  message: 'Job has exceeded the specified maximal number of failed indexes',
};

/** One look at one job. */
class Run {
  readonly #context: ControllerContext;
  #job: KubeObject;
  readonly #pods: KubeObject[];
  readonly #indexed: boolean;

  constructor(context: ControllerContext, job: KubeObject, pods: KubeObject[]) {
    this.#context = context;
    this.#job = job;
    this.#pods = pods;
    this.#indexed = job.spec.completionMode === 'Indexed';
  }

  async sync(): Promise<number | undefined> {
    const { metadata, spec } = this.#job;
    if (isJobOver(this.#job) || metadata.deletionTimestamp) {
      for (const pod of this.#pods) await releasePod(this.#context, pod);
      const { status } = this.#job;
      if (!metadata.deletionTimestamp && Object.keys(status?.uncountedTerminatedPods ?? {}).length > 0)
        await this.#write({ ...status, uncountedTerminatedPods: {} });
      return undefined;
    }
    const now = this.#context.clock.now();
    const status = { ...this.#job.status, conditions: this.#job.status?.conditions as Condition[] | undefined };
    const finished = this.#count(status);
    if (!spec.suspend && !status.startTime) status.startTime = timestamp(now);
    const verdict = this.#verdict(status, now);
    let requeue: number | undefined;
    if (verdict) finished.push(...(await this.#end(verdict, status)));
    else if (spec.suspend) await this.#suspend(status, now);
    else {
      this.#resume(status, now);
      requeue = await this.#manage(status, now);
    }
    await this.#write(status);
    // Counted and written: the pods need not be kept for it.
    for (const pod of finished) await releasePod(this.#context, pod);
    return verdict ? undefined : earlier(requeue, this.#untilDeadline(status, now));
  }

  #count(status: StatusJson): KubeObject[] {
    const finished = this.#pods.filter((pod) => (isTerminal(pod) || this.#isGivenUp(pod)) && hasTracking(pod));
    const counted = new Set<string>(status.uncountedTerminatedPods?.succeeded ?? []);
    for (const uid of status.uncountedTerminatedPods?.failed ?? []) counted.add(uid);
    const fresh = finished.filter(({ metadata }) => !counted.has(metadata.uid!));
    const succeeded = fresh.filter((pod) => pod.status.phase === 'Succeeded');
    const failed = fresh.filter((pod) => this.#hasFailed(pod) && !ignoredByPolicy(this.#job, pod));
    if (this.#indexed) {
      const done = parseIndexes(status.completedIndexes);
      for (const pod of succeeded) if (indexOf(pod) < (this.#job.spec.completions ?? 0)) done.add(indexOf(pod));
      status.completedIndexes = printIndexes(done) || undefined;
      status.succeeded = done.size || undefined;
      if (hasLimitPerIndex(this.#job)) {
        const lost = parseIndexes(status.failedIndexes);
        for (const pod of fresh)
          if (this.#hasFailed(pod) && failsIndex(this.#job, pod) && !done.has(indexOf(pod))) lost.add(indexOf(pod));
        status.failedIndexes = printIndexes(lost);
      }
    } else status.succeeded = (status.succeeded ?? 0) + succeeded.length || undefined;
    status.failed = (status.failed ?? 0) + failed.length || undefined;
    // Remembered until their finalizers are gone, so that a restart does not count them twice.
    const uids = (ended: (pod: KubeObject) => boolean) => finished.filter(ended).map(({ metadata }) => metadata.uid!);
    const [good, bad] = [uids((pod) => !this.#hasFailed(pod)), uids((pod) => this.#hasFailed(pod))];
    status.uncountedTerminatedPods = {
      ...(good.length > 0 && { succeeded: good }),
      ...(bad.length > 0 && { failed: bad }),
    };
    const active = this.#active();
    status.active = active.length || undefined;
    status.ready = active.filter(isReady).length;
    status.terminating = this.#pods.filter((pod) => pod.metadata.deletionTimestamp && !isTerminal(pod)).length;
    return finished;
  }

  /** By the job's policy pods are replaced, and count as failed, as soon as they are on their way out. */
  #isGivenUp({ metadata, status }: KubeObject): boolean {
    const { podReplacementPolicy, podFailurePolicy } = this.#job.spec;
    const waits = podReplacementPolicy === 'Failed' || (podReplacementPolicy === undefined && podFailurePolicy);
    return !waits && metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded';
  }

  #hasFailed(pod: KubeObject): boolean {
    return pod.status?.phase === 'Failed' || this.#isGivenUp(pod);
  }

  #active(): KubeObject[] {
    return this.#pods.filter((pod) => !isTerminal(pod) && !pod.metadata.deletionTimestamp);
  }

  #verdict(status: StatusJson, now: number): Verdict | undefined {
    const { spec } = this.#job;
    const perIndex = hasLimitPerIndex(this.#job);
    const { backoffLimit = perIndex ? 2 ** 31 - 1 : 6, activeDeadlineSeconds, completions, parallelism = 1 } = spec;
    const target =
      findCondition(status.conditions, 'FailureTarget') ?? findCondition(status.conditions, 'SuccessCriteriaMet');
    if (target)
      return {
        type: target.type === 'FailureTarget' ? 'Failed' : 'Complete',
        reason: target.reason!,
        message: target.message!,
      };
    const policy = failedByPolicy(this.#job, this.#pods);
    if (policy) return { type: 'Failed', ...policy };
    const restarts = spec.template.spec.restartPolicy === 'OnFailure' ? sumRestarts(this.#pods) : 0;
    if ((status.failed ?? 0) > backoffLimit || (restarts > 0 && restarts >= backoffLimit))
      return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
    if (
      activeDeadlineSeconds &&
      status.startTime &&
      !spec.suspend &&
      Date.parse(status.startTime) + activeDeadlineSeconds * 1000 <= now
    )
      return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
    const lost = perIndex ? parseIndexes(status.failedIndexes).size : 0;
    if (lost > (spec.maxFailedIndexes ?? Number.POSITIVE_INFINITY)) return TOO_MANY_FAILED_INDEXES;
    const early = this.#indexed ? succeededByPolicy(this.#job, parseIndexes(status.completedIndexes)) : undefined;
    if (early) return { type: 'Complete', ...early };
    const succeeded = status.succeeded ?? 0;
    if (lost > 0 && succeeded + lost >= completions) return FAILED_INDEXES;
    // Without a number of completions one success ends it, once the other pods are done.
    const done =
      completions === undefined || completions === null
        ? succeeded > 0 && this.#active().length === 0
        : succeeded >= completions;
    if (parallelism === 0 && !completions && succeeded === 0) return undefined;
    return done ? COMPLETE : undefined;
  }

  /** First the decision, then, when the last pod has ended, the end; answers the pods that it ends. */
  async #end({ type, reason, message }: Verdict, status: StatusJson): Promise<KubeObject[]> {
    const active = this.#active();
    for (const pod of active) await this.#delete(pod);
    if (type === 'Failed') {
      // What runs on in vain has failed, however it ends.
      const failed = active.filter((pod) => !ignoredByPolicy(this.#job, pod)).map(({ metadata }) => metadata.uid!);
      status.failed = (status.failed ?? 0) + failed.length || undefined;
      const counted: string[] = [...(status.uncountedTerminatedPods.failed ?? []), ...failed];
      if (counted.length > 0) status.uncountedTerminatedPods.failed = counted;
    }
    const now = this.#context.clock.now();
    const add = (name: string) => {
      if (!findCondition(status.conditions, name))
        status.conditions = [...(status.conditions ?? []), condition(name, reason, message, now)];
    };
    add(type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget');
    const running = ownedBy(this.#context.informer(PODS), this.#job).filter((pod) => !isTerminal(pod));
    status.active = undefined;
    status.ready = 0;
    status.terminating = running.length;
    if (running.length > 0) return active;
    add(type);
    if (type === 'Complete') {
      status.completionTime = timestamp(now);
      this.#tell('Normal', 'Completed', 'Job completed');
    } else this.#tell('Warning', reason, message);
    return active;
  }

  async #suspend(status: StatusJson, now: number): Promise<void> {
    await this.#remove(this.#active());
    if (findCondition(status.conditions, 'Suspended')?.status === 'True') return;
    status.conditions = replace(status.conditions, condition('Suspended', 'JobSuspended', 'Job suspended', now));
    status.startTime = undefined;
    this.#tell('Normal', 'Suspended', 'Job suspended');
  }

  #resume(status: StatusJson, now: number): void {
    if (findCondition(status.conditions, 'Suspended')?.status !== 'True') return;
    const resumed = { ...condition('Suspended', 'JobResumed', 'Job resumed', now), status: 'False' as const };
    status.conditions = replace(status.conditions, resumed);
    status.startTime = timestamp(now);
    this.#tell('Normal', 'Resumed', 'Job resumed');
  }

  /** Starts as many pods as are missing and removes what is too many; answers when the back-off is over. */
  async #manage(status: StatusJson, now: number): Promise<number | undefined> {
    const { parallelism = 1, completions } = this.#job.spec;
    const active = this.#active();
    const succeeded: number = status.succeeded ?? 0;
    const wanted =
      completions === undefined || completions === null
        ? succeeded > 0
          ? active.length
          : parallelism
        : Math.min(parallelism, completions - succeeded - parseIndexes(status.failedIndexes).size);
    const surplus = active.length - Math.max(0, wanted);
    if (surplus > 0) await this.#remove(active.sort(byDeletionOrder(() => 0, now)).slice(0, surplus));
    // A pod on its way out counts until it is gone, unless the job gives it up at once.
    const leaving = this.#pods.filter(
      (pod) => pod.metadata.deletionTimestamp && !isTerminal(pod) && !this.#isGivenUp(pod),
    ).length;
    const missing = Math.min(500, wanted - active.length - leaving);
    if (missing <= 0) return undefined;
    const perIndex = hasLimitPerIndex(this.#job);
    const delay = perIndex ? 0 : this.#backOff(now);
    if (delay > 0) return delay;
    const free = this.#indexed ? this.#freeIndexes(status, perIndex ? Number.POSITIVE_INFINITY : missing) : undefined;
    const waits = perIndex ? free!.map((index) => this.#backOffOf(index, now)) : [];
    const indexes = perIndex ? free!.filter((_, i) => waits[i]! <= 0).slice(0, missing) : free;
    const count = indexes?.length ?? missing;
    await slowStart(count, (i) => createPod(this.#context, this.#job, this.#podFor(indexes?.[i])));
    status.active = Math.min(active.length, Math.max(0, wanted)) + count || undefined;
    const later = waits.filter((wait) => wait > 0);
    return later.length > 0 ? Math.min(...later) : undefined;
  }

  #freeIndexes(status: { completedIndexes?: string; failedIndexes?: string }, count: number): number[] {
    const taken = new Set([...parseIndexes(status.completedIndexes), ...parseIndexes(status.failedIndexes)]);
    for (const pod of this.#pods) if (!isTerminal(pod) && !this.#isGivenUp(pod)) taken.add(indexOf(pod));
    const free: number[] = [];
    for (let i = 0; i < (this.#job.spec.completions ?? 0) && free.length < count; i++) if (!taken.has(i)) free.push(i);
    return free;
  }

  #lastFailed(index: number): KubeObject | undefined {
    return this.#pods
      .filter((pod) => indexOf(pod) === index && this.#hasFailed(pod))
      .sort((a, b) => failuresUpTo(a) - failuresUpTo(b))
      .at(-1);
  }

  /** Milliseconds until the index may be tried again. */
  #backOffOf(index: number, now: number): number {
    const last = this.#lastFailed(index);
    return last === undefined ? 0 : finishedAt(last) + backOffAfter(failuresUpTo(last)) - now;
  }

  /** Milliseconds until the next pod may start after the last failure. */
  #backOff(now: number): number {
    const failures = this.#pods.filter((pod) => this.#hasFailed(pod)).map(finishedAt);
    const successes = this.#pods.filter(({ status }) => status?.phase === 'Succeeded').map(finishedAt);
    const last = Math.max(0, ...failures);
    // A success since then makes up for the failures before it.
    const inRow = failures.filter((at) => at > Math.max(0, ...successes)).length;
    if (inRow === 0) return 0;
    return last + backOffAfter(inRow) - now;
  }

  #podFor(index: number | undefined): KubeObject {
    const pod = podFromTemplate(this.#job, this.#job.spec.template);
    pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), TRACKING];
    if (index === undefined) return pod;
    pod.metadata.generateName = `${this.#job.metadata.name}-${index}-`;
    pod.metadata.annotations = { ...pod.metadata.annotations, [INDEX]: String(index) };
    if (hasLimitPerIndex(this.#job))
      Object.assign(pod.metadata.annotations, failureCounts(this.#job, this.#lastFailed(index)));
    pod.metadata.labels = { ...pod.metadata.labels, [INDEX]: String(index) };
    const field = { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } };
    const withIndex = (container: KubeObject) => ({
      ...container,
      env: [...(container.env ?? []), { name: 'JOB_COMPLETION_INDEX', valueFrom: field }],
    });
    pod.spec = {
      ...pod.spec,
      hostname: `${this.#job.metadata.name}-${index}`,
      containers: pod.spec.containers.map(withIndex),
      ...(pod.spec.initContainers && { initContainers: pod.spec.initContainers.map(withIndex) }),
    };
    return pod;
  }

  /** Pods that are not wanted any more, and count as nothing. */
  async #remove(pods: KubeObject[]): Promise<void> {
    for (const pod of pods) {
      await releasePod(this.#context, pod);
      await this.#delete(pod);
    }
  }

  async #delete(pod: KubeObject): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    await this.#context.client.delete(PODS, name, namespace, { preconditions: { uid } }).catch(ignoreNotFound);
    this.#tell('Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }

  #untilDeadline({ startTime }: { startTime?: string }, now: number): number | undefined {
    const { activeDeadlineSeconds, suspend } = this.#job.spec;
    if (!activeDeadlineSeconds || !startTime || suspend) return undefined;
    return Math.max(1, Date.parse(startTime) + activeDeadlineSeconds * 1000 - now);
  }

  async #write(status: unknown): Promise<void> {
    if (equalJson(status, this.#job.status)) return;
    this.#job = await this.#context.client.update<KubeObject>(
      JOBS,
      { ...this.#job, status },
      { subresource: 'status' },
    );
  }

  #tell(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.recorder.event(this.#job, type, reason, message);
  }
}

async function releasePod({ client }: ControllerContext, pod: KubeObject): Promise<void> {
  if (!hasTracking(pod)) return;
  const { name, namespace, uid } = pod.metadata;
  const finalizers = pod.metadata.finalizers!.filter((finalizer) => finalizer !== TRACKING);
  const patch = { metadata: { uid, finalizers: finalizers.length > 0 ? finalizers : null } };
  await client.patch(PODS, name, namespace, patch, { type: 'merge' }).catch(ignoreNotFound);
}

const hasTracking = ({ metadata }: KubeObject): boolean => metadata.finalizers?.includes(TRACKING) ?? false;

function condition(type: string, reason: string, message: string, now: number) {
  const at = timestamp(now);
  return { type, status: 'True' as const, lastProbeTime: at, lastTransitionTime: at, reason, message };
}

const replace = (conditions: Condition[] = [], next: Condition): Condition[] => [
  ...conditions.filter(({ type }) => type !== next.type),
  next,
];

/** Of the pods that go on trying. */
function sumRestarts(pods: KubeObject[]): number {
  let sum = 0;
  for (const { status } of pods.filter((pod) => !isTerminal(pod)))
    for (const { restartCount } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
      sum += restartCount;
  return sum;
}

function finishedAt({ status, metadata }: KubeObject): number {
  const times = (status?.containerStatuses ?? []).map(
    (s: KubeObject) => Date.parse(s.state?.terminated?.finishedAt) || 0,
  );
  const deleted = Date.parse(metadata.deletionTimestamp ?? '') - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return Math.max(0, ...times) || deleted || Date.parse(metadata.creationTimestamp ?? '') || 0;
}

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);
