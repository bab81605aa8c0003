/** An API that is slow or refuses, as clients see it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ApiRequest } from '../../src/api/http.ts';
import { ManualClock } from '../../src/clock.ts';
import { type RequestRule, withFaults } from '../../src/cluster/request-faults.ts';
import { parseScenario, startCluster } from '../../src/index.ts';
import { realTools } from '../support/real.ts';

const ask = (line: string, headers: Record<string, string> = {}): ApiRequest => {
  const [method, url] = line.split(' ') as [ApiRequest['method'], string];
  const { pathname, searchParams } = new URL(url, 'http://plane');
  return { method, path: pathname, query: searchParams, headers, user: { name: 'jo', groups: [] } };
};

const server = async () => ({ status: 200, headers: {}, body: { type: 'none' as const } });

const PODS = '/api/v1/namespaces/shop/pods';
const WEB = '/apis/apps/v1/namespaces/shop/deployments/web';

for (const [match, line, hit] of [
  [undefined, 'GET /version', true],
  [{}, `GET ${PODS}`, true],
  [{ verb: 'list' }, `GET ${PODS}`, true],
  [{ verb: 'list' }, `GET ${PODS}?watch=1`, false],
  [{ verb: 'get' }, 'GET /apis', true],
  [{ verb: 'delete*' }, `DELETE ${PODS}`, true],
  [{ resource: 'pods' }, `GET ${PODS}/a`, true],
  [{ resource: 'pods' }, `GET ${PODS}/a/log`, false],
  [{ resource: 'pods/log' }, `GET ${PODS}/a/log`, true],
  [{ resource: 'deployments' }, `PATCH ${WEB}`, true],
  [{ resource: 'deployments.apps' }, `PATCH ${WEB}`, true],
  [{ resource: 'deployments.extensions' }, `PATCH ${WEB}`, false],
  [{ resource: '*' }, 'GET /version', false],
  [{ resource: 'deployments', name: 'w*', namespace: 'shop' }, `PATCH ${WEB}`, true],
  [{ namespace: 'default' }, `PATCH ${WEB}`, false],
  [{ userAgent: 'helm*' }, `GET ${PODS}`, true],
  [{ userAgent: 'kubectl/*' }, `GET ${PODS}`, false],
  [{ user: 'jo' }, `GET ${PODS}`, true],
  [{ user: 'al' }, `GET ${PODS}`, false],
] as [RequestRule['match'], string, boolean][])
  test(`a rule for ${JSON.stringify(match)} and ${line}`, async () => {
    const handler = withFaults(server, [{ match, behave: { status: 503 } }], new ManualClock());
    const { status } = await handler(ask(line, { 'user-agent': 'helm/4.2.3' }));
    assert.is(status, hit ? 503 : 200);
  });

for (const [behave, codes] of [
  [{ status: 500 }, '500 500 500 500 500 500'],
  [{ status: '500', share: '50%' }, '200 500 200 500 200 500'],
  [{ status: 500, share: '34%' }, '200 200 500 200 200 500'],
  [{ status: 500, times: 2 }, '500 500 200 200 200 200'],
  [{ status: 500, share: '50%', times: '1' }, '200 500 200 200 200 200'],
] as [RequestRule['behave'], string][])
  test(`which requests are hit: ${JSON.stringify(behave)}`, async () => {
    const handler = withFaults(server, [{ behave }], new ManualClock());
    const answers: number[] = [];
    for (let i = 0; i < 6; i++) answers.push((await handler(ask(`GET ${PODS}`))).status);
    assert.is(answers.join(' '), codes);
  });

for (const [code, reason, message, retry] of [
  [
    409,
    'Conflict',
    'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again',
  ],
  [429, 'TooManyRequests', 'Too many requests, please try again later.', '1'],
  [500, 'InternalError', 'Internal error occurred: the scenario asks for it'],
  [503, 'ServiceUnavailable', 'the server is currently unable to handle the request'],
  [504, 'Timeout', 'Timeout: request did not complete within the allotted timeout'],
] as const)
  test(`refused with ${code}`, async () => {
    const handler = withFaults(server, [{ behave: { status: code } }], new ManualClock());
    const { status, headers, body } = await handler(ask(`PUT ${WEB}`));
    const object = (body as { object: Record<string, unknown> }).object;
    assert.equal(
      [status, object.kind, object.code, object.reason, object.message],
      [code, 'Status', code, reason, message],
    );
    assert.is(headers['retry-after'], retry);
  });

test('a delay passes on the clock of the cluster, for clients alone; the first rule that tells one counts', async () => {
  const clock = new ManualClock(0);
  const scenario = parseScenario('requests: [{match: {resource: pods}, behave: {delay: 3s}}, {behave: {delay: 1m}}]');
  const cluster = await startCluster({ clock, nodes: 1, scenario });
  try {
    assert.equal((await cluster.client.list({ group: '', version: 'v1', resource: 'pods' })).items, []);
    const answered: [string, number][] = [];
    const send = (line: string) => cluster.handler(ask(line)).then(() => answered.push([line, clock.now()]));
    void send('GET /version');
    void send(`GET ${PODS}`);
    await cluster.advance('2m');
    assert.equal(answered, [
      [`GET ${PODS}`, 3000],
      ['GET /version', 60_000],
    ]);
  } finally {
    await cluster.stop();
  }
});

test('a client that goes does not wait, and a cluster that stops does not either', async () => {
  const cluster = await startCluster({ nodes: 1, scenario: { requests: [{ behave: { delay: '1h' } }] } });
  const gone = new AbortController();
  const waiting = cluster.handler({ ...ask('GET /version'), signal: gone.signal });
  gone.abort(new Error('the client went away'));
  await waiting.then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, 'the client went away'),
  );
  void cluster.handler(ask('GET /version')); // its timer would hold up the end of this test
  await cluster.stop();
});

test('rules that are wrong do not start a cluster', async () => {
  await startCluster({ scenario: { requests: [{ behave: { status: '200' } }] } }).then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, 'scenario: requests[0]: status must be 409, 429, 500, 503 or 504, not "200"'),
  );
});

const tools = realTools();
if (!tools) console.log('skipped: the real kubectl is not to be had here');

(tools ? test : test.skip)('real kubectl tries again when told to, and tells what it is refused with', async () => {
  const match = { userAgent: 'kubectl/*' };
  const requests: RequestRule[] = [
    { match: { ...match, resource: 'nodes' }, behave: { status: 429, times: 1 } },
    { match: { ...match, resource: 'pods' }, behave: { status: 503 } },
    { match: { ...match, resource: 'secrets' }, behave: { delay: '5s' } },
  ];
  const folder = mkdtempSync(join(tmpdir(), 'portolan-faults-'));
  const cluster = await startCluster({ nodes: 1, scenario: { requests } });
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, await cluster.kubeconfig());
    const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: kubeconfig };
    const kubectl = (...args: string[]) =>
      new Promise<{ code: number; out: string; err: string }>((resolve) => {
        execFile(tools!.kubectl, args, { env, timeout: 60_000 }, (error, out, err) =>
          resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
        );
      });
    const nodes = await kubectl('get', 'nodes', '-o', 'name');
    assert.equal([nodes.code, nodes.out], [0, 'node/portolan-1\n']);
    const pods = await kubectl('get', 'pods');
    assert.equal(
      [pods.code, pods.err],
      [1, 'Error from server (ServiceUnavailable): the server is currently unable to handle the request\n'],
    );
    const secrets = await kubectl('get', 'secrets', '--request-timeout=500ms');
    assert.is(secrets.code, 1);
    assert.match(secrets.err, /Client\.Timeout exceeded while awaiting headers|context deadline exceeded/);
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
