import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../../src/api/object.ts';
import type { PostJson } from '../../../src/apiserver/webhooks/call-webhook.ts';
import { type TestServer, withServer } from '../server.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const V1 = '/apis/example.com/v1/namespaces/default/tabs';
const V2 = '/apis/example.com/v2/namespaces/default/tabs';

const version = (name: string, storage: boolean, properties: object) => ({
  name,
  served: true,
  storage,
  schema: {
    openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } },
  },
});

/** `v1` tells the time as one text, `v2` as two numbers. */
const definition = (conversion: object, stored = 'v1') => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'tabs.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'tabs', singular: 'tab', kind: 'Tab', listKind: 'TabList' },
    conversion,
    versions: [
      version('v1', stored === 'v1', { at: { type: 'string' } }),
      version('v2', stored === 'v2', { hour: { type: 'integer' }, minute: { type: 'integer', default: 0 } }),
    ],
  },
});

const WEBHOOK = {
  strategy: 'Webhook',
  webhook: { clientConfig: { url: 'https://example.com/convert' }, conversionReviewVersions: ['v1'] },
};

interface Review {
  request: { uid: string; desiredAPIVersion: string; objects: KubeObject[] };
}

function converted(object: KubeObject, apiVersion: string): object {
  const { spec } = object;
  if (apiVersion.endsWith('/v1')) return { ...object, apiVersion, spec: { at: `${spec.hour}:${spec.minute}` } };
  const [hour, minute] = spec.at.split(':').map(Number);
  return { ...object, apiVersion, spec: { hour, minute } };
}

/** Converts, and counts how many objects it was given in each review. */
function converting(counts: number[]): PostJson {
  return async (url, body) => {
    assert.is(url, 'https://example.com/convert?timeout=30s');
    const { uid, desiredAPIVersion, objects } = (body as Review).request;
    counts.push(objects.length);
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'ConversionReview',
      response: {
        uid,
        result: { status: 'Success' },
        convertedObjects: objects.map((object) => converted(object, desiredAPIVersion)),
      },
    };
  };
}

const tab = (name: string, apiVersion: string, spec: object) => ({
  apiVersion: `example.com/${apiVersion}`,
  kind: 'Tab',
  metadata: { name },
  spec,
});

const define = async ({ ask }: TestServer, conversion: object) => {
  const { status, body } = await ask(`POST ${CRDS}`, { body: definition(conversion) });
  assert.is(status, 201, JSON.stringify(body));
};

test('a webhook converts between the versions of a definition', () => {
  const counts: number[] = [];
  return withServer(
    async (server) => {
      const { ask } = server;
      await define(server, WEBHOOK);
      const events = await server.watch(`GET ${V1}?watch=1`);
      const made = await ask(`POST ${V2}`, { body: tab('a', 'v2', { hour: 7 }) });
      assert.equal(
        [made.status, made.body.apiVersion, made.body.spec],
        [201, 'example.com/v2', { hour: 7, minute: 0 }],
      );
      assert.equal((await ask(`GET ${V1}/a`)).body.spec, { at: '7:0' });
      assert.is((await ask(`POST ${V1}`, { body: tab('b', 'v1', { at: '8:30' }) })).status, 201);
      counts.length = 0;
      const { body } = await ask(`GET ${V2}`);
      assert.equal(
        body.items.map(({ spec }: KubeObject) => spec),
        [
          { hour: 7, minute: 0 },
          { hour: 8, minute: 30 },
        ],
      );
      assert.equal(counts, [1], 'those converted before are known');
      const patched = await ask(`PATCH ${V2}/b`, {
        headers: { 'content-type': 'application/merge-patch+json' },
        body: { spec: { minute: 45 } },
      });
      assert.equal(patched.body.spec, { hour: 8, minute: 45 });
      assert.equal((await ask(`GET ${V1}/b`)).body.spec, { at: '8:45' });
      for (const at of ['7:0', '8:30', '8:45']) {
        const { value } = await events.next();
        assert.equal([value.object.apiVersion, value.object.spec.at], ['example.com/v1', at]);
      }
      await events.return?.();
    },
    { postJson: converting(counts) },
  );
});

test('metadata is kept by a conversion, but for labels and annotations', () => {
  const postJson: PostJson = async (url, body) => {
    const answer = (await converting([])(url, body, { timeoutMs: 0 })) as {
      response: { convertedObjects: KubeObject[] };
    };
    for (const object of answer.response.convertedObjects)
      object.metadata = { ...object.metadata, labels: { l: '1' }, generation: 99, ownerReferences: [] };
    return answer;
  };
  return withServer(
    async (server) => {
      await define(server, WEBHOOK);
      await server.ask(`POST ${V1}`, { body: tab('a', 'v1', { at: '1:2' }) });
      const { metadata } = (await server.ask(`GET ${V2}/a`)).body;
      assert.equal([metadata.labels, metadata.generation, metadata.ownerReferences], [{ l: '1' }, 1, undefined]);
    },
    { postJson },
  );
});

