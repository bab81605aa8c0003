/** The lives of simulated pods, step by step and in time. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { CONFIG_MAPS, EVENTS, LEASES, NODES, PODS, SECRETS } from '../../src/client/resources.ts';
import { pod } from '../controller/objects.ts';
import { type Plane, withPlane } from '../controller/plane.ts';

const get = (plane: Plane, name = 'p') => plane.client.get<KubeObject>(PODS, name, 'default');

/** `Pending app=ContainerCreating`: the phase and each container's state, as kubectl shows them. */
function show({ status }: KubeObject): string {
  const all: KubeObject[] = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const states = all.map(({ name, state, ready, restartCount }) => {
    const word = state.running ? 'running' : (state.waiting ?? state.terminated).reason;
    return `${name}=${word}${ready ? '+' : ''}${restartCount ? `*${restartCount}` : ''}`;
  });
  return [status.phase, ...states].join(' ');
}

async function story(plane: Plane, object: KubeObject, ms: number): Promise<string[]> {
  const seen: string[] = [];
  plane.informers.for(PODS).onChange(({ type, object: now }) => {
    if (now.metadata.name !== object.metadata.name) return;
    const text = type === 'deleted' ? 'gone' : show(now);
    if (seen.at(-1) !== text) seen.push(text);
  });
  await plane.client.create(PODS, object);
  await plane.advance(ms);
  return seen;
}
async function told(plane: Plane): Promise<string[]> {
  const { items } = await plane.client.list<KubeObject>(EVENTS, { namespace: 'default' });
  return items
    .filter(({ involvedObject }) => involvedObject.kind === 'Pod')
    .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    .map(({ reason, message, count }) => `${reason}: ${message}${count > 1 ? ` (x${count})` : ''}`);
}
const container = (name: string, image: string, more: object = {}) => ({ name, image, ...more });

const STORIES: [title: string, object: KubeObject, ms: number, expected: string[]][] = [
  ['a pod comes up', pod('p', 'nginx:1'), 1000, ['Pending', 'Pending main=ContainerCreating', 'Running main=running+']],
  [
    'with a readiness probe it runs before it is ready',
    pod('p', '', { containers: [container('main', 'nginx:1', { readinessProbe: { tcpSocket: { port: 80 } } })] }),
    1000,
    ['Pending', 'Pending main=ContainerCreating', 'Running main=running', 'Running main=running+'],
  ],
  [
    'init containers in order, then a sidecar, then the rest',
    pod('p', '', {
      initContainers: [
        container('one', 'busybox'),
        container('side', 'envoy:1', { restartPolicy: 'Always' }),
        container('two', 'busybox'),
      ],
      containers: [container('main', 'nginx:1')],
    }),
    1000,
    [
      'Pending',
      'Pending one=PodInitializing side=PodInitializing two=PodInitializing main=PodInitializing',
      'Pending one=running side=PodInitializing two=PodInitializing main=PodInitializing',
      'Pending one=Completed+ side=PodInitializing two=PodInitializing main=PodInitializing',
      'Pending one=Completed+ side=running+ two=PodInitializing main=PodInitializing',
      'Pending one=Completed+ side=running+ two=running main=PodInitializing',
      'Pending one=Completed+ side=running+ two=Completed+ main=PodInitializing',
      'Running one=Completed+ side=running+ two=Completed+ main=running+',
    ],
  ],
  [
    'one that is meant to end',
    pod('p', 'busybox', { restartPolicy: 'Never' }),
    1000,
    ['Pending', 'Pending main=ContainerCreating', 'Running main=running+', 'Succeeded main=Completed'],
  ],
  [
    'one that fails',
    pod('p', 'busybox:fail', { restartPolicy: 'Never' }),
    1000,
    ['Pending', 'Pending main=ContainerCreating', 'Running main=running+', 'Failed main=Error'],
  ],
  [
    'an image that is not there',
    pod('p', 'nginx:missing'),
    11_000,
    [
      'Pending',
      'Pending main=ContainerCreating',
      'Pending main=ErrImagePull',
      'Pending main=ImagePullBackOff',
      'Pending main=ErrImagePull',
      'Pending main=ImagePullBackOff',
    ],
  ],
  [
    'no image name',
    pod('p', 'a b'),
    11_000,
    ['Pending', 'Pending main=ContainerCreating', 'Pending main=InvalidImageName'],
  ],
  [
    'an init container that fails for good',
    pod('p', '', {
      restartPolicy: 'Never',
      initContainers: [container('init', 'busybox:fail')],
      containers: [container('main', 'nginx:1')],
    }),
    1000,
    [
      'Pending',
      'Pending init=PodInitializing main=PodInitializing',
      'Pending init=running main=PodInitializing',
      'Failed init=Error main=PodInitializing',
    ],
  ],
  [
    'out of memory, for ever',
    pod('p', 'nginx:oom'),
    5000,
    [
      'Pending',
      'Pending main=ContainerCreating',
      'Running main=running+',
      'Running main=OOMKilled',
      'Running main=running+*1',
      'Running main=CrashLoopBackOff*1',
    ],
  ],
  [
    'a deadline',
    pod('p', 'nginx:1', { activeDeadlineSeconds: 5 }),
    10_000,
    ['Pending', 'Pending main=ContainerCreating', 'Running main=running+', 'Failed main=Error'],
  ],
];
for (const [title, object, ms, expected] of STORIES)
  test(title, () =>
    withPlane(async (plane) => {
      const seen = await story(plane, object, ms);
      // Steps of the same instant may be written as one.
      const squeezed = expected.filter((each) => seen.includes(each));
      assert.equal(seen, squeezed, seen.join('\n'));
      assert.is(seen.at(-1), expected.at(-1), seen.join('\n'));
      assert.ok(expected.length - seen.length <= 1, seen.join('\n'));
    }),
  );

