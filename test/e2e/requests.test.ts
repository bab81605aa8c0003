/** An operation asks the API server no more often than helm does, counted by a proxy that both go through. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { realTools } from '../support/real.ts';
import { startTestCluster, type TestCluster } from './cluster.ts';

const compared = realTools() ? test : test.skip;

const LINES = [
  'install web ./web --wait',
  'upgrade web ./web --wait --set replicaCount=2',
  'rollback web 1 --wait',
  'list',
  'history web',
  'get values web',
  'status web',
  'uninstall web --wait',
];
/** Helm keeps on disk what a server serves; we ask for it anew, in two requests. */
const KNOWN_TO_HELM = /^GET \/apis?$/;

/** Calls `run` with the cluster behind a proxy that forwards the bytes of requests and answers; `asked` empties the list. */
async function throughProxy(run: (cluster: TestCluster, asked: () => string[]) => Promise<void>): Promise<void> {
  const cluster = await startTestCluster();
  let lines: string[] = [];
  const proxy = createServer(async (request, response) => {
    lines.push(`${request.method} ${request.url}`);
    const body = Buffer.concat(await request.toArray());
    const url = new URL(request.url!, 'http://proxy');
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const answer = await cluster.client.handler({
      method: request.method as 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers as Record<string, string>,
      ...(body.length > 0 && { body }),
      signal: gone.signal,
    });
    // The text is made anew, and may be of another length.
    const { 'content-length': _, ...headers } = answer.headers;
    response.writeHead(answer.status, { 'content-type': 'application/json', ...headers });
    if (answer.body.type === 'watch') {
      response.flushHeaders();
      try {
        for await (const event of answer.body.events) response.write(`${JSON.stringify(event)}\n`);
      } catch {} // whoever watched has gone
      response.end();
    } else if (answer.body.type === 'object') response.end(JSON.stringify(answer.body.object));
    else response.end(answer.body.type === 'bytes' ? answer.body.bytes : undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const server = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  cluster.variables.KUBECONFIG = join(cluster.folder, 'through-proxy');
  writeFileSync(
    cluster.variables.KUBECONFIG,
    `apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: "${server}"}}]\nusers: [{name: a, user: {}}]\ncontexts: [{name: a, context: {cluster: a, user: a}}]\ncurrent-context: a\n`,
  );
  try {
    await run(cluster, () => {
      const asked = lines;
      lines = [];
      return asked;
    });
  } finally {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
    await cluster.stop();
  }
}

compared('operations on releases make no more requests than helm', () =>
  throughProxy(async (cluster, asked) => {
    await cluster.portolan('create', join(cluster.folder, 'web'));
    const counts = new Map<string, number>();
    for (const who of ['helm', 'portolan'] as const)
      for (const line of LINES) {
        const ran = await cluster[who](...line.split(' '));
        assert.is(ran.code, 0, `${who} ${line}: ${ran.stderr}`);
        const made = asked().filter((request) => !KNOWN_TO_HELM.test(request));
        if (who === 'helm') counts.set(line, made.length);
        else assert.ok(made.length <= counts.get(line)!, `${line}: helm ${counts.get(line)}, we\n${made.join('\n')}`);
      }
  }),
);

test.run();
