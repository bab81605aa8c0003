import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PostJson } from '../../src/apiserver/webhooks/call-webhook.ts';
import { configMap, type TestServer, withServer } from './server.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const GROUP = '/apis/admissionregistration.k8s.io/v1';

const configuration = (kind: 'Mutating' | 'Validating', webhook: object = {}) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: `${kind}WebhookConfiguration`,
  metadata: { name: kind.toLowerCase() },
  webhooks: [
    {
      name: `${kind.toLowerCase()}.example.com`,
      clientConfig: { url: 'https://example.com/hook' },
      rules: [{ operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      ...webhook,
    },
  ],
});

const install = ({ ask }: TestServer, kind: 'Mutating' | 'Validating', webhook?: object) =>
  ask(`POST ${GROUP}/${kind.toLowerCase()}webhookconfigurations`, { body: configuration(kind, webhook) });

interface Review {
  request: { uid: string; operation: string; name: string; object: { data: Record<string, string> } };
}

const answering =
  (answer: (review: Review) => object): PostJson =>
  async (_url, body) => {
    const review = body as Review;
    return {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: review.request.uid, allowed: true, ...answer(review) },
    };
  };

test('a mutating webhook changes what is stored', () => {
  const patch = [{ op: 'add', path: '/data/added', value: 'yes' }];
  const postJson = answering(() => ({
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    warnings: ['changed'],
  }));
  return withServer(
    async (server) => {
      assert.is((await install(server, 'Mutating')).status, 201);
      const { status, headers, body } = await server.ask(`POST ${MAPS}`, { body: configMap('a', { k: 'v' }) });
      assert.equal([status, body.data, headers['warning']], [201, { k: 'v', added: 'yes' }, '299 - "changed"']);
    },
    { postJson },
  );
});

test('a validating webhook refuses creations, changes and deletions', () => {
  const seen: string[] = [];
  const postJson = answering(({ request }) => {
    seen.push(`${request.operation} ${request.name}`);
    return request.object?.data['k'] === 'bad' || request.operation === 'DELETE'
      ? { allowed: false, status: { message: 'no' } }
      : {};
  });
  return withServer(
    async (server) => {
      await install(server, 'Validating');
      const { ask } = server;
      assert.is((await ask(`POST ${MAPS}`, { body: configMap('a', { k: 'good' }) })).status, 201);
      const refused = await ask(`PUT ${MAPS}/a`, { body: configMap('a', { k: 'bad' }) });
      const text = 'admission webhook "validating.example.com" denied the request: no';
      assert.equal([refused.status, refused.body.message], [403, text]);
      assert.is((await ask(`DELETE ${MAPS}/a`)).status, 403);
      assert.equal(seen, ['CREATE a', 'UPDATE a', 'DELETE a']);
      assert.is((await ask('GET /api/v1/namespaces/default/secrets')).status, 200);
    },
    { postJson },
  );
});

test('the failure policy decides what a failing webhook means', async () => {
  const postJson: PostJson = async () => {
    throw new Error('connection refused');
  };
  for (const [failurePolicy, status] of [
    ['Fail', 500],
    ['Ignore', 201],
  ] as const)
    await withServer(
      async (server) => {
        await install(server, 'Validating', { failurePolicy });
        const answer = await server.ask(`POST ${MAPS}`, { body: configMap('a') });
        assert.is(answer.status, status);
        if (status === 500)
          assert.match(
            answer.body.message,
            /failed calling webhook "validating.example.com": failed to call webhook: connection refused/,
          );
      },
      { postJson },
    );
});

test('selectors and conditions leave a webhook out', () => {
  const postJson: PostJson = async () => assert.unreachable();
  return withServer(
    async (server) => {
      await install(server, 'Mutating', { objectSelector: { matchLabels: { a: 'b' } } });
      const matchConditions = [{ name: 'never', expression: 'object.metadata.name == "b" && request.dryRun' }];
      assert.is((await install(server, 'Validating', { matchConditions })).status, 201);
      assert.is((await server.ask(`POST ${MAPS}`, { body: configMap('a') })).status, 201);
    },
    { postJson },
  );
});

test('a condition that fails is decided by the failure policy', async () => {
  for (const [failurePolicy, status] of [
    ['Fail', 403],
    ['Ignore', 201],
  ] as const)
    await withServer(async (server) => {
      const matchConditions = [{ name: 'c', expression: 'object.data.none == "x"' }];
      await install(server, 'Validating', { failurePolicy, matchConditions });
      const answer = await server.ask(`POST ${MAPS}`, { body: configMap('a', { k: 'v' }) });
      assert.is(answer.status, status);
      if (status === 403)
        assert.is(
          answer.body.message,
          `configmaps "a" is forbidden: expression 'object.data.none == "x"' resulted in error: no such key: none`,
        );
    });
});

test('a condition that does not compile is refused', () =>
  withServer(async (server) => {
    const matchConditions = [
      { name: 'c', expression: 'nothing' },
      { name: 'c', expression: '1' },
    ];
    const { status, body } = await install(server, 'Validating', { matchConditions });
    assert.is(status, 422);
    assert.equal(
      body.details.causes.map(({ message }: { message: string }) => message.split('\n')[0]),
      [
        `Invalid value: "nothing": compilation failed: ERROR: <input>:1:1: undeclared reference to 'nothing' (in container '')`,
        'Invalid value: "1": must evaluate to bool but got int',
        'Duplicate value: "c"',
      ],
    );
  }));

/** What stands in the cluster, and what is told of a webhook behind it. */
const SERVICES: [name: string, objects: object[], told: string | undefined][] = [
  ['missing', [], 'service "hook" not found'],
  ['without the port', [service(80)], 'no service port 443 found for service "hook"'],
  ['without pods', [service(443)], 'dial tcp 10.96.7.7:443: connect: connection refused'],
  ['with a ready pod', [service(443), slice(true)], undefined],
  ['with a pod that is not ready', [service(443), slice(false)], 'connection refused'],
];

function service(port: number): object {
  const spec = { clusterIP: '10.96.7.7', ports: [{ port }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'hook' }, spec };
}

function slice(ready: boolean): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'hook-1', labels: { 'kubernetes.io/service-name': 'hook' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready } }],
  };
}

const PATHS: Record<string, string> = {
  Service: '/api/v1/namespaces/default/services',
  EndpointSlice: '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
};

for (const [name, objects, told] of SERVICES)
  test(`a webhook behind a service ${name}`, () =>
    withServer(async (server) => {
      for (const body of objects)
        assert.is((await server.ask(`POST ${PATHS[(body as { kind: string }).kind]}`, { body })).status, 201);
      const clientConfig = { service: { name: 'hook', namespace: 'default', path: '/check' } };
      await install(server, 'Validating', { clientConfig });
      const { status, headers, body } = await server.ask(`POST ${MAPS}`, { body: configMap('a') });
      if (told === undefined) {
        assert.is(status, 201);
        assert.match(headers['warning'] ?? '', /is not called: service default\/hook runs in simulated pods/);
      } else {
        assert.is(status, 500);
        const url = 'https://hook.default.svc:443/check?timeout=10s';
        assert.match(
          body.message,
          `failed calling webhook "validating.example.com": failed to call webhook: Post "${url}": `,
        );
        assert.ok(body.message.endsWith(told), body.message);
      }
    }));

test.run();
