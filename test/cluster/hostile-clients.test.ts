/** What clients of bad will or bad manners do to the server on its socket; afterwards it serves as before. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Served, serveCluster } from '../../src/cluster/serve.ts';

async function onServer(work: (served: Served) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'portolan-hostile-'));
  const served = await serveCluster({ dataDir, port: 0 });
  try {
    await work(served);
    assert.is((await ask(served, { path: '/api/v1/namespaces/default' })).status, 200, 'it serves as before');
  } finally {
    await served.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

interface Asked {
  method?: string;
  path: string;
  type?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
  token?: string;
  agent?: Agent;
}

interface Answer {
  status: number;
  text: string;
}

function ask({ state, credentials }: Served, asked: Asked): Promise<Answer> {
  const { method = 'GET', path, type = 'application/json', body, headers, token = credentials.token, agent } = asked;
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: state.port,
        path,
        method,
        ca: credentials.ca.cert,
        agent: agent ?? false,
        headers: {
          ...(token !== '' && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': type }),
          ...headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode!, text }));
        response.on('error', reject);
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

/** Bytes as they are, on a connection of their own; what comes back until it is closed or `until` is seen. */
function raw({ state, credentials }: Served, bytes: string, until = '\r\n\r\n'): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: '127.0.0.1', port: state.port, ca: credentials.ca.cert });
    let text = '';
    const end = () => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes(until)) end();
    });
    socket.on('close', end);
    socket.on('error', end);
    socket.write(bytes);
  });
}

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const deep = (open: string, close: string, depth = 50_000) => open.repeat(depth) + close.repeat(depth);

test('bodies that are not objects get a Status of 4xx', () =>
  onServer(async (served) => {
    const cases: [what: string, type: string, body: string | Buffer][] = [
      ['cut JSON', 'application/json', '{"kind":"ConfigMap",'],
      ['a number', 'application/json', '5'],
      ['null', 'application/json', 'null'],
      ['a list', 'application/json', '[]'],
      ['nothing', 'application/json', ''],
      ['deep JSON', 'application/json', `{"apiVersion":"v1","kind":"ConfigMap","metadata":${deep('{"a":', '}')}}`],
      ['deep lists', 'application/json', deep('[', ']')],
      ['bytes', 'application/json', Buffer.from([0xff, 0xfe, 0x00])],
      ['bad YAML', 'application/yaml', 'a: [1\nb: }'],
      ['deep YAML', 'application/yaml', `a: ${deep('[', ']')}`],
      [
        'aliases',
        'application/yaml',
        `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'.replace(/./g, (c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`)}]\n`)}`,
      ],
      ['protobuf cut', 'application/vnd.kubernetes.protobuf', Buffer.from('k8s\0\x0a\xff\xff\xff\xff\x7f', 'latin1')],
      ['protobuf not', 'application/vnd.kubernetes.protobuf', 'hello'],
      ['unknown type', 'text/plain', 'hello'],
    ];
    for (const [what, type, body] of cases) {
      const { status, text } = await ask(served, { method: 'POST', path: CONFIGMAPS, type, body });
      assert.ok(status >= 400 && status < 500, `${what}: ${status} ${text.slice(0, 200)}`);
      const told = JSON.parse(text) as { kind: string; code: number; message: string };
      assert.is(told.kind, 'Status', what);
      assert.is(told.code, status, what);
      assert.not.match(told.message, /undefined|\[object|Maximum call stack|Cannot read/, what);
    }
  }));

test('patches that are not patches get a Status of 4xx', () =>
  onServer(async (served) => {
    const name = `${CONFIGMAPS}/kube-root-ca.crt`;
    await ask(served, { method: 'POST', path: CONFIGMAPS, body: '{"metadata":{"name":"kube-root-ca.crt"}}' });
    const cases: [type: string, body: string][] = [
      ['application/json-patch+json', '{}'],
      ['application/json-patch+json', '[{"op":"nope","path":"/a"}]'],
      ['application/json-patch+json', '[{"op":"remove","path":"/a/b/c"}]'],
      ['application/json-patch+json', '[{"op":"test","path":"/kind","value":"Pod"}]'],
      ['application/merge-patch+json', '[]'],
      ['application/merge-patch+json', deep('{"a":', '}')],
      ['application/strategic-merge-patch+json', '"text"'],
      ['application/strategic-merge-patch+json', deep('{"a":', '}')],
      ['application/apply-patch+yaml', 'a: ['],
      ['application/apply-patch+yaml', deep('[', ']')],
    ];
    for (const [type, body] of cases) {
      const answer = await ask(served, { method: 'PATCH', path: `${name}?fieldManager=me`, type, body });
      const what = `${type} ${body.slice(0, 40)}: ${answer.status} ${answer.text.slice(0, 200)}`;
      assert.ok(answer.status >= 400 && answer.status < 500, what);
      assert.is((JSON.parse(answer.text) as { kind: string }).kind, 'Status', what);
    }
  }));

