import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Connection } from '../../src/client/connection.ts';
import { createClient } from '../../src/client/create-client.ts';
import { httpTransport, type TransportOptions } from '../../src/client/http-transport.ts';
import { PODS } from '../../src/client/resources.ts';
import { type Clock, realClock } from '../../src/clock.ts';
import { createCredentials } from '../../src/cluster/credentials.ts';

type Serve = (request: IncomingMessage, response: ServerResponse, count: number, body: string) => void;

/** Runs `use` with a client of a server that answers by `serve`. */
async function withServer(
  serve: Serve,
  use: (client: ReturnType<typeof createClient>) => Promise<void>,
  more: Partial<Connection> = {},
  options: TransportOptions = {},
): Promise<void> {
  let count = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    serve(request, response, ++count, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const transport = httpTransport(
    { server: `http://127.0.0.1:${port}/base`, insecure: false, context: '', namespace: 'default', ...more },
    options,
  );
  try {
    await use(createClient(transport.handler, { userAgent: 'agent' }));
  } finally {
    transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const json = (response: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
};
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'ns' } };

test('a request with its path, body and credentials', async () => {
  const seen: string[] = [];
  await withServer(
    (request, response, _, body) => {
      seen.push(
        `${request.method} ${request.url}`,
        body,
        String(request.headers.authorization),
        String(request.headers['impersonate-user']),
        String(request.headers['user-agent']),
      );
      json(response, pod, 201);
    },
    async (client) => {
      assert.is((await client.create(PODS, pod)).metadata.name, 'a');
    },
    { token: 't', as: { user: 'jane', groups: [], extra: {} } },
  );
  assert.equal(seen, ['POST /base/api/v1/namespaces/ns/pods', JSON.stringify(pod), 'Bearer t', 'jane', 'agent']);
});

test('a token file is read for each request', async () => {
  const seen: unknown[] = [];
  let token = 'one';
  await withServer(
    (request, response) => {
      seen.push(request.headers.authorization);
      json(response, pod);
    },
    async (client) => {
      await client.get(PODS, 'a', 'ns');
      token = 'two';
      await client.get(PODS, 'a', 'ns');
    },
    { tokenFile: '/token' },
    { readFile: () => `${token}\n` },
  );
  assert.equal(seen, ['Bearer one', 'Bearer two']);
});

test('a plugin is asked once until its token is refused or expires', async () => {
  let asked = 0;
  const answer = (token: string) =>
    JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } });
  await withServer(
    (request, response) => json(response, pod, request.headers.authorization === 'Bearer t2' ? 200 : 401),
    async (client) => {
      await client.get(PODS, 'a', 'ns').catch(() => {});
      await client.get(PODS, 'a', 'ns');
      await client.get(PODS, 'a', 'ns');
    },
    { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'login' } },
    { runCommand: async () => answer(`t${++asked}`) },
  );
  assert.is(asked, 2);
});

test('a watch is read line by line, however it is cut', async () => {
  const events = [1, 2, 3].map((n) => ({ type: 'ADDED', object: { ...pod, metadata: { name: `ü${n}` } } }));
  await withServer(
    (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const bytes = Buffer.from(`${events.map((event) => JSON.stringify(event)).join('\n')}\n`);
      for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7));
      response.end();
    },
    async (client) => {
      const names: string[] = [];
      for await (const { object } of client.watch(PODS)) names.push(object.metadata.name);
      assert.equal(names, ['ü1', 'ü2', 'ü3']);
    },
  );
});

test('a watch ends with its signal', async () => {
  await withServer(
    (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`${JSON.stringify({ type: 'ADDED', object: pod })}\n`);
    },
    async (client) => {
      const stop = new AbortController();
      let failed = false;
      try {
        for await (const _ of client.watch(PODS, { signal: stop.signal })) stop.abort(new Error('enough'));
      } catch {
        failed = true;
      }
      assert.ok(failed);
    },
  );
});

test('a GET whose connection is lost is tried again, a POST is not', async () => {
  let posts = 0;
  await withServer(
    (request, response, count) => {
      if (request.method === 'POST') {
        posts++;
        request.socket.destroy();
      } else if (count < 3) request.socket.destroy();
      else json(response, pod);
    },
    async (client) => {
      assert.is((await client.get(PODS, 'a', 'ns')).metadata.name, 'a');
      await client.create(PODS, pod).then(
        () => assert.unreachable(),
        (error: Error) => assert.match(error.message, /^Post "http:.*": EOF$/),
      );
    },
  );
  assert.is(posts, 1);
});

test('what changes nothing more when it is repeated is repeated when its connection is lost', async () => {
  const seen: string[] = [];
  await withServer(
    (request, response) => {
      seen.push(request.method!);
      if (seen.length % 2 === 1) request.socket.destroy();
      else json(response, pod);
    },
    async (client) => {
      await client.update(PODS, pod);
      await client.patch(PODS, 'a', 'ns', pod, { type: 'apply' });
      await client.patch(PODS, 'a', 'ns', {}, { type: 'json' }).catch(() => seen.push('lost'));
    },
  );
  assert.equal(seen, ['PUT', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'lost']);
});