test('what a pod tells on its way', () =>
  withPlane(async (plane) => {
    await story(plane, pod('p', 'nginx:1', { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } }), 1000);
    await plane.client.delete(PODS, 'p', 'default');
    await plane.advance(1000);
    assert.equal(
      (await told(plane)).map((text) => text.replace(/\d+ bytes/, 'N bytes')),
      [
        'Scheduled: Successfully assigned default/p to node-1',
        'Pulling: Pulling image "nginx:1"',
        'Pulled: Successfully pulled image "nginx:1" in 8ms (8ms including waiting). Image size: N bytes.',
        'Created: Container created',
        'Started: Container started',
        'Killing: Stopping container main',
      ],
    );
    await story(plane, pod('q', 'nginx:1', { nodeName: 'node-1' }), 1000);
    assert.ok(
      (await told(plane)).includes(
        'Pulled: Container image "nginx:1" already present on machine and can be accessed by the pod',
      ),
    );
  }));

test('a crash loop waits ten seconds, then twice as long each time', () =>
  withPlane(async (plane) => {
    const starts: number[] = [];
    let last = 0;
    const begun = plane.clock.now();
    plane.informers.for(PODS).onChange(({ object }) => {
      const [status] = object.status?.containerStatuses ?? [];
      if (status && status.restartCount > last) {
        last = status.restartCount;
        starts.push(Math.round((plane.clock.now() - begun) / 1000));
      }
    });
    await plane.client.create(PODS, pod('p', 'nginx:crash'));
    await plane.advance(200_000);
    assert.equal(starts, [0, 10, 30, 70, 150]);
    const { status, metadata } = await get(plane);
    assert.equal(status.containerStatuses[0].state.waiting, {
      reason: 'CrashLoopBackOff',
      message: `back-off 2m40s restarting failed container=main pod=p_default(${metadata.uid})`,
    });
    assert.is(status.containerStatuses[0].lastState.terminated.exitCode, 1);
  }));

