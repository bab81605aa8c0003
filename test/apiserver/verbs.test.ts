import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { configMap, type TestServer, withServer } from './server.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

const deployment = (replicas = 1) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
  },
});

const names = ({ body }: { body: { items: { metadata: { name: string } }[] } }) =>
  body.items.map(({ metadata }) => metadata.name);

async function createMaps({ ask }: TestServer, ...all: string[]): Promise<void> {
  for (const name of all) await ask(`POST ${MAPS}`, { body: configMap(name, {}, { labels: { name } }) });
}

test('a creation gives identity, version and time, and happens once', () =>
  withServer(async ({ ask }) => {
    const created = await ask(`POST ${MAPS}`, { body: configMap('a', { k: 'v' }) });
    assert.is(created.status, 201);
    assert.match(created.body.metadata.uid, /^[0-9a-f-]{36}$/);
    assert.is(created.body.metadata.creationTimestamp, '2026-01-01T00:00:00Z');
    assert.equal((await ask(`GET ${MAPS}/a`)).body, created.body);
    const again = await ask(`POST ${MAPS}`, { body: configMap('a') });
    assert.is(again.status, 409);
    assert.equal(again.body, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'configmaps "a" already exists',
      reason: 'AlreadyExists',
      details: { name: 'a', kind: 'configmaps' },
      code: 409,
    });
  }));

