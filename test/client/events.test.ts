import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { createClient } from '../../src/client/create-client.ts';
import { createEventRecorder } from '../../src/client/events.ts';
import { ManualClock } from '../../src/clock.ts';

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'ns', uid: 'u', resourceVersion: '7' },
};

/** A recorder over a server that only remembers: events by name as they are in the end. */
function recording() {
  const clock = new ManualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  const events = new Map<string, KubeObject>();
  const client = createClient(async ({ method, path, object }) => {
    const body = object as KubeObject;
    if (method === 'POST') events.set(body.metadata.name, body);
    else {
      const name = path.split('/').at(-1)!;
      events.set(name, { ...events.get(name)!, ...body });
    }
    return { status: 200, headers: {}, body: { type: 'object', object: {} } };
  });
  const recorder = createEventRecorder({ client, clock, component: 'kubelet', host: 'node-1' });
  return { clock, events, recorder };
}

test('an event as Kubernetes writes it', async () => {
  const { events, recorder } = recording();
  recorder.event(pod, 'Normal', 'Pulled', 'pulled', { fieldPath: 'spec.containers{web}' });
  await recorder.flushed();
  const [event] = events.values();
  assert.match(event!.metadata.name, /^web\.[0-9a-f]{16}$/);
  assert.equal(
    { ...event, metadata: event!.metadata.namespace },
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: 'ns',
      involvedObject: {
        kind: 'Pod',
        namespace: 'ns',
        name: 'web',
        uid: 'u',
        apiVersion: 'v1',
        resourceVersion: '7',
        fieldPath: 'spec.containers{web}',
      },
      reason: 'Pulled',
      message: 'pulled',
      type: 'Normal',
      source: { component: 'kubelet', host: 'node-1' },
      firstTimestamp: '2026-01-02T03:04:05Z',
      lastTimestamp: '2026-01-02T03:04:05Z',
      count: 1,
      eventTime: null,
      reportingComponent: 'kubelet',
      reportingInstance: 'node-1',
    },
  );
});

test('equal events are counted', async () => {
  const { clock, events, recorder } = recording();
  for (let i = 0; i < 3; i++) {
    recorder.event(pod, 'Warning', 'BackOff', 'back-off');
    await recorder.flushed();
    await clock.advance(60_000);
  }
  const [event] = events.values();
  assert.equal([events.size, event!.count, event!.lastTimestamp], [1, 3, '2026-01-02T03:06:05Z']);
});

test('the tenth of many similar ones is combined with all that follow', async () => {
  const { events, recorder } = recording();
  for (let i = 1; i <= 15; i++) recorder.event(pod, 'Normal', 'SuccessfulCreate', `Created pod: web-${i}`);
  await recorder.flushed();
  const all = [...events.values()];
  assert.is(all.length, 10);
  assert.equal([all.at(-1)!.message, all.at(-1)!.count], ['(combined from similar events): Created pod: web-15', 6]);
});

test('a flood about one object is cut off', async () => {
  const { events, recorder } = recording();
  for (let i = 0; i < 100; i++) recorder.event(pod, 'Normal', `Reason${i}`, 'text');
  await recorder.flushed();
  assert.is(events.size, 25);
});

test("the scheduler's events have their own form", async () => {
  const { events, recorder } = recording();
  recorder.event(pod, 'Normal', 'Scheduled', 'assigned', { action: 'Binding' });
  recorder.event(pod, 'Normal', 'Scheduled', 'assigned', { action: 'Binding' });
  await recorder.flushed();
  const [event] = events.values();
  assert.is(events.size, 2);
  assert.equal(
    [event!.eventTime, event!.firstTimestamp, event!.action, event!.source, event!.count],
    ['2026-01-02T03:04:05.678000Z', null, 'Binding', {}, undefined],
  );
});

test.run();