test('ready after a time, never, and on and off', () =>
  withPlane(async (plane) => {
    const told = (ready: string) => ({ annotations: { 'portolan.dev/ready': ready } });
    await plane.client.create(PODS, pod('later', 'nginx:1', {}, told('30s')));
    await plane.client.create(PODS, pod('never', 'nginx:1', {}, told('never')));
    const flaps: boolean[] = [];
    plane.informers.for(PODS).onChange(({ object }) => {
      const ready = object.status?.containerStatuses?.[0]?.ready;
      if (object.metadata.name === 'flap' && ready !== undefined && flaps.at(-1) !== ready) flaps.push(ready);
    });
    await plane.client.create(PODS, pod('flap', 'nginx:flapping'));
    const ready = async (name: string) =>
      (await get(plane, name)).status.conditions.find((c: { type: string }) => c.type === 'Ready');
    await plane.advance(20_000);
    assert.is((await ready('later')).status, 'False');
    assert.is((await ready('later')).message, 'containers with unready status: [main]');
    await plane.advance(20_000);
    assert.is((await ready('later')).status, 'True');
    assert.is((await ready('never')).status, 'False');
    assert.equal(flaps.slice(0, 5), [false, true, false, true, false]);
  }));

test('a readiness gate is waited for', () =>
  withPlane(async (plane) => {
    await plane.client.create(PODS, pod('p', 'nginx:1', { readinessGates: [{ conditionType: 'example.com/open' }] }));
    await plane.advance(1000);
    const ready = async () => (await get(plane)).status.conditions.find((c: { type: string }) => c.type === 'Ready');
    assert.equal(
      [(await ready()).reason, (await ready()).message],
      ['ReadinessGatesNotReady', 'corresponding condition of pod readiness gate "example.com/open" does not exist.'],
    );
    const current = await get(plane);
    const conditions = [...current.status.conditions, { type: 'example.com/open', status: 'True' }];
    await plane.client.update(
      PODS,
      { ...current, status: { ...current.status, conditions } },
      { subresource: 'status' },
    );
    await plane.advance(1000);
    assert.is((await ready()).status, 'True');
  }));

test('what a pod needs must be there first', () =>
  withPlane(async (plane) => {
    const volumes = [{ name: 'conf', configMap: { name: 'conf' } }];
    const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'one' } } }];
    await plane.client.create(PODS, pod('p', '', { volumes, containers: [container('main', 'nginx:1', { env })] }));
    await plane.advance(1000);
    assert.is(show(await get(plane)), 'Pending main=ContainerCreating');
    assert.ok(
      (await told(plane)).includes(
        'FailedMount: MountVolume.SetUp failed for volume "conf" : configmap "conf" not found',
      ),
    );
    await plane.client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'conf', namespace: 'default' },
    });
    await plane.advance(1000);
    assert.is(show(await get(plane)), 'Pending main=CreateContainerConfigError');
    assert.is((await get(plane)).status.containerStatuses[0].state.waiting.message, 'secret "keys" not found');
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys', namespace: 'default' },
      data: { two: 'eA==' },
    };
    await plane.client.create(SECRETS, secret);
    await plane.advance(5000);
    assert.is(
      (await get(plane)).status.containerStatuses[0].state.waiting.message,
      "couldn't find key one in Secret default/keys",
    );
    await plane.client.patch(SECRETS, 'keys', 'default', { data: { one: 'eA==' } }, { type: 'merge' });
    await plane.advance(5000);
    assert.is(show(await get(plane)), 'Running main=running+');
  }));

const ENDS: [title: string, annotations: Record<string, string>, grace: number | undefined, seconds: number][] = [
  ['at once', {}, undefined, 0],
  ['after its own time', { 'portolan.dev/stop': '12s' }, undefined, 12],
  ['at the end of its grace', { 'portolan.dev/stop': '1h' }, undefined, 30],
  ['at the end of a shorter grace', { 'portolan.dev/stop': '1h' }, 5, 5],
  ['by force', { 'portolan.dev/stop': '1h' }, 0, 0],
];
for (const [title, annotations, grace, seconds] of ENDS)
  test(`a pod that is deleted goes ${title}`, () =>
    withPlane(async (plane) => {
      await plane.client.create(PODS, pod('p', 'nginx:1', {}, { annotations }));
      await plane.advance(1000);
      let gone: number | undefined;
      plane.informers.for(PODS).onChange(({ type }) => {
        if (type === 'deleted') gone = plane.clock.now();
      });
      const asked = plane.clock.now();
      await plane.client.delete(PODS, 'p', 'default', grace === undefined ? {} : { gracePeriodSeconds: grace });
      await plane.advance(60_000);
      assert.is(Math.floor((gone! - asked) / 1000), seconds);
    }));