test('a name is generated, a dry run stores nothing, a version is not accepted', () =>
  withServer(async ({ ask, store }) => {
    const generated = await ask(`POST ${MAPS}`, { body: { ...configMap(''), metadata: { generateName: 'g-' } } });
    assert.match(generated.body.metadata.name, /^g-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    const { revision } = store;
    const dry = await ask(`POST ${MAPS}?dryRun=All`, { body: configMap('dry') });
    assert.is(dry.status, 201);
    assert.is(dry.body.metadata.resourceVersion, undefined);
    assert.is(store.revision, revision);
    const versioned = await ask(`POST ${MAPS}`, { body: configMap('v', {}, { resourceVersion: '5' }) });
    assert.is(versioned.body.message, 'resourceVersion should not be set on objects to be created');
  }));

test('an update replaces the version it names, and one that changes nothing writes nothing', () =>
  withServer(async ({ ask, store }) => {
    const { body: first } = await ask(`POST ${MAPS}`, { body: configMap('a', { k: '1' }) });
    const { body: second } = await ask(`PUT ${MAPS}/a`, { body: { ...first, data: { k: '2' } } });
    assert.is(second.data.k, '2');
    const stale = await ask(`PUT ${MAPS}/a`, { body: { ...first, data: { k: '3' } } });
    assert.is(stale.status, 409);
    assert.is(
      stale.body.message,
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
    const { revision } = store;
    assert.equal((await ask(`PUT ${MAPS}/a`, { body: second })).body, second);
    assert.is(store.revision, revision);
    const other = { ...second, metadata: { ...second.metadata, uid: 'x' } };
    assert.match(
      (await ask(`PUT ${MAPS}/a`, { body: other })).body.message,
      /Precondition failed: UID in precondition: x/,
    );
  }));

test('the generation counts changes of the spec, and the status is written apart', () =>
  withServer(async ({ ask }) => {
    const { body: made } = await ask(`POST ${DEPLOYMENTS}`, { body: { ...deployment(), status: { replicas: 9 } } });
    assert.is(made.metadata.generation, 1);
    assert.is(made.status.replicas, undefined);
    const put = { ...made, spec: { ...made.spec, replicas: 2 }, status: { replicas: 7 } };
    const { body: changed } = await ask(`PUT ${DEPLOYMENTS}/web`, { body: put });
    assert.equal([changed.metadata.generation, changed.spec.replicas, changed.status.replicas], [2, 2, undefined]);
    const both = { ...changed, spec: { ...changed.spec, replicas: 5 }, status: { replicas: 2, observedGeneration: 2 } };
    const { body: reported } = await ask(`PUT ${DEPLOYMENTS}/web/status`, { body: both });
    assert.equal([reported.metadata.generation, reported.spec.replicas, reported.status.replicas], [2, 2, 2]);
  }));

const PATCHES: [type: string, patch: unknown, result: unknown][] = [
  ['application/merge-patch+json', { data: { a: null, c: '3' } }, { b: '2', c: '3' }],
  ['application/strategic-merge-patch+json', { data: { b: '4' } }, { a: '1', b: '4' }],
  ['application/json-patch+json', [{ op: 'add', path: '/data/d', value: '5' }], { a: '1', b: '2', d: '5' }],
  [
    'application/apply-patch+yaml',
    { apiVersion: 'v1', kind: 'ConfigMap', data: { e: '6' } },
    { a: '1', b: '2', e: '6' },
  ],
];

for (const [type, patch, expected] of PATCHES)
  test(`patch: ${type}`, () =>
    withServer(async ({ ask }) => {
      await ask(`POST ${MAPS}`, { body: configMap('a', { a: '1', b: '2' }) });
      const line = `PATCH ${MAPS}/a${type.includes('apply') ? '?fieldManager=test' : ''}`;
      const { status, body } = await ask(line, { body: patch as object, headers: { 'content-type': type } });
      assert.is(status, 200, JSON.stringify(body));
      assert.equal(body.data, expected);
    }));

test('a JSON patch has at most 10,000 operations', () =>
  withServer(async ({ ask }) => {
    await ask(`POST ${MAPS}`, { body: configMap('a', { a: '1' }) });
    const body = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/data/a', value: '1' }));
    const headers = { 'content-type': 'application/json-patch+json' };
    const refused = await ask(`PATCH ${MAPS}/a`, { body, headers });
    assert.is(refused.status, 413);
    assert.is(
      refused.body.message,
      'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    );
    assert.is((await ask(`PATCH ${MAPS}/a`, { body: body.slice(1), headers })).status, 200);
  }));

test('pages continue at the version of the first one, until that is forgotten', () =>
  withServer(async (server) => {
    const { ask, store } = server;
    await createMaps(server, 'a', 'b', 'c', 'd');
    const first = await ask(`GET ${MAPS}?limit=2`);
    assert.equal(names(first), ['a', 'b']);
    assert.is(first.body.metadata.remainingItemCount, 2);
    await createMaps(server, 'bb');
    const rest = await ask(`GET ${MAPS}?limit=2&continue=${first.body.metadata.continue}`);
    assert.equal(names(rest), ['c', 'd']);
    assert.is(rest.body.metadata.continue, undefined);
    store.compact(store.revision);
    const late = await ask(`GET ${MAPS}?limit=2&continue=${first.body.metadata.continue}`);
    assert.equal([late.status, late.body.reason], [410, 'Expired']);
    const resumed = await ask(`GET ${MAPS}?continue=${late.body.metadata.continue}`);
    assert.equal(names(resumed), ['bb', 'c', 'd']);
    assert.is((await ask(`GET ${MAPS}?continue=nonsense`)).status, 400);
  }));

const SELECTIONS: [query: string, expected: string[] | number][] = [
  ['labelSelector=name%3Da', ['a']],
  ['labelSelector=name+in+(a,b)', ['a', 'b']],
  ['labelSelector=name!=a', ['b', 'c']],
  ['fieldSelector=metadata.name%3Dc', ['c']],
  ['fieldSelector=metadata.namespace!=default', []],
  ['fieldSelector=data.x%3D1', 400],
  ['labelSelector=a%3D%3D%3Db', 400],
  ['limit=1&labelSelector=name%3Dc', ['c']],
  ['resourceVersion=0', ['a', 'b', 'c']],
  ['resourceVersion=999999', 504],
  ['resourceVersion=x', 400],
  ['resourceVersionMatch=Exact', 422],
  ['limit=x', 400],
];

test('selectors and versions choose what is listed', () =>
  withServer(async (server) => {
    await createMaps(server, 'a', 'b', 'c');
    for (const [query, expected] of SELECTIONS) {
      const answer = await server.ask(`GET ${MAPS}?${query}`);
      if (typeof expected === 'number') assert.is(answer.status, expected, query);
      else assert.equal(names(answer), expected, query);
    }
  }));

test('a list at an exact version shows what was', () =>
  withServer(async (server) => {
    await createMaps(server, 'a');
    const { body } = await server.ask(`GET ${MAPS}`);
    await createMaps(server, 'b');
    const line = `GET ${MAPS}?resourceVersionMatch=Exact&resourceVersion=${body.metadata.resourceVersion}`;
    assert.equal(names(await server.ask(line)), ['a']);
  }));

test('finalizers and preconditions hold a deletion', () =>
  withServer(async ({ ask }) => {
    const { body: made } = await ask(`POST ${MAPS}`, { body: configMap('a', {}, { finalizers: ['x.y/z'] }) });
    const wrong = await ask(`DELETE ${MAPS}/a`, { body: { preconditions: { uid: 'other' } } });
    assert.is(wrong.status, 409);
    const marked = await ask(`DELETE ${MAPS}/a`, { body: { preconditions: { uid: made.metadata.uid } } });
    assert.is(marked.body.metadata.deletionTimestamp, '2026-01-01T00:00:00Z');
    await ask(`PUT ${MAPS}/a`, { body: { ...marked.body, metadata: { ...marked.body.metadata, finalizers: [] } } });
    assert.is((await ask(`GET ${MAPS}/a`)).status, 404);
  }));

test('the cascade of a deletion is a finalizer', () =>
  withServer(async ({ ask }) => {
    for (const [policy, finalizers] of [
      ['Foreground', ['foregroundDeletion']],
      ['Orphan', ['orphan']],
    ]) {
      await ask(`POST ${MAPS}`, { body: configMap('a') });
      const { body } = await ask(`DELETE ${MAPS}/a`, { body: { propagationPolicy: policy } });
      assert.equal(body.metadata.finalizers, finalizers);
      const bare = { ...body, metadata: { ...body.metadata, finalizers: [] } };
      await ask(`PUT ${MAPS}/a`, { body: bare });
      assert.is((await ask(`GET ${MAPS}/a`)).status, 404);
    }
    await ask(`POST ${MAPS}`, { body: configMap('a') });
    const gone = await ask(`DELETE ${MAPS}/a?propagationPolicy=Background`);
    assert.equal([gone.body.status, gone.body.details.kind], ['Success', 'configmaps']);
    assert.is((await ask(`DELETE ${MAPS}/a?propagationPolicy=Sideways`)).status, 422);
  }));

test('a pod on a node ends after its grace period, one without at once', () =>
  withServer(async ({ ask }) => {
    const pods = '/api/v1/namespaces/default/pods';
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    };
    await ask(`POST ${pods}`, { body: pod });
    await ask(`DELETE ${pods}/p`);
    assert.is((await ask(`GET ${pods}/p`)).status, 404);
    await ask(`POST ${pods}`, { body: pod });
    const target = { kind: 'Binding', apiVersion: 'v1', metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } };
    assert.is((await ask(`POST ${pods}/p/binding`, { body: target })).status, 201);
    assert.is((await ask(`POST ${pods}/p/binding`, { body: target })).status, 409);
    const { body } = await ask(`DELETE ${pods}/p`);
    assert.equal(
      [body.metadata.deletionGracePeriodSeconds, body.metadata.deletionTimestamp],
      [30, '2026-01-01T00:00:30Z'],
    );
    const sooner = await ask(`DELETE ${pods}/p?gracePeriodSeconds=5`);
    assert.equal(sooner.body.metadata.deletionTimestamp, '2026-01-01T00:00:05Z');
    await ask(`DELETE ${pods}/p?gracePeriodSeconds=0`);
    assert.is((await ask(`GET ${pods}/p`)).status, 404);
  }));

test('an eviction spends the disruption budget', () =>
  withServer(async ({ ask }) => {
    const pods = '/api/v1/namespaces/default/pods';
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
    const spec = { containers: [{ name: 'c', image: 'i' }], nodeName: 'n' };
    for (const name of ['p', 'q', 'sick']) {
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'a' } }, spec };
      const { body } = await ask(`POST ${pods}`, { body: pod });
      const conditions = [{ type: 'Ready', status: name === 'sick' ? 'False' : 'True' }];
      const status = { ...body.status, phase: 'Running', conditions };
      await ask(`PUT ${pods}/${name}/status`, { body: { ...body, status } });
    }
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'b' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'a' } } },
    };
    const { body } = await ask(`POST ${budgets}`, { body: budget });
    const status = {
      ...body.status,
      observedGeneration: 1,
      disruptionsAllowed: 1,
      desiredHealthy: 1,
      currentHealthy: 2,
    };
    await ask(`PUT ${budgets}/b/status`, { body: { ...body, status } });
    const evict = (name: string) =>
      ask(`POST ${pods}/${name}/eviction`, { body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } } });
    assert.is((await evict('p')).status, 201);
    const refused = await evict('q');
    assert.equal(
      [refused.status, refused.body.message, refused.body.details.causes[0].message],
      [
        429,
        "Cannot evict pod as it would violate the pod's disruption budget.",
        'The disruption budget b needs 1 healthy pods and has 2 currently',
      ],
    );
    assert.is((await evict('sick')).status, 201, 'a pod that is not ready is not held while enough others are');
  }));

