import { connect } from 'node:http2';
import { request } from 'node:https';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ApiHandler, ApiRequest, ApiResponse } from '../../src/api/http.ts';
import { type Listener, listen } from '../../src/cluster/listen.ts';
import { silentLog } from '../../src/log.ts';
import { createCertificate } from '../../src/x509/certificate.ts';

const notBefore = Date.now() - 86_400_000;
const ca = createCertificate({ commonName: 'ca', notBefore, days: 9, isAuthority: true });
const signed = (commonName: string, organizations: string[] = []) =>
  createCertificate({ commonName, organizations, issuer: ca, notBefore, days: 9, ips: ['127.0.0.1'] });
const server = signed('server');
const admin = signed('me', ['group-a', 'group-b']);
const stranger = createCertificate({ commonName: 'stranger', notBefore, days: 9 });

const ok = (object: unknown): ApiResponse => ({ status: 200, headers: {}, body: { type: 'object', object } });
const echo: ApiHandler = async ({ method, path, query, user, body }) =>
  ok({ method, path, query: query.toString(), user: user?.name, groups: user?.groups, size: body?.length ?? 0 });

async function withListener(handler: ApiHandler, run: (listener: Listener) => Promise<void>, durable = async () => {}) {
  const listener = await listen({
    handler,
    host: '127.0.0.1',
    port: 0,
    tls: { ...server, ca: ca.cert },
    userOfToken: (token) => (token === 'good' ? { name: 'by-token', groups: [] } : undefined),
    durable,
    log: silentLog,
  });
  try {
    await run(listener);
  } finally {
    await listener.close();
  }
}

interface Asked {
  method?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
  pair?: { cert: string; key: string };
}

function ask({ port }: Listener, path: string, { method = 'GET', body, headers, pair }: Asked = {}) {
  return new Promise<{ status: number; json: Record<string, unknown> }>((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port, path, method, ca: ca.cert, headers, agent: false, ...pair },
      (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode!, json: JSON.parse(text) }));
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

test('a client certificate says who asks', async () => {
  await withListener(echo, async (listener) => {
    const { json } = await ask(listener, '/api/v1/pods?limit=3', { pair: admin });
    assert.equal(json, {
      method: 'GET',
      path: '/api/v1/pods',
      query: 'limit=3',
      user: 'me',
      groups: ['group-a', 'group-b', 'system:authenticated'],
      size: 0,
    });
  });
});

test('a bearer token says who asks, a wrong one and a strange certificate are nobody', async () => {
  await withListener(echo, async (listener) => {
    const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
    assert.is((await ask(listener, '/api', bearer('good'))).json.user, 'by-token');
    for (const asked of [bearer('bad'), {}, { pair: stranger }]) {
      const { status, json } = await ask(listener, '/api', asked);
      assert.equal([status, json.kind, json.reason], [401, 'Status', 'Unauthorized']);
    }
    assert.is((await ask(listener, '/healthz')).json.user, 'system:anonymous');
  });
});

test('a body over 3 MiB is refused and the next request is served', async () => {
  await withListener(echo, async (listener) => {
    const large = await ask(listener, '/api', { method: 'POST', pair: admin, body: Buffer.alloc(3 * 1024 * 1024 + 1) });
    assert.equal([large.status, large.json.message], [413, 'Request entity too large: limit is 3145728']);
    const whole = await ask(listener, '/api', { method: 'POST', pair: admin, body: Buffer.alloc(3 * 1024 * 1024) });
    assert.is(whole.json.size, 3 * 1024 * 1024);
  });
});

test('an answer waits until what it tells is on disk', async () => {
  const steps: string[] = [];
  const handler: ApiHandler = async () => {
    steps.push('handled');
    return ok({});
  };
  const durable = async () => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    steps.push('durable');
  };
  await withListener(
    handler,
    async (listener) => {
      await ask(listener, '/api', { pair: admin });
      steps.push('answered');
    },
    durable,
  );
  assert.equal(steps, ['handled', 'durable', 'answered']);
});

test('a store that cannot write is the right Status', async () => {
  const durable = async () => {
    throw new Error('write to the store: no space left on device');
  };
  await withListener(
    async () => ok({}),
    async (listener) => {
      const { status, json } = await ask(listener, '/api', { pair: admin });
      assert.equal([status, json.reason], [500, 'InternalError']);
      assert.match(String(json.message), 'no space left on device');
    },
    durable,
  );
});

test('a watch streams a line an event over HTTP/2 and ends when the client goes', async () => {
  let ended = false;
  const handler = async ({ signal }: ApiRequest): Promise<ApiResponse> => {
    async function* events() {
      try {
        for (let i = 0; !signal!.aborted; i++) {
          yield { type: 'ADDED' as const, object: { i } };
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      } finally {
        ended = true;
      }
    }
    return { status: 200, headers: {}, body: { type: 'watch', events: events() } };
  };
  await withListener(handler, async (listener) => {
    const session = connect(listener.url, { ca: ca.cert, ...admin });
    const stream = session.request({ ':path': '/api/v1/pods?watch=1' });
    let text = '';
    for await (const chunk of stream) {
      text += chunk;
      if (text.split('\n').length > 3) break;
    }
    session.destroy();
    assert.equal(text.split('\n')[0], '{"type":"ADDED","object":{"i":0}}');
    for (let i = 0; i < 100 && !ended; i++) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok(ended);
  });
});

test('a port in use is named', async () => {
  await withListener(echo, async ({ port }) => {
    const error = await listen({
      handler: echo,
      host: '127.0.0.1',
      port,
      tls: { ...server, ca: ca.cert },
      userOfToken: () => undefined,
      durable: async () => {},
      log: silentLog,
    }).catch((reason: Error) => reason);
    assert.match((error as Error).message, `listen on 127.0.0.1:${port}: the port is in use by another process`);
  });
});

test('a port that cannot be is named', async () => {
  const tls = { ...server, ca: ca.cert };
  const options = { handler: echo, host: '127.0.0.1', tls, userOfToken: () => undefined, durable: async () => {} };
  const refused = await listen({ ...options, port: 99_999, log: silentLog }).catch((error: Error) => error.message);
  assert.is(refused, 'listen on 127.0.0.1:99999: a port is 65535 at most');
});

test.run();
