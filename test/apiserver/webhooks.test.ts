import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PostJson } from '../../src/apiserver/webhooks/webhooks.ts';
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
    return { kind: 'AdmissionReview', response: { uid: review.request.uid, allowed: true, ...answer(review) } };
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
          assert.match(answer.body.message, /failed calling webhook "validating.example.com": connection refused/);
      },
      { postJson },
    );
});

test('selectors and simulated services leave a webhook out', () => {
  const postJson: PostJson = async () => assert.unreachable();
  return withServer(
    async (server) => {
      await install(server, 'Mutating', { objectSelector: { matchLabels: { a: 'b' } } });
      const service = { service: { name: 'hook', namespace: 'default' } };
      await install(server, 'Validating', { clientConfig: service });
      const { status, headers } = await server.ask(`POST ${MAPS}`, { body: configMap('a') });
      assert.is(status, 201);
      assert.match(headers['warning'] ?? '', /is not called: service default\/hook runs in simulated pods/);
    },
    { postJson },
  );
});

test.run();