test('deletecollection takes what the selector says', () =>
  withServer(async (server) => {
    await createMaps(server, 'a', 'b', 'c');
    await server.ask(`DELETE ${MAPS}?labelSelector=name!=b`);
    assert.equal(names(await server.ask(`GET ${MAPS}`)), ['b']);
  }));

test('events and autoscalers are served in both of their versions', () =>
  withServer(async ({ ask }) => {
    const scaler = {
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3, targetCPUUtilizationPercentage: 70 },
    };
    const made = await ask('POST /apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers', { body: scaler });
    assert.is(made.status, 201, JSON.stringify(made.body));
    assert.equal([made.status, made.body.spec.targetCPUUtilizationPercentage], [201, 70]);
    const { body } = await ask('GET /apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/h');
    assert.equal(body.spec.metrics, [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
    ]);
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
      message: 'hello',
      reason: 'Said',
      type: 'Normal',
      count: 2,
    };
    await ask('POST /api/v1/namespaces/default/events', { body: event });
    const other = await ask('GET /apis/events.k8s.io/v1/namespaces/default/events/e');
    assert.equal(
      [other.body.note, other.body.regarding.name, other.body.deprecatedCount, other.body.apiVersion],
      ['hello', 'p', 2, 'events.k8s.io/v1'],
    );
  }));

