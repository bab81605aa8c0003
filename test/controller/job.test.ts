import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { CRON_JOBS, EVENTS, JOBS, PODS } from '../../src/client/resources.ts';
import { nextTime, parseSchedule } from '../../src/controller/cron-schedule.ts';
import { parseIndexes, printIndexes } from '../../src/controller/job-indexes.ts';
import { job, template } from './objects.ts';
import { type Plane, startTestPlane } from './plane.ts';

const conditions = ({ status }: KubeObject): string[] =>
  (status?.conditions ?? []).map((c: KubeObject) => `${c.type}=${c.status} ${c.reason}`);
const run = (plane: Plane, object: KubeObject) => plane.client.create(JOBS, object);
const get = (plane: Plane, name: string) => plane.client.get<KubeObject>(JOBS, name, 'default');
const podsOf = (plane: Plane) => plane.informers.for(PODS).list('default');

interface Case {
  title: string;
  spec?: object;
  image?: string;
  pod?: object;
  annotations?: Record<string, string>;
  after: number;
  conditions: string[];
  counts: [succeeded: number | undefined, failed: number | undefined];
  pods?: number;
}

const CASES: Case[] = [
  {
    title: 'one pod',
    after: 1000,
    conditions: ['SuccessCriteriaMet=True CompletionsReached', 'Complete=True CompletionsReached'],
    counts: [1, undefined],
    pods: 1,
  },
  {
    title: 'five completions, two at a time',
    spec: { completions: 5, parallelism: 2 },
    after: 1000,
    conditions: ['SuccessCriteriaMet=True CompletionsReached', 'Complete=True CompletionsReached'],
    counts: [5, undefined],
    pods: 5,
  },
  {
    title: 'an indexed job',
    spec: { completions: 3, parallelism: 3, completionMode: 'Indexed' },
    after: 1000,
    conditions: ['SuccessCriteriaMet=True CompletionsReached', 'Complete=True CompletionsReached'],
    counts: [3, undefined],
    pods: 3,
  },
  {
    title: 'failing: the second pod waits ten seconds',
    image: 'busybox:fail',
    after: 9000,
    conditions: [],
    counts: [undefined, 1],
    pods: 1,
  },
  {
    title: 'failing: … and the third twenty',
    image: 'busybox:fail',
    after: 29_000,
    conditions: [],
    counts: [undefined, 2],
    pods: 2,
  },
  {
    title: 'failing until the limit',
    image: 'busybox:fail',
    spec: { backoffLimit: 1 },
    after: 60_000,
    conditions: ['FailureTarget=True BackoffLimitExceeded', 'Failed=True BackoffLimitExceeded'],
    counts: [undefined, 2],
    pods: 2,
  },
  {
    title: 'restarted in place until the limit',
    image: 'busybox:fail',
    spec: { backoffLimit: 2 },
    pod: { restartPolicy: 'OnFailure' },
    after: 120_000,
    conditions: ['FailureTarget=True BackoffLimitExceeded', 'Failed=True BackoffLimitExceeded'],
    counts: [undefined, 1],
  },
  {
    title: 'restarted in place until it works',
    annotations: { 'portolan.dev/exit': '1', 'portolan.dev/crashes': '2' },
    pod: { restartPolicy: 'OnFailure' },
    after: 60_000,
    conditions: ['SuccessCriteriaMet=True CompletionsReached', 'Complete=True CompletionsReached'],
    counts: [1, undefined],
    pods: 1,
  },
  {
    title: 'too slow',
    annotations: { 'portolan.dev/run': '1h' },
    spec: { activeDeadlineSeconds: 30 },
    after: 70_000,
    conditions: ['FailureTarget=True DeadlineExceeded', 'Failed=True DeadlineExceeded'],
    counts: [undefined, 1],
    pods: 0,
  },
  {
    title: 'suspended',
    spec: { suspend: true },
    after: 1000,
    conditions: ['Suspended=True JobSuspended'],
    counts: [undefined, undefined],
    pods: 0,
  },
  {
    title: 'a code that fails the job at once',
    annotations: { 'portolan.dev/exit': '42' },
    spec: { podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }] } },
    after: 1000,
    conditions: ['FailureTarget=True PodFailurePolicy', 'Failed=True PodFailurePolicy'],
    counts: [undefined, 1],
    pods: 1,
  },
];