test('logs: what a container says when it starts, this time and the last', () =>
  withPlane(async (plane) => {
    const annotations = {
      'portolan.dev/log': 'one\ntwo\nthree',
      'portolan.dev/exit': '1',
      'portolan.dev/crashes': '1',
    };
    await plane.client.create(PODS, pod('p', 'nginx:1', {}, { annotations }));
    await plane.advance(1000);
    assert.is(await plane.client.logs('p', 'default', { tailLines: 2 }), 'two\nthree\n');
    assert.is(await plane.client.logs('p', 'default', { previous: true, container: 'main' }), 'one\ntwo\nthree\n');
  }));

for (const [kind, behaviour] of [
  ['liveness', { 'portolan.dev/live': 'failing' }],
  ['startup', { 'portolan.dev/ready': 'never' }],
] as const)
  test(`a ${kind} probe that fails restarts its container`, () =>
    withPlane(async (plane) => {
      const probe = { tcpSocket: { port: 80 }, periodSeconds: 2, failureThreshold: 2 };
      const spec = { containers: [container('main', 'nginx:1', { [`${kind}Probe`]: probe })] };
      await plane.client.create(PODS, pod('p', '', spec, { annotations: behaviour }));
      await plane.advance(5000);
      const { status } = await get(plane);
      assert.is(status.containerStatuses[0].restartCount, 1);
      assert.is(status.containerStatuses[0].lastState.terminated.exitCode, 137);
      const all = await told(plane);
      const what = kind === 'liveness' ? 'Liveness' : 'Startup';
      assert.ok(
        all.includes(`Unhealthy: ${what} probe failed: dial tcp ${status.podIP}:80: connect: connection refused`),
      );
      assert.ok(all.includes(`Killing: Container main failed ${kind} probe, will be restarted`));
    }));

const NO_LOGS: [image: string, previous: boolean, refusal: string][] = [
  ['nginx:missing', false, 'container "main" in pod "p" is waiting to start: trying and failing to pull image'],
  ['Not A Name', false, 'container "main" in pod "p" is waiting to start: InvalidImageName'],
  ['nginx:1', true, 'previous terminated container "main" in pod "p" not found'],
];
for (const [image, previous, refusal] of NO_LOGS)
  test(`the logs of a container that has none: ${refusal}`, () =>
    withPlane(async (plane) => {
      await plane.client.create(PODS, pod('p', image));
      await plane.advance(1000);
      await plane.client.logs('p', 'default', { previous, container: 'main' }).then(
        () => assert.unreachable(),
        (error: Error) => assert.is(error.message, refusal),
      );
    }));

test('a new image for a running pod makes its container anew', () =>
  withPlane(async (plane) => {
    await plane.client.create(PODS, pod('p', 'nginx:1'));
    await plane.advance(1000);
    const current = await get(plane);
    await plane.client.update(PODS, {
      ...current,
      spec: { ...current.spec, containers: [{ ...current.spec.containers[0], image: 'nginx:2' }] },
    });
    await plane.advance(1000);
    const { status } = await get(plane);
    assert.equal(
      [status.containerStatuses[0].image, status.containerStatuses[0].restartCount],
      ['docker.io/library/nginx:2', 1],
    );
    assert.ok((await told(plane)).includes('Killing: Container main definition changed, will be restarted'));
  }));

test('an ephemeral container joins a running pod and changes nothing else of it', () =>
  withPlane(async (plane) => {
    await plane.client.create(PODS, pod('p', 'nginx:1'));
    await plane.advance(1000);
    const ephemeralContainers = [{ name: 'debug', image: 'busybox', targetContainerName: 'main' }];
    await plane.client.patch(
      PODS,
      'p',
      'default',
      { spec: { ephemeralContainers } },
      { type: 'strategic', subresource: 'ephemeralcontainers' },
    );
    await plane.advance(1000);
    const current = await get(plane);
    assert.is(show(current), 'Running main=running+');
    const [debug, ...others] = current.status.ephemeralContainerStatuses;
    assert.equal([debug.name, Object.keys(debug.state), debug.ready, others.length], ['debug', ['running'], false, 0]);
    assert.ok((await told(plane)).includes('Started: Container started'));
    await plane.client.delete(PODS, 'p', 'default');
    await plane.advance(40_000);
    assert.equal((await plane.client.list(PODS)).items, []);
  }));

