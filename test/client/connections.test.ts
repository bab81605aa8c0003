import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Connect, connectionsOf } from '../../src/client/connections.ts';

/** An agent whose connections take a while, as those with a handshake do, and what tells how many were made. */
async function withAgent(run: (request: (isStream?: boolean) => Promise<void>, made: () => number) => Promise<void>) {
  const server = createServer((_, response) => void setTimeout(() => response.end('{}'), 2)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let count = 0;
  server.on('connection', () => count++);
  const createConnection: Connect = (_, done) => {
    sleep(10).then(() => done(null, connect(port, '127.0.0.1')));
    return undefined;
  };
  const agent = Object.assign(new Agent({ keepAlive: true }), { createConnection });
  const connections = connectionsOf(agent);
  const request = async (isStream = false) => {
    const end = connections.begin(isStream);
    const [message] = await once(get({ host: '127.0.0.1', port, agent }), 'response');
    message.resume();
    await once(message, 'end');
    end();
  };
  try {
    await run(request, () => count);
  } finally {
    agent.destroy();
    server.close();
  }
}

const many = (count: number, request: () => Promise<void>) => Promise.all(Array.from({ length: count }, request));

test('few requests share one connection, however long it takes to make', () =>
  withAgent(async (request, made) => {
    await many(4, () => request());
    await request();
    assert.is(made(), 1);
  }));

test('bursts open few connections, and the next burst has them', () =>
  withAgent(async (request, made) => {
    for (let burst = 0; burst < 3; burst++) {
      await many(64, () => request());
      await request();
    }
    assert.is(made(), 8);
  }));

test('a stream has a connection to itself', () =>
  withAgent(async (request, made) => {
    await Promise.all([request(true), request(true), request()]);
    assert.is(made(), 3);
  }));

test.run();