for (const { title, spec = {}, image = 'busybox', pod = {}, annotations, after, counts, pods, ...expected } of CASES)
  test(`job: ${title}`, async () => {
    const plane = await startTestPlane();
    try {
      const metadata = annotations ? { annotations } : {};
      await run(
        plane,
        job('j', image, { template: template('j', image, { restartPolicy: 'Never', ...pod }, metadata), ...spec }),
      );
      await plane.advance(after);
      const done = await get(plane, 'j');
      assert.equal(conditions(done), expected.conditions);
      assert.equal([done.status.succeeded, done.status.failed], counts);
      if (pods !== undefined) assert.is(podsOf(plane).length, pods);
      if (expected.conditions.length > 1) {
        assert.equal(done.status.uncountedTerminatedPods, {});
        for (const each of podsOf(plane)) assert.is(each.metadata.finalizers, undefined, 'the pods are let go');
      }
    } finally {
      await plane.stop();
    }
  });

test('an indexed job gives each pod its number', async () => {
  const plane = await startTestPlane();
  try {
    await run(plane, job('j', 'busybox', { completions: 2, parallelism: 2, completionMode: 'Indexed' }));
    await plane.advance(1000);
    assert.is((await get(plane, 'j')).status.completedIndexes, '0,1');
    const pods = podsOf(plane).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    assert.equal(
      pods.map(({ spec }) => spec.hostname),
      ['j-0', 'j-1'],
    );
    assert.match(pods[0]!.metadata.name, /^j-0-\w{5}$/);
  } finally {
    await plane.stop();
  }
});

test('each index has failures of its own', async () => {
  const plane = await startTestPlane();
  const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 };
  const counts = async (name: string) => {
    const { status } = await get(plane, name);
    return [status.failedIndexes, status.completedIndexes, status.failed, status.active];
  };
  try {
    await run(plane, job('all', 'busybox:fail', { ...indexed, backoffLimitPerIndex: 1 }));
    await run(plane, job('few', 'busybox:fail', { ...indexed, backoffLimitPerIndex: 0, maxFailedIndexes: 1 }));
    const rule = { action: 'FailIndex', onExitCodes: { operator: 'In', values: [1] } };
    const policy = { backoffLimitPerIndex: 5, podFailurePolicy: { rules: [rule] } };
    await run(plane, job('policy', 'busybox:fail', { ...indexed, ...policy }));
    await run(plane, job('good', 'busybox', { ...indexed, backoffLimitPerIndex: 1 }));
    await plane.advance(9000);
    assert.equal(await counts('all'), ['', undefined, 3, undefined], 'the second tries wait ten seconds');
    await plane.advance(10_000);
    assert.equal(await counts('all'), ['0-2', undefined, 6, undefined]);
    assert.equal(conditions(await get(plane, 'all')), [
      'FailureTarget=True FailedIndexes',
      'Failed=True FailedIndexes',
    ]);
    const tries = podsOf(plane).filter(({ metadata }) => metadata.name.startsWith('all-0-'));
    assert.equal(
      tries.map(({ metadata }) => metadata.annotations!['batch.kubernetes.io/job-index-failure-count']).sort(),
      ['0', '1'],
    );
    assert.match(conditions(await get(plane, 'few')).at(-1)!, /^Failed=True MaxFailedIndexesExceeded$/);
    assert.equal((await counts('policy')).slice(0, 3), ['0-2', undefined, 3]);
    assert.equal(await counts('good'), ['', '0-2', undefined, undefined]);
    assert.match(conditions(await get(plane, 'good')).at(-1)!, /^Complete=True/);
  } finally {
    await plane.stop();
  }
});

for (const [podReplacementPolicy, leaving, gone] of [
  ['TerminatingOrFailed', 2, 1],
  ['Failed', 1, 1],
] as const)
  test(`a pod that is deleted is replaced: ${podReplacementPolicy}`, async () => {
    const plane = await startTestPlane();
    try {
      // Killed after its grace period: one that stops by itself has succeeded.
      const slow = { annotations: { 'portolan.dev/run': '1h', 'portolan.dev/stop': '1h' } };
      const spec = { podReplacementPolicy, template: template('j', 'busybox', { restartPolicy: 'Never' }, slow) };
      await run(plane, job('j', 'busybox', spec));
      await plane.advance(5000);
      const [first] = podsOf(plane);
      await plane.client.delete(PODS, first!.metadata.name, 'default');
      await plane.advance(15_000);
      assert.is(podsOf(plane).length, leaving);
      await plane.advance(60_000);
      const left = podsOf(plane).filter(({ status }) => status.phase === 'Running');
      assert.is(left.length, gone);
      assert.is.not(left[0]!.metadata.uid, first!.metadata.uid);
      const { status } = await get(plane, 'j');
      assert.equal([status.failed, status.active, status.terminating], [1, 1, 0]);
      assert.equal(status.uncountedTerminatedPods, {}, 'it is counted once');
    } finally {
      await plane.stop();
    }
  });