/** What a webhook answers, and what is told of it. */
const FAILURES: [answer: object | Error, told: string][] = [
  [new Error('Post "x": boom'), 'failed: Post "x": boom'],
  [
    {},
    'failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got undefined, Kind=undefined',
  ],
  [{ result: { status: 'Failure', message: 'cannot' } }, 'failed: cannot'],
  [{ result: { status: 'Success' }, convertedObjects: [] }, 'returned 0 objects, expected 1'],
  [
    { result: { status: 'Success' }, convertedObjects: [{ apiVersion: 'example.com/v3', kind: 'Tab', metadata: {} }] },
    'returned invalid converted object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v3)',
  ],
  [
    {
      result: { status: 'Success' },
      convertedObjects: [{ apiVersion: 'example.com/v2', kind: 'Tab', metadata: { name: 'b' } }],
    },
    'returned invalid converted object at index 0: must have the same name: a != b',
  ],
];

test('what a webhook does wrong is told', async () => {
  for (const [answer, told] of FAILURES) {
    const postJson: PostJson = async (_url, body) => {
      if (answer instanceof Error) throw answer;
      if (Object.keys(answer).length === 0) return {};
      const { uid } = (body as Review).request;
      return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response: { uid, ...answer } };
    };
    await withServer(
      async (server) => {
        await define(server, WEBHOOK);
        await server.ask(`POST ${V1}`, { body: tab('a', 'v1', { at: '1:2' }) });
        const { status, body } = await server.ask(`GET ${V2}/a`);
        assert.is(status, 500);
        assert.is(body.message, `conversion webhook for example.com/v1, Kind=Tab ${told}`);
        assert.is((await server.ask(`GET ${V1}/a`)).status, 200, 'what needs no conversion is served');
      },
      { postJson },
    );
  }
});

test('a webhook behind a service without pods fails, as in a cluster', () =>
  withServer(async (server) => {
    const clientConfig = { service: { name: 'hook', namespace: 'default', path: '/c', port: 443 } };
    await define(server, { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } });
    await server.ask(`POST ${V1}`, { body: tab('a', 'v1', { at: '1:2' }) });
    const { status, body } = await server.ask(`GET ${V2}`);
    const why = 'Post "https://hook.default.svc:443/c?timeout=30s": service "hook" not found';
    assert.equal([status, body.message], [500, `conversion webhook for example.com/v1, Kind=Tab failed: ${why}`]);
  }));

test('without a webhook versions differ by name, fields they do not know, and defaults', () =>
  withServer(async (server) => {
    const { ask } = server;
    await define(server, { strategy: 'None' });
    await ask(`POST ${V1}`, { body: tab('a', 'v1', { at: '1:2' }) });
    assert.equal((await ask(`GET ${V2}/a`)).body.spec, { minute: 0 });
    assert.is((await ask(`GET ${V2}/a`)).body.apiVersion, 'example.com/v2');
  }));

test('objects move to a new storage version as they are written, and the old one may go then', () =>
  withServer(async (server) => {
    const { ask, store } = server;
    const storedAs = (name: string) =>
      JSON.parse(store.get(`/registry/example.com/tabs/default/${name}`)!.value).apiVersion;
    await define(server, { strategy: 'None' });
    await ask(`POST ${V1}`, { body: tab('a', 'v1', { at: '1:2' }) });
    const { body: crd } = await ask(`GET ${CRDS}/tabs.example.com`);
    crd.spec.versions = definition({}, 'v2').spec.versions;
    const { body: moved } = await ask(`PUT ${CRDS}/tabs.example.com`, { body: crd });
    assert.equal(moved.status.storedVersions, ['v1', 'v2']);
    assert.is(storedAs('a'), 'example.com/v1');
    const { body: seen } = await ask(`GET ${V2}/a`);
    assert.is(seen.apiVersion, 'example.com/v2');
    assert.is((await ask(`PUT ${V2}/a`, { body: seen })).status, 200);
    assert.is(storedAs('a'), 'example.com/v2');
    moved.spec.versions.shift();
    const refused = await ask(`PUT ${CRDS}/tabs.example.com`, { body: moved });
    assert.equal([refused.status, refused.body.details.causes[0].field], [422, 'status.storedVersions[0]']);
    const status = {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { status: { storedVersions: ['v2'] } },
    };
    assert.is((await ask(`PATCH ${CRDS}/tabs.example.com/status`, status)).status, 200);
    const { body: clean } = await ask(`GET ${CRDS}/tabs.example.com`);
    clean.spec.versions.shift();
    assert.is((await ask(`PUT ${CRDS}/tabs.example.com`, { body: clean })).status, 200);
    assert.is((await ask(`GET ${V1}/a`)).status, 404);
  }));

/** What is wrong with how a definition wants its objects converted. */
const REFUSED: [conversion: object, field: string, message: string][] = [
  [{ strategy: 'Odd' }, 'spec.conversion.strategy', 'Unsupported value: "Odd": supported values: "None", "Webhook"'],
  [
    { strategy: 'None', webhook: WEBHOOK.webhook },
    'spec.conversion.webhook',
    'Forbidden: should not be set when strategy is not set to Webhook',
  ],
  [
    { strategy: 'Webhook' },
    'spec.conversion.webhook.clientConfig',
    'Required value: required when strategy is set to Webhook',
  ],
];

test('a conversion that cannot work is refused', () =>
  withServer(async ({ ask }) => {
    for (const [conversion, field, message] of REFUSED) {
      const { status, body } = await ask(`POST ${CRDS}`, { body: definition(conversion) });
      assert.is(status, 422);
      assert.equal(body.details.causes[0], { reason: body.details.causes[0].reason, message, field });
    }
  }));

test.run();
