import { createPublicKey, verify } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { jsonText } from '../../src/api/http.ts';
import { createApiServer } from '../../src/apiserver/server.ts';
import { ManualClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { openMemoryStore } from '../../src/store/store.ts';
import { ADMIN } from './listen.ts';
import { configMap, withServer } from './server.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';

test('a second start on the same store finds everything in place', async () => {
  const store = openMemoryStore();
  const start = () => createApiServer({ store, clock: new ManualClock(), log: silentLog });
  start().stop();
  const { revision } = store;
  start().stop();
  assert.is(store.revision, revision);
  await store.close();
});

test('definitions in the store are served from the start', async () => {
  const store = openMemoryStore();
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural: 'things', kind: 'Thing' },
      versions: ['v1beta1', 'v1'].map((name) => ({
        name,
        served: true,
        storage: name === 'v1',
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      })),
    },
  };
  const ask = async (method: 'POST' | 'GET', path: string, object?: object) => {
    const server = createApiServer({ store, clock: new ManualClock(), log: silentLog });
    const request = { method, path, query: new URLSearchParams(), headers: {}, user: ADMIN };
    const { status, body } = await server.handler({ ...request, ...(object && { object }) });
    server.stop();
    return { status, body: body.type === 'object' ? JSON.parse(jsonText(body.object)) : undefined };
  };
  assert.is((await ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition)).status, 201);
  const thing = { apiVersion: 'example.com/v1beta1', kind: 'Thing', metadata: { name: 't' }, spec: { a: 1 } };
  assert.is((await ask('POST', '/apis/example.com/v1beta1/things', thing)).status, 201);
  assert.equal((await ask('GET', '/apis/example.com/v1/things/t')).body.apiVersion, 'example.com/v1');
  const group = await ask('GET', '/apis/example.com');
  assert.is(group.body.preferredVersion.version, 'v1');
  await store.close();
});

test('a clock that steps backwards changes the order of nothing', () =>
  withServer(async ({ ask, watch, clock }) => {
    const events = await watch(`GET ${MAPS}?watch=1`);
    const first = events.next();
    await ask(`POST ${MAPS}`, { body: configMap('before') });
    await clock.advance(-3_600_000);
    await ask(`POST ${MAPS}`, { body: configMap('after') });
    const { body } = await ask(`PUT ${MAPS}/before`, { body: configMap('before', { changed: 'yes' }) });
    const seen = [await first, await events.next(), await events.next()].map(({ value }) => value.object.metadata);
    assert.equal(
      seen.map(({ name, creationTimestamp }) => `${name} ${creationTimestamp}`),
      ['before 2026-01-01T00:00:00Z', 'after 2025-12-31T23:00:00Z', 'before 2026-01-01T00:00:00Z'],
    );
    const versions = seen.map(({ resourceVersion }) => Number(resourceVersion));
    assert.equal(
      versions,
      versions.toSorted((a, b) => a - b),
    );
    assert.is(body.metadata.resourceVersion, seen[2]!.resourceVersion);
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const { body: table } = await ask(`GET ${MAPS}`, { headers: { accept } });
    assert.equal(
      table.rows.map(({ cells }: { cells: unknown[] }) => `${cells[0]} ${cells[2]}`),
      ['after 0s', 'before <invalid>'],
    );
    await events.return?.();
  }));

test('discovery is told whole, in both versions of its form', () =>
  withServer(async ({ ask }) => {
    for (const version of ['v2', 'v2beta1']) {
      const accept = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`;
      const legacy = await ask('GET /api', { headers: { accept } });
      const { body } = await ask('GET /apis', { headers: { accept } });
      assert.equal([body.kind, body.apiVersion], ['APIGroupDiscoveryList', `apidiscovery.k8s.io/${version}`]);
      assert.is(legacy.body.items[0].versions[0].resources.length, 17);
      const apps = body.items.find((item: { metadata: { name: string } }) => item.metadata.name === 'apps');
      const deployments = apps.versions[0].resources.find(
        (each: { resource: string }) => each.resource === 'deployments',
      );
      assert.equal(deployments, {
        resource: 'deployments',
        responseKind: { group: 'apps', version: 'v1', kind: 'Deployment' },
        scope: 'Namespaced',
        singularResource: 'deployment',
        verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
        shortNames: ['deploy'],
        categories: ['all'],
        subresources: [
          {
            subresource: 'scale',
            responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
            verbs: ['get', 'patch', 'update'],
          },
          {
            subresource: 'status',
            responseKind: { group: 'apps', version: 'v1', kind: 'Deployment' },
            verbs: ['get', 'patch', 'update'],
          },
        ],
      });
    }
  }));

test('paths are told, and how tokens are checked', () =>
  withServer(async ({ ask }) => {
    const { paths } = (await ask('GET /')).body;
    for (const path of ['/api/v1', '/apis/apps/v1', '/livez/ping', '/openapi/v3', '/version'])
      assert.ok(paths.includes(path), path);
    const { body: configuration } = await ask('GET /.well-known/openid-configuration');
    assert.is(configuration.jwks_uri, 'https://127.0.0.1:6443/openid/v1/jwks');
    const { headers, body } = await ask('GET /openid/v1/jwks');
    assert.is(headers['content-type'], 'application/jwk-set+json');
    const path = 'POST /api/v1/namespaces/default/serviceaccounts/default/token';
    await ask('POST /api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } });
    const { token } = (await ask(path, { body: { spec: {} } })).body.status;
    const [header, payload, signature] = token.split('.');
    assert.is(JSON.parse(Buffer.from(header, 'base64url').toString()).kid, body.keys[0].kid);
    const key = createPublicKey({ key: body.keys[0], format: 'jwk' });
    const bytes = Buffer.from(signature, 'base64url');
    assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`), { key, dsaEncoding: 'ieee-p1363' }, bytes));
  }));

