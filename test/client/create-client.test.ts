import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ApiRequest, ApiResponse, ResponseBody } from '../../src/api/http.ts';
import { StatusError } from '../../src/api/status.ts';
import { createClient } from '../../src/client/create-client.ts';
import { DEPLOYMENTS, NODES, PODS } from '../../src/client/resources.ts';
import type { Client } from '../../src/client/types.ts';

const answer = (object: unknown, status = 200): ApiResponse => ({
  status,
  headers: {},
  body: { type: 'object', object },
});
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop' }, spec: {} };

const requests: [title: string, call: (client: Client) => Promise<unknown>, expected: string, contentType?: string][] =
  [
    ['get', (c) => c.get(PODS, 'web', 'shop'), 'GET /api/v1/namespaces/shop/pods/web'],
    ['get of a cluster object', (c) => c.get(NODES, 'n1'), 'GET /api/v1/nodes/n1'],
    [
      'list',
      (c) => c.list(DEPLOYMENTS, { labelSelector: 'a=b', limit: 5 }),
      'GET /apis/apps/v1/deployments?labelSelector=a%3Db&limit=5',
    ],
    ['create', (c) => c.create(PODS, pod), 'POST /api/v1/namespaces/shop/pods?fieldManager=tests', 'application/json'],
    [
      'create below an object',
      (c) => c.create(PODS, pod, { subresource: 'binding', fieldManager: 'other' }),
      'POST /api/v1/namespaces/shop/pods/web/binding?fieldManager=other',
      'application/json',
    ],
    [
      'update of a status',
      (c) => c.update(PODS, pod, { subresource: 'status', dryRun: true }),
      'PUT /api/v1/namespaces/shop/pods/web/status?fieldManager=tests&dryRun=All',
      'application/json',
    ],
    [
      'apply',
      (c) => c.patch(PODS, 'web', 'shop', pod, { type: 'apply', force: true }),
      'PATCH /api/v1/namespaces/shop/pods/web?fieldManager=tests&force=true',
      'application/apply-patch+yaml',
    ],
    [
      'merge patch',
      (c) => c.patch(PODS, 'web', 'shop', {}, { type: 'merge', fieldValidation: 'Strict' }),
      'PATCH /api/v1/namespaces/shop/pods/web?fieldManager=tests&fieldValidation=Strict',
      'application/merge-patch+json',
    ],
    ['delete', (c) => c.delete(PODS, 'web', 'shop'), 'DELETE /api/v1/namespaces/shop/pods/web', 'application/json'],
    [
      'delete of many',
      (c) => c.deleteCollection(PODS, { namespace: 'shop', labelSelector: 'a' }),
      'DELETE /api/v1/namespaces/shop/pods?labelSelector=a',
      'application/json',
    ],
    ['a name with odd characters', (c) => c.get(PODS, 'a/b?', 'shop'), 'GET /api/v1/namespaces/shop/pods/a%2Fb%3F'],
  ];

for (const [title, call, expected, contentType] of requests)
  test(`request: ${title}`, async () => {
    let seen: ApiRequest | undefined;
    const client = createClient(
      async (request) => {
        seen = request;
        return answer({ kind: 'Status' });
      },
      { fieldManager: 'tests', userAgent: 'agent', user: { name: 'me', groups: [] } },
    );
    await call(client);
    const query = seen!.query.toString();
    assert.is(`${seen!.method} ${seen!.path}${query ? `?${query}` : ''}`, expected);
    assert.is(seen!.headers['content-type'], contentType);
    assert.is(seen!.headers['user-agent'], 'agent');
    assert.is(seen!.user?.name, 'me');
  });

test('an object goes to the handler as it is', async () => {
  let seen: unknown;
  const client = createClient(async (request) => {
    seen = request.object;
    return answer(pod);
  });
  await client.create(PODS, pod);
  assert.ok(seen === pod);
});

test('a delete carries its options', async () => {
  let seen: unknown;
  const client = createClient(async (request) => {
    seen = request.object;
    return answer({});
  });
  await client.delete(PODS, 'web', 'shop', {
    propagationPolicy: 'Foreground',
    gracePeriodSeconds: 0,
    preconditions: { uid: 'u' },
  });
  assert.equal(seen, {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: 'Foreground',
    gracePeriodSeconds: 0,
    preconditions: { uid: 'u' },
  });
});

const status = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'no',
  reason: 'Forbidden',
  code: 403,
};
const refusals: [title: string, code: number, body: ResponseBody, reason: string, message: string][] = [
  ['a Status', 403, { type: 'object', object: status }, 'Forbidden', 'no'],
  ['a Status in bytes', 403, { type: 'bytes', bytes: Buffer.from(JSON.stringify(status)) }, 'Forbidden', 'no'],
  [
    'no Status',
    404,
    { type: 'bytes', bytes: Buffer.from('404 page not found\n') },
    'NotFound',
    'the server could not find the requested resource (get /api/v1/namespaces/shop/pods/web)',
  ],
  [
    'an unknown code',
    418,
    { type: 'none' },
    'Unknown',
    'the server responded with the status code 418 but did not return more information (get /api/v1/namespaces/shop/pods/web)',
  ],
];