test('a resize shows in the status without a restart', () =>
  withPlane(async (plane) => {
    const container = (cpu: string) => ({ name: 'main', image: 'nginx:1', resources: { requests: { cpu } } });
    await plane.client.create(PODS, pod('p', '', { containers: [container('1')] }));
    await plane.advance(1000);
    const has = async () => {
      const [{ resources, allocatedResources, restartCount }] = (await get(plane)).status.containerStatuses;
      return [resources, allocatedResources, restartCount];
    };
    assert.equal(await has(), [{ requests: { cpu: '1' } }, { cpu: '1' }, 0]);
    const patch = { spec: { containers: [container('2')] } };
    await plane.client.patch(PODS, 'p', 'default', patch, { type: 'strategic', subresource: 'resize' });
    await plane.settled();
    assert.equal(await has(), [{ requests: { cpu: '2' } }, { cpu: '2' }, 0]);
  }));

const sized = (name: string, cpu: string, more: object = {}) =>
  pod(name, '', {
    nodeName: 'node-1',
    containers: [{ name: 'main', image: 'nginx:1', resources: { requests: { cpu } }, ...more }],
  });

async function resize(plane: Plane, name: string, requests: object, ms = 0) {
  const patch = { spec: { containers: [{ name: 'main', resources: { requests } }] } };
  await plane.client.patch(PODS, name, 'default', patch, { type: 'strategic', subresource: 'resize' });
  await plane.advance(ms);
}

test('a resize restarts the container where its policy asks for that, and tells of it', () =>
  withPlane(async (plane) => {
    const resizePolicy = [
      { resourceName: 'cpu', restartPolicy: 'NotRequired' },
      { resourceName: 'memory', restartPolicy: 'RestartContainer' },
    ];
    await plane.client.create(PODS, sized('p', '1', { resizePolicy }));
    await plane.advance(1000);
    await resize(plane, 'p', { cpu: '2' }, 1000);
    assert.is(show(await get(plane)), 'Running main=running+');
    await resize(plane, 'p', { cpu: '2', memory: '1Gi' }, 1000);
    const after = await get(plane);
    assert.is(show(after), 'Running main=running+*1');
    assert.equal(after.status.containerStatuses[0].allocatedResources, { cpu: '2', memory: '1Gi' });
    const events = (await told(plane)).slice(-6);
    const text = (resources: string, generation: number) =>
      `{"containers":[{"name":"main","resources":{"requests":${resources}}}],"generation":${generation}}`;
    const second = text('{"cpu":"2","memory":"1Gi"}', 3);
    assert.ok(events.includes(`ResizeStarted: Pod resize started: ${second}`), events.join());
    assert.ok(events.includes('Killing: Container main resize requires restart'));
    assert.ok(events.includes(`ResizeCompleted: Pod resize completed: ${second}`));
  }));

test('a resize that the node cannot give is refused, or put off until there is room', () =>
  withPlane(async (plane) => {
    for (const name of ['p', 'other']) await plane.client.create(PODS, sized(name, '3'));
    await plane.advance(1000);
    const pending = async () => {
      const { conditions, containerStatuses } = (await get(plane)).status;
      const found = conditions.find(({ type }: { type: string }) => type === 'PodResizePending');
      return [found?.reason, found?.message, containerStatuses[0].allocatedResources.cpu];
    };
    await resize(plane, 'p', { cpu: '9' });
    assert.equal(await pending(), [
      'Infeasible',
      "Node didn't have enough capacity: cpu, requested: 9000, capacity: 8000",
      '3',
    ]);
    await resize(plane, 'p', { cpu: '6' });
    assert.equal(await pending(), [
      'Deferred',
      "Node didn't have enough resource: cpu, requested: 6000, used: 3000, capacity: 8000",
      '3',
    ]);
    await plane.client.delete(PODS, 'other', 'default');
    await plane.advance(40_000);
    assert.equal(await pending(), [undefined, undefined, '6']);
  }));