test('a job tells what happened', async () => {
  const plane = await startTestPlane();
  try {
    await run(plane, job('good', 'busybox'));
    await run(plane, job('bad', 'busybox:fail', { backoffLimit: 0 }));
    await plane.advance(1000);
    const { items } = await plane.client.list<KubeObject>(EVENTS);
    const told = (name: string) =>
      items
        .filter((e) => e.involvedObject.kind === 'Job' && e.involvedObject.name === name)
        .map((e) => `${e.type} ${e.reason}: ${e.message.replace(/-\w{5}$/, '-…')}`);
    assert.equal(told('good').sort(), [
      'Normal Completed: Job completed',
      'Normal SuccessfulCreate: Created pod: good-…',
    ]);
    assert.equal(told('bad').sort(), [
      'Normal SuccessfulCreate: Created pod: bad-…',
      'Warning BackoffLimitExceeded: Job has reached the specified backoff limit',
    ]);
  } finally {
    await plane.stop();
  }
});

test('a finished job is deleted after its time, with its pods', async () => {
  const plane = await startTestPlane();
  try {
    await run(plane, job('j', 'busybox', { ttlSecondsAfterFinished: 60 }));
    await plane.advance(50_000);
    assert.is(podsOf(plane).length, 1);
    await plane.advance(20_000);
    assert.is(podsOf(plane).length, 0);
    assert.is((await plane.client.list(JOBS)).items.length, 0);
  } finally {
    await plane.stop();
  }
});

test('a job takes in pods that it selects, and lets go of those it no longer does', async () => {
  const plane = await startTestPlane();
  try {
    const slow = { annotations: { 'portolan.dev/run': '1h' } };
    const spec = { template: template('j', 'busybox', { restartPolicy: 'Never' }, slow) };
    await run(plane, job('j', 'busybox', spec));
    await plane.advance(1000);
    const [{ metadata: first }] = podsOf(plane) as [KubeObject];
    const change = (metadata: object) =>
      plane.client.patch(PODS, first.name, 'default', { metadata }, { type: 'merge' });
    await change({ ownerReferences: null, finalizers: null });
    await plane.advance(100);
    const [adopted] = podsOf(plane) as [KubeObject];
    assert.equal(
      [adopted.metadata.ownerReferences?.[0]?.name, adopted.metadata.finalizers],
      ['j', ['batch.kubernetes.io/job-tracking']],
    );
    await change({ labels: Object.fromEntries(Object.keys(first.labels!).map((name) => [name, null])) });
    await plane.advance(1000);
    const [released, ...others] = podsOf(plane).sort((a) => (a.metadata.name === first.name ? -1 : 1));
    assert.equal([released!.metadata.ownerReferences, released!.metadata.finalizers], [undefined, undefined]);
    assert.is(others.length, 1, 'another takes its place');
  } finally {
    await plane.stop();
  }
});

const cron = (spec: object): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'c', namespace: 'default' },
  spec: {
    schedule: '*/5 * * * *',
    jobTemplate: { spec: { template: template('c', 'busybox', { restartPolicy: 'Never' }) } },
    ...spec,
  },
});

test('a cron job starts its jobs on time and keeps the last three', async () => {
  const plane = await startTestPlane();
  try {
    await plane.client.create(CRON_JOBS, cron({}));
    await plane.advance(26 * 60_000);
    const { status } = await plane.client.get<KubeObject>(CRON_JOBS, 'c', 'default');
    assert.equal(status, { lastScheduleTime: '2026-01-01T00:25:00Z', lastSuccessfulTime: '2026-01-01T00:25:00Z' });
    const names = (await plane.client.list(JOBS)).items.map(({ metadata }) => metadata.name);
    assert.equal(
      names,
      [15, 20, 25].map((minute) => `c-${Date.UTC(2026, 0, 1, 0, minute) / 60_000}`),
    );
  } finally {
    await plane.stop();
  }
});