test('events are forgotten an hour after they were last seen', () =>
  withServer(async ({ ask, clock }) => {
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e' },
      involvedObject: { namespace: 'default' },
    };
    await ask('POST /api/v1/namespaces/default/events', { body: event });
    await clock.advance(3_500_000);
    assert.is((await ask('GET /api/v1/namespaces/default/events/e')).status, 200);
    await clock.advance(500_000);
    assert.is((await ask('GET /api/v1/namespaces/default/events/e')).status, 404);
  }));

test('a token is good for its account until one of them ends', () =>
  withServer(async ({ ask, clock }) => {
    const { body } = await ask('POST /api/v1/namespaces/default/serviceaccounts/default/token', {
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } },
    });
    const review = async () => {
      const spec = { token: body.status.token };
      const answer = await ask('POST /apis/authentication.k8s.io/v1/tokenreviews', { body: { spec } });
      return answer.body.status;
    };
    assert.is((await review()).user.username, 'system:serviceaccount:default:default');
    await clock.advance(700_000);
    assert.is((await review()).authenticated, false);
  }));

test('a secret of the token type is filled for its account', () =>
  withServer(async ({ ask }) => {
    const annotations = { 'kubernetes.io/service-account.name': 'default' };
    const secret = { metadata: { name: 's', annotations }, type: 'kubernetes.io/service-account-token' };
    const { body } = await ask('POST /api/v1/namespaces/default/secrets', { body: secret });
    const token = Buffer.from(body.data.token, 'base64').toString();
    const review = await ask('POST /apis/authentication.k8s.io/v1/tokenreviews', { body: { spec: { token } } });
    assert.is(review.body.status.user.username, 'system:serviceaccount:default:default');
    await ask('DELETE /api/v1/namespaces/default/secrets/s');
    const later = await ask('POST /apis/authentication.k8s.io/v1/tokenreviews', { body: { spec: { token } } });
    assert.is(later.body.status.authenticated, false);
  }));

test('resize changes the resources of a pod and nothing else', () =>
  withServer(async ({ ask }) => {
    const pods = '/api/v1/namespaces/default/pods';
    const resources = { requests: { cpu: '50m' } };
    const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i', resources }] } };
    await ask(`POST ${pods}`, { body: pod });
    const { body } = await ask(`GET ${pods}/p`);
    body.spec.containers[0].resources = { requests: { cpu: '100m' } };
    body.spec.containers[0].image = 'other';
    const resized = await ask(`PUT ${pods}/p/resize`, { body });
    assert.is(resized.status, 200, JSON.stringify(resized.body));
    const [container] = resized.body.spec.containers;
    assert.equal(
      [container.image, container.resources, resized.body.metadata.generation],
      ['i', { requests: { cpu: '100m' } }, 2],
    );
  }));

test('claims and volumes are held from their creation until nothing uses them', () =>
  withServer(async ({ ask }) => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'c', finalizers: ['example.com/own'] },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    };
    const made = await ask('POST /api/v1/namespaces/default/persistentvolumeclaims', { body: claim });
    assert.equal(made.body.metadata.finalizers, ['example.com/own', 'kubernetes.io/pvc-protection']);
    const spec = { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } };
    const volume = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v' }, spec };
    const { body } = await ask('POST /api/v1/persistentvolumes', { body: volume });
    assert.equal(body.metadata.finalizers, ['kubernetes.io/pv-protection']);
  }));

test.run();