test('odd paths, queries and headers get an answer', () =>
  onServer(async (served) => {
    const paths = [
      '/api/v1/namespaces/%',
      '/api/v1/namespaces/%zz/pods',
      '/api/v1/namespaces/%ff%fe/pods',
      '/api/v1/namespaces/default/pods/..%2f..%2fsecrets',
      '/api/v1/../../etc/passwd',
      '//api//v1',
      '/api/v1/namespaces/__proto__/pods/constructor',
      '/apis/__proto__/v1/toString',
      '/api/v1/pods?limit=-1',
      '/api/v1/pods?limit=1e99&continue=%00%01',
      '/api/v1/pods?labelSelector=((((',
      '/api/v1/pods?fieldSelector=a%3D%3D%3Db',
      '/api/v1/pods?resourceVersion=abc',
      `/api/v1/namespaces/${'a'.repeat(9000)}`,
    ];
    for (const path of paths) {
      const { status, text } = await ask(served, { path });
      assert.ok(
        (status >= 400 && status < 500) || status === 200,
        `${path.slice(0, 80)}: ${status} ${text.slice(0, 200)}`,
      );
      assert.not.match(text, /undefined|\[object|Cannot read/, path.slice(0, 80));
    }
    const long = await ask(served, { path: '/version', headers: { 'x-long': 'a'.repeat(70_000) } }).catch(
      () => undefined,
    );
    assert.ok(long === undefined || long.status === 431);
  }));

test('two lengths, a length beside chunks and words that are no HTTP are refused', () =>
  onServer(async (served) => {
    const head = `POST ${CONFIGMAPS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${served.credentials.token}\r\n`;
    const cases = [
      `${head}Content-Length: 4\r\nContent-Length: 40\r\n\r\n{}{}`,
      `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${head}Content-Length: -1\r\n\r\n`,
      `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      'hello\r\n\r\n',
      `GET /version HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n`,
    ];
    for (const bytes of cases) assert.match(await raw(served, bytes), /^(HTTP\/1\.1 4\d\d|$)/, bytes.slice(-60));
    await raw(
      served,
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot a frame at all, but long enough to be read as one',
      '\0never',
    );
  }));

test('hundreds who show nothing, or a wrong token, are refused; connections dropped in the middle disturb nobody', () =>
  onServer(async (served) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    try {
      const asked = Array.from({ length: 300 }, (_, i) =>
        ask(served, { path: '/api/v1/secrets', token: i % 2 ? 'wrong' : '', agent }),
      );
      for (const { status } of await Promise.all(asked)) assert.ok(status === 401 || status === 403, String(status));
      for (let i = 0; i < 50; i++) {
        const socket = connectTls({ host: '127.0.0.1', port: served.state.port, ca: served.credentials.ca.cert });
        socket.on('error', () => {});
        await new Promise((resolve) => socket.once('secureConnect', resolve));
        if (i % 2) socket.write(`POST ${CONFIGMAPS} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{`);
        socket.destroy();
      }
    } finally {
      agent.destroy();
    }
  }));

test('a client that sends its body a byte at a time holds up nobody', () =>
  onServer(async (served) => {
    const body = '{"metadata":{"name":"slow"}}';
    const { credentials, state } = served;
    const socket = connectTls({ host: '127.0.0.1', port: state.port, ca: credentials.ca.cert });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    const answer = new Promise<string>((resolve) => socket.once('data', (bytes) => resolve(bytes.toString())));
    socket.write(
      `POST ${CONFIGMAPS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${credentials.token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    for (const byte of body) {
      assert.is((await ask(served, { path: `${CONFIGMAPS}/slow` })).status, 404);
      socket.write(byte);
    }
    assert.match(await answer, /^HTTP\/1\.1 201/);
    socket.destroy();
  }));

test('a watcher that never reads disturbs neither those who write nor those who do', () =>
  onServer(async (served) => {
    const { credentials, state } = served;
    const options = { ca: credentials.ca.cert };
    const authorization = `Bearer ${credentials.token}`;
    const lazy = connectHttp2(state.url, options);
    const keen = connectHttp2(state.url, options);
    try {
      const watch = { ':path': `${CONFIGMAPS}?watch=1`, authorization };
      const unread = lazy.request(watch);
      unread.on('error', () => {});
      unread.on('response', () => unread.pause());
      const read = keen.request(watch);
      let seen = 0;
      let rest = '';
      const all = new Promise<void>((resolve) =>
        read.on('data', (chunk) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop()!;
          seen += lines.filter((line) => line.includes('"flood-')).length;
          if (seen === 400) resolve();
        }),
      );
      await new Promise((resolve) => read.once('response', resolve));
      const agent = new Agent({ keepAlive: true, maxSockets: 8 });
      const body = (i: number) => JSON.stringify({ metadata: { name: `flood-${i}` }, data: { a: 'x'.repeat(20_000) } });
      const made = await Promise.all(
        Array.from({ length: 400 }, (_, i) => ask(served, { method: 'POST', path: CONFIGMAPS, body: body(i), agent })),
      );
      agent.destroy();
      assert.ok(made.every(({ status }) => status === 201));
      await all;
      let names = 0;
      for (let token: string | undefined = ''; token !== undefined; ) {
        const { text } = await ask(served, { path: `${CONFIGMAPS}?limit=150&continue=${token}` });
        const page = JSON.parse(text) as { items: unknown[]; metadata: { continue?: string } };
        names += page.items.length;
        token = page.metadata.continue || undefined;
      }
      assert.ok(names >= 400);
    } finally {
      lazy.destroy();
      keen.destroy();
    }
  }));

test.run();