for (const [title, code, body, reason, message] of refusals)
  test(`refusal: ${title}`, async () => {
    const client = createClient(async () => ({ status: code, headers: {}, body }));
    try {
      await client.get(PODS, 'web', 'shop');
      assert.unreachable();
    } catch (error) {
      assert.instance(error, StatusError);
      assert.is((error as StatusError).reason, reason);
      assert.is((error as StatusError).message, message);
    }
  });

test('who is not let in at the version is told so in the words of client-go', async () => {
  for (const [code, body, message] of [
    [
      401,
      { ...status, code: 401, reason: 'Unauthorized' },
      'the server has asked for the client to provide credentials',
    ],
    [404, { not: 'a Status' }, 'the server could not find the requested resource'],
  ] as const) {
    const client = createClient(async () => answer(body, code));
    const error = await client.serverVersion().catch((cause: Error) => cause);
    assert.is((error as Error).message, message);
  }
});

test('an ERROR event ends a watch with its Status', async () => {
  const expired = { ...status, reason: 'Expired', code: 410, message: 'too old' };
  async function* events() {
    yield { type: 'ADDED' as const, object: pod };
    yield { type: 'ERROR' as const, object: expired };
  }
  const client = createClient(async () => ({ status: 200, headers: {}, body: { type: 'watch', events: events() } }));
  const seen: string[] = [];
  try {
    for await (const { type } of client.watch(PODS)) seen.push(type);
    assert.unreachable();
  } catch (error) {
    assert.is((error as StatusError).reason, 'Expired');
  }
  assert.equal(seen, ['ADDED']);
});

const AGGREGATED = {
  '/api': {
    kind: 'APIGroupDiscoveryList',
    items: [
      {
        metadata: {},
        versions: [
          {
            version: 'v1',
            resources: [
              { resource: 'pods', responseKind: { kind: 'Pod' }, scope: 'Namespaced', verbs: ['get', 'list'] },
            ],
          },
        ],
      },
    ],
  },
  '/apis': {
    kind: 'APIGroupDiscoveryList',
    items: [
      {
        metadata: { name: 'apps' },
        versions: [
          {
            version: 'v1',
            resources: [
              {
                resource: 'deployments',
                responseKind: { kind: 'Deployment' },
                scope: 'Namespaced',
                verbs: ['get'],
                subresources: [{ subresource: 'scale', responseKind: { kind: 'Scale' } }],
              },
            ],
          },
        ],
      },
    ],
  },
};
const OLDER = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/api/v1': { resources: [{ name: 'pods', kind: 'Pod', namespaced: true, verbs: ['get', 'list'] }] },
  '/apis': { kind: 'APIGroupList', groups: [{ versions: [{ groupVersion: 'apps/v1' }, { groupVersion: 'down/v1' }] }] },
  '/apis/apps/v1': {
    resources: [
      { name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get'] },
      { name: 'deployments/scale', kind: 'Scale', namespaced: true, verbs: ['get'] },
    ],
  },
};

for (const [title, served, versions] of [
  ['aggregated', AGGREGATED, ['apps/v1', 'apps/v1/Deployment', 'apps/v1/Scale', 'v1', 'v1/Pod']],
  ['older lists', OLDER, ['apps/v1', 'apps/v1/Deployment', 'apps/v1/Scale', 'down/v1', 'v1', 'v1/Pod']],
] as const)
  test(`discovery: ${title}`, async () => {
    const paths: string[] = [];
    const client = createClient(async ({ path }) => {
      paths.push(path);
      const object = (served as Record<string, unknown>)[path];
      return object ? answer(object) : answer({}, 503);
    });
    assert.equal(await client.apiVersions(), [...versions]);
    const asked = paths.length;
    assert.equal(await client.resourceFor({ group: 'apps', version: 'v1', kind: 'Deployment' }), {
      ...DEPLOYMENTS,
      kind: 'Deployment',
      namespaced: true,
      verbs: ['get'],
    });
    assert.is(paths.length, asked, 'what is known is not asked for again');
    assert.is(await client.resourceFor({ group: 'apps', version: 'v1', kind: 'Nope' }), undefined);
    assert.is(paths.length, 2 * asked, 'an unknown kind is asked for once more');
    assert.equal(
      (await client.resources()).map(({ resource }) => resource),
      ['pods', 'deployments'],
    );
  });

test.run();