const asks = (requests: Record<string, string>, more: object = {}) => ({
  containers: [container('main', 'nginx:1', { resources: { requests }, ...more })],
});
const port80 = { ports: [{ containerPort: 80, hostPort: 80 }] };
const REJECTED: [spec: object, reason: string, why: string][] = [
  [
    asks({ cpu: '6' }),
    'OutOfcpu',
    "Node didn't have enough resource: cpu, requested: 6000, used: 3000, capacity: 8000",
  ],
  [
    asks({}, port80),
    'NodePorts',
    "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  ],
  [
    { ...asks({}), nodeSelector: { disk: 'ssd' } },
    'NodeAffinity',
    "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  ],
];
for (const [spec, reason, why] of REJECTED)
  test(`a pod that is put on a node past the scheduler is rejected: ${reason}`, () =>
    withPlane(async (plane) => {
      const nodeName = 'node-1';
      await plane.client.create(PODS, pod('first', '', { ...asks({ cpu: '3' }, port80), nodeName }));
      await plane.advance(1000);
      const first = await get(plane, 'first');
      assert.ok(first.status.conditions.some(({ type }: { type: string }) => type === 'PodScheduled'));
      await plane.client.create(PODS, pod('p', '', { ...spec, nodeName }));
      await plane.advance(2000);
      const { status } = await get(plane);
      assert.equal([status.phase, status.reason, status.message], ['Failed', reason, `Pod was rejected: ${why}`]);
      assert.ok((await told(plane)).includes(`${reason}: ${why}`));
    }));

test('a node that someone applies is simulated too, and one that is deleted goes with its pods', () =>
  withPlane(async (plane) => {
    await plane.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'mine' } });
    await plane.settled();
    await plane.client.create(PODS, pod('p', 'nginx:1', { nodeName: 'mine' }));
    await plane.advance(1000);
    assert.is(show(await get(plane)), 'Running main=running+');
    const node = await plane.client.get<KubeObject>(NODES, 'mine');
    assert.is(node.status.capacity.cpu, '8');
    await plane.client.delete(NODES, 'mine');
    await plane.advance(1000);
    assert.equal((await plane.client.list(PODS)).items, []);
  }));

test('nodes register, and renew their leases', () =>
  withPlane(async (plane) => {
    const { items } = await plane.client.list<KubeObject>(NODES);
    assert.equal(
      items.map(({ metadata }) => metadata.name),
      ['node-1', 'node-2', 'node-3'],
    );
    const [node] = items;
    assert.equal(node!.status.capacity, {
      cpu: '8',
      'ephemeral-storage': '100Gi',
      'hugepages-1Gi': '0',
      'hugepages-2Mi': '0',
      memory: '32Gi',
      pods: '110',
    });
    assert.equal(node!.status.addresses, [
      { address: '172.18.0.2', type: 'InternalIP' },
      { address: 'node-1', type: 'Hostname' },
    ]);
    const renewed = async () =>
      (await plane.client.get<KubeObject>(LEASES, 'node-1', 'kube-node-lease')).spec.renewTime;
    assert.is(await renewed(), '2026-01-01T00:00:00.000000Z');
    await plane.advance(25_000);
    assert.is(await renewed(), '2026-01-01T00:00:20.000000Z');
  }));

test('scenario rules act without annotations', () =>
  withPlane(
    async (plane) => {
      await plane.client.create(PODS, pod('p', 'nginx:2'));
      await plane.client.create(PODS, pod('q', 'nginx:1'));
      await plane.advance(1000);
      assert.is((await get(plane, 'p')).status.containerStatuses[0].state.waiting.reason, 'ImagePullBackOff');
      assert.is(show(await get(plane, 'q')), 'Running main=running+');
    },
    { rules: [{ match: { image: 'nginx:2' }, behave: { pull: 'denied' } }] },
  ));

test.run();
