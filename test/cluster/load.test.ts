/** Much at once: writers until the server is killed, many watches, a long list that nobody reads. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../src/clock.ts';
import { pathsIn } from '../../src/cluster/folders.ts';
import { type Served, serveCluster } from '../../src/cluster/serve.ts';
import { silentLog } from '../../src/log.ts';
import { openStore } from '../../src/store/store.ts';
import { Connection } from '../support/connection.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, text: string) => JSON.stringify({ metadata: { name }, data: { text } });

const open = ({ state, credentials }: Pick<Served, 'state' | 'credentials'>) =>
  Connection.open({ host: '127.0.0.1', port: state.port, ca: credentials.ca.cert, ...credentials.admin });

async function inFolder(work: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'portolan-load-'));
  try {
    await work(dataDir);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const onServer = (work: (served: Served) => Promise<void>): Promise<void> =>
  inFolder(async (dataDir) => {
    const served = await serveCluster({ dataDir, port: 0 });
    try {
      await work(served);
    } finally {
      await served.stop();
    }
  });

test('a server killed among sixteen writers has kept all that it acknowledged', () =>
  inFolder(async (dataDir) => {
    const program = new URL('./server.ts', import.meta.url).pathname;
    const server = spawn(process.execPath, ['--import', 'tsx', program, dataDir]);
    try {
      const [line] = (await once(server.stdout, 'data')) as [Buffer];
      const served = JSON.parse(line.toString()) as Served;
      const connections = await Promise.all(Array.from({ length: 16 }, () => open(served)));
      const acknowledged = new Map<string, string>();
      const writer = async (connection: Connection, w: number) => {
        for (let i = 0; ; i++) {
          const name = `w${w}-${i >> 1}`;
          // Every object is made and then changed.
          const made = i % 2 === 0;
          const answer = made
            ? await connection.send('POST', CONFIG_MAPS, configMap(name, 'made'))
            : await connection.send('PUT', `${CONFIG_MAPS}/${name}`, configMap(name, 'changed'));
          acknowledged.set(name, JSON.parse(answer.toString()).metadata.resourceVersion);
          if (acknowledged.size > 300) server.kill('SIGKILL');
        }
      };
      const ends = await Promise.allSettled(connections.map(writer));
      assert.ok(ends.every(({ status }) => status === 'rejected'));
      const store = await openStore(pathsIn(dataDir).store, { clock: realClock, log: silentLog });
      for (const [name, version] of acknowledged) {
        const kept = store.get(`/registry/core/configmaps/default/${name}`);
        assert.ok(kept !== undefined && kept.modRevision >= Number(version), `${name} at ${version}`);
        assert.is(JSON.parse(kept.value).metadata.resourceVersion, String(kept.modRevision));
      }
      store.check();
      await store.close();
    } finally {
      server.kill('SIGKILL');
    }
  }));

test('two thousand watches are each told of a change, and their end is noticed', () =>
  onServer(async (served) => {
    const session = connectHttp2(served.state.url, { ca: served.credentials.ca.cert });
    session.setMaxListeners(0);
    const writer = await open(served);
    try {
      const authorization = `Bearer ${served.credentials.token}`;
      const watches = Array.from({ length: 2000 }, () =>
        session.request({ ':path': `${CONFIG_MAPS}?watch=1&resourceVersion=1`, authorization }),
      );
      // Left open to the end: more than a thousand streams reset at once are an attack to HTTP/2.
      const told = watches.map(
        (watch) =>
          new Promise<void>((resolve, reject) => {
            watch.on('data', (chunk: Buffer) => chunk.includes('"name":"seen"') && resolve());
            watch.on('error', reject);
          }),
      );
      await writer.send('POST', CONFIG_MAPS, configMap('seen', ''));
      await Promise.all(told);
      session.destroy();
      for (let open = 2000; open > 100; ) {
        const metrics = (await writer.send('GET', '/metrics')).toString();
        open = Number(/apiserver_longrunning_requests\{verb="WATCH"\} (\d+)/.exec(metrics)![1]);
      }
    } finally {
      session.destroy();
      writer.close();
    }
  }));

test('a client that does not read its long list holds up nobody', () =>
  onServer(async (served) => {
    const [writer, lazy] = await Promise.all([open(served), open(served)]);
    try {
      for (let i = 0; i < 20; i++) await writer.send('POST', CONFIG_MAPS, configMap(`long-${i}`, 'x'.repeat(900_000)));
      const unread = lazy.send('GET', CONFIG_MAPS).then(
        () => 'whole',
        () => 'cut off',
      );
      lazy.pause();
      const read = await writer.send('GET', CONFIG_MAPS);
      assert.is(JSON.parse(read.toString()).items.length, 21, 'with the certificate of the cluster');
      lazy.close();
      assert.is(await unread, 'cut off');
    } finally {
      writer.close();
      lazy.close();
    }
  }));

test.run();