test('a server that has answered and is gone is waited for, some seconds', async () => {
  const answering = (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    json(response, pod);
  };
  const listen = async (port: number) => {
    const server = createServer(answering);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return server;
  };
  const end = async (server: Server) => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    // The other side learns of it.
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const waits: number[] = [];
  let onWait = async (_waited: number) => {};
  const clock: Clock = {
    ...realClock,
    setTimeout(callback, ms) {
      waits.push(ms);
      onWait(waits.reduce((sum, each) => sum + each, 0)).then(callback);
      return { cancel() {} };
    },
  };
  const address = { server: `http://127.0.0.1:${port}`, insecure: false, context: '', namespace: '' };
  const { handler, close } = httpTransport(address, { clock });
  try {
    const client = createClient(handler);
    await client.get(PODS, 'a', 'ns');
    await end(server);
    onWait = async (waited) => {
      if (waited > 5000 && !server.listening) server = await listen(port);
    };
    assert.is((await client.create(PODS, pod)).metadata.name, 'a');
    assert.equal(waits, [100, 200, 400, 800, 1600, 1600, 1600]);

    await end(server);
    waits.length = 0;
    onWait = async () => {};
    const error = await client.create(PODS, pod).catch((cause: Error) => cause);
    assert.match((error as Error).message, /connect: connection refused$/);
    assert.ok(waits.reduce((sum, each) => sum + each, 0) >= 10_000);
  } finally {
    close();
    server.closeAllConnections();
    server.close();
  }
});

test('"later" is obeyed', async () => {
  let requests = 0;
  await withServer(
    (_, response, count) => {
      requests = count;
      if (count < 3) json(response, {}, 429, { 'retry-after': '0' });
      else json(response, pod);
    },
    async (client) => void (await client.get(PODS, 'a', 'ns')),
  );
  assert.is(requests, 3);
});

test('a server that is not there, in the words of Go', async () => {
  const { handler, close } = httpTransport({
    server: 'http://127.0.0.1:1',
    insecure: false,
    context: '',
    namespace: '',
  });
  try {
    await createClient(handler).serverVersion();
    assert.unreachable();
  } catch (error) {
    assert.is(
      (error as Error).message,
      'Get "http://127.0.0.1:1/version": dial tcp 127.0.0.1:1: connect: connection refused',
    );
  } finally {
    close();
  }
});

test('a server that takes its time is asked whether it lives; one that is dead is given up', async () => {
  const limits = { silence: 20, answer: 200 };
  const asked: string[] = [];
  await withServer(
    (request, response) => {
      asked.push(request.url!);
      if (request.url === '/base/version') json(response, {});
      else setTimeout(() => json(response, pod), 100);
    },
    async (client) => assert.is((await client.get(PODS, 'a', 'ns')).metadata.name, 'a'),
    {},
    { limits },
  );
  assert.ok(asked.includes('/base/version'));

  const dead = createServer(() => {});
  await new Promise<void>((resolve) => dead.listen(0, '127.0.0.1', resolve));
  const { port } = dead.address() as AddressInfo;
  const address = { server: `http://127.0.0.1:${port}`, insecure: false, context: '', namespace: '' };
  const { handler, close } = httpTransport(address, { limits });
  try {
    const client = createClient(handler);
    const abort = new AbortController();
    const error = (request: Promise<unknown>) =>
      request.then(
        () => 'none',
        (cause: Error) => cause.message,
      );
    const all = [error(client.get(PODS, 'a', 'ns')), error(client.list(PODS, { signal: abort.signal }))];
    abort.abort(new Error('no more'));
    assert.equal(await Promise.all(all), [
      `Get "http://127.0.0.1:${port}/api/v1/namespaces/ns/pods/a": client connection lost`,
      'no more',
    ]);
  } finally {
    close();
    dead.closeAllConnections();
    dead.close();
  }
});

test('requests that wait for a connection fail with the one that could not be made', async () => {
  const { ca, server: own } = createCredentials(['127.0.0.1'], Date.now());
  let held = 0;
  const server = createSecureServer({ cert: own.cert, key: own.key }, (request, response) => {
    if (!request.url!.endsWith('/held')) return json(response, pod);
    held++;
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const address = {
    server: `https://127.0.0.1:${port}`,
    ca: ca.cert,
    insecure: false,
    context: '',
    namespace: '',
  };
  const { handler, close } = httpTransport(address, { limits: { absence: 0 } });
  try {
    const client = createClient(handler);
    await client.get(PODS, 'a', 'ns');
    // The first has the only connection, for which the others wait.
    const names = ['held', 'b', 'c', 'd'];
    const ended = await Promise.allSettled(names.map((name) => client.get(PODS, name, 'ns')));
    assert.equal(
      ended.map(({ status }) => status),
      names.map(() => 'rejected'),
    );
    assert.is(held, 1);
  } finally {
    close();
    server.closeAllConnections();
    server.close();
  }
});

test('an answer beyond the limit is refused', async () => {
  await withServer(
    (_, response) => json(response, { text: 'x'.repeat(5000) }),
    async (client) => {
      await client.get(PODS, 'a', 'ns').then(
        () => assert.unreachable(),
        (error: Error) => assert.is(error.message, "the server's answer is larger than 1000 bytes"),
      );
    },
    {},
    { maxBytes: 1000 },
  );
});

test.run();