test('watches are asked for by path as well', () =>
  withServer(async ({ ask, watch }) => {
    await ask(`POST ${MAPS}`, { body: configMap('a', {}) });
    await ask(`POST ${MAPS}`, { body: configMap('b', {}) });
    const events = await watch('GET /api/v1/watch/namespaces/default/configmaps/b');
    assert.is((await events.next()).value.object.metadata.name, 'b');
    await events.return?.();
  }));

test('what has no metadata is no table', () =>
  withServer(async ({ ask }) => {
    const review = { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } };
    const create = (accept: string) =>
      ask('POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { body: review, headers: { accept } });
    assert.is((await create('application/json;as=Table;g=meta.k8s.io;v=v1')).status, 406);
    assert.is((await create('application/json;as=Table;g=meta.k8s.io;v=v1,application/json')).status, 201);
  }));

test('objects are given as tables, as metadata alone and as themselves', () =>
  withServer(async ({ ask }) => {
    await ask(`POST ${MAPS}`, { body: configMap('a', { k: 'v' }) });
    const as = (kind: string) => ({ accept: `application/json;as=${kind};v=v1;g=meta.k8s.io,application/json` });
    const table = await ask(`GET ${MAPS}?includeObject=None`, { headers: as('Table') });
    assert.equal(table.body.rows, [{ cells: ['a', 1, '0s'], object: null }]);
    const whole = await ask(`GET ${MAPS}?includeObject=Object`, { headers: as('Table') });
    assert.equal(whole.body.rows[0].object.data, { k: 'v' });
    const { body } = await ask(`GET ${MAPS}`, { headers: as('PartialObjectMetadataList') });
    assert.equal(
      [body.kind, body.items[0].kind, body.items[0].data],
      ['PartialObjectMetadataList', 'PartialObjectMetadata', undefined],
    );
    const one = await ask(`GET ${MAPS}/a`, { headers: as('PartialObjectMetadata') });
    assert.equal([one.body.kind, one.body.metadata.name], ['PartialObjectMetadata', 'a']);
    const yaml = await ask(`GET ${MAPS}/a`, { headers: { accept: 'application/yaml' } });
    assert.match(yaml.body, /^apiVersion: v1\ndata:\n {2}k: v\nkind: ConfigMap\n/);
    const list = await ask(`GET ${MAPS}`);
    assert.equal([list.body.kind, list.body.items[0].data], ['ConfigMapList', { k: 'v' }]);
  }));

test('requests are counted', () =>
  withServer(async ({ ask }) => {
    await ask(`GET ${MAPS}`);
    await ask(`GET ${MAPS}/nosuch`);
    const { body } = await ask('GET /metrics');
    assert.match(
      body,
      /apiserver_request_total\{code="200",group="",resource="configmaps",verb="LIST",version="v1"\} 1/,
    );
    assert.match(
      body,
      /apiserver_request_duration_seconds_count\{group="",resource="configmaps",verb="LIST",version="v1"\} 1/,
    );
    assert.match(body, /apiserver_resource_objects\{group="",resource="namespaces"\} 4/);
  }));

test('an identity is taken on only by who may', () =>
  withServer(async ({ ask }) => {
    const bob = { name: 'bob', groups: ['system:authenticated'] };
    const refused = await ask(`GET ${MAPS}`, { user: bob, headers: { 'impersonate-user': 'kubernetes-admin' } });
    assert.match(
      refused.body.message,
      /users "kubernetes-admin" is forbidden: User "bob" cannot impersonate resource "users"/,
    );
    const headers = { 'impersonate-user': 'system:serviceaccount:default:x', 'impersonate-extra-scope': 'a' };
    const review = await ask('POST /apis/authentication.k8s.io/v1/selfsubjectreviews', { body: {}, headers });
    assert.equal(review.body.status.userInfo, {
      username: 'system:serviceaccount:default:x',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      extra: { scope: ['a'] },
    });
    assert.is((await ask(`GET ${MAPS}`, { headers: { 'impersonate-group': 'x' } })).status, 400);
  }));

test.run();