test('a cron job tells of jobs that are not its own doing, and of its own that are gone', async () => {
  const plane = await startTestPlane();
  try {
    const slow = { annotations: { 'portolan.dev/run': '20m' } };
    const jobTemplate = { spec: { template: template('c', 'busybox', { restartPolicy: 'Never' }, slow) } };
    const made = await plane.client.create<KubeObject>(CRON_JOBS, cron({ jobTemplate }));
    const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'c', uid: made.metadata.uid!, controller: true };
    const byHand = job('by-hand', 'busybox');
    await plane.client.create(JOBS, { ...byHand, metadata: { ...byHand.metadata, ownerReferences: [owner] } });
    await plane.advance(6 * 60_000);
    const get = () => plane.client.get<KubeObject>(CRON_JOBS, 'c', 'default');
    const { status } = await get();
    assert.is(status.lastSuccessfulTime, '2026-01-01T00:00:00Z', 'any success of its jobs counts');
    assert.is(status.active.length, 1);
    const [{ name }] = status.active;
    await plane.client.delete(JOBS, name, 'default', { propagationPolicy: 'Background' });
    await plane.advance(1000);
    assert.is((await get()).status.active, undefined);
    const told = (await plane.client.list<KubeObject>(EVENTS, { namespace: 'default' })).items
      .filter(({ involvedObject }) => involvedObject.kind === 'CronJob')
      .map(({ reason, message }) => `${reason}: ${message}`);
    assert.equal(told.sort(), [
      `MissingJob: Active job went missing: ${name}`,
      `SuccessfulCreate: Created job ${name}`,
      'UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand',
    ]);
  } finally {
    await plane.stop();
  }
});

for (const [policy, jobs] of [
  ['Allow', 2],
  ['Forbid', 1],
  ['Replace', 1],
] as const)
  test(`a cron job whose last job still runs: ${policy}`, async () => {
    const plane = await startTestPlane();
    try {
      const slow = { annotations: { 'portolan.dev/run': '8m' } };
      const jobTemplate = { spec: { template: template('c', 'busybox', { restartPolicy: 'Never' }, slow) } };
      await plane.client.create(CRON_JOBS, cron({ concurrencyPolicy: policy, jobTemplate }));
      await plane.advance(11 * 60_000);
      const { items } = await plane.client.list<KubeObject>(JOBS);
      assert.is(items.length, jobs);
      const last = items.at(-1)!.metadata.name;
      assert.is(last, `c-${Date.UTC(2026, 0, 1, 0, policy === 'Forbid' ? 5 : 10) / 60_000}`);
    } finally {
      await plane.stop();
    }
  });

const SCHEDULES: [spec: string, zone: string, after: string, next: string | undefined][] = [
  ['*/15 * * * *', 'UTC', '2026-03-01T10:07:30Z', '2026-03-01T10:15:00Z'],
  ['0 3 * * *', 'UTC', '2026-03-01T03:00:00Z', '2026-03-02T03:00:00Z'],
  ['@daily', 'UTC', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00Z'],
  ['30 9 * * mon-fri', 'UTC', '2026-11-20T10:00:00Z', '2026-11-23T09:30:00Z'],
  ['0 0 13 * 5', 'UTC', '2026-11-01T00:00:00Z', '2026-11-06T00:00:00Z'],
  ['0 0 29 feb *', 'UTC', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
  ['0 0 30 2 *', 'UTC', '2026-01-01T00:00:00Z', undefined],
  ['0 9 * * *', 'Europe/Berlin', '2026-07-01T00:00:00Z', '2026-07-01T07:00:00Z'],
  ['0 9 * * *', 'Europe/Berlin', '2026-01-10T00:00:00Z', '2026-01-10T08:00:00Z'],
  ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-30T00:30:00Z'],
  ['TZ=Asia/Tokyo 0 0 * * *', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T15:00:00Z'],
  ['@every 90s', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T00:01:30Z'],
];
for (const [spec, zone, after, next] of SCHEDULES)
  test(`schedule ${spec} in ${zone} after ${after}`, () => {
    const time = nextTime(parseSchedule(spec, zone), Date.parse(after));
    assert.is(time && new Date(time).toISOString().replace('.000', ''), next);
  });

for (const [spec, message] of [
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['x * * * *', 'failed to parse int from x: x'],
] as const)
  test(`schedule refused: ${spec}`, () => {
    try {
      parseSchedule(spec);
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).message, message);
    }
  });

test('completed indexes as Kubernetes writes them', () => {
  for (const text of ['', '0', '0,1', '0-2', '1,3-5,7,8', '0-99']) assert.is(printIndexes(parseIndexes(text)), text);
});

test.run();
