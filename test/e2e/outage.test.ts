/** The API server gone in the middle of an operation: connections cut, new ones refused, then all as before. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startTestCluster, type TestCluster } from './cluster.ts';

const AWAY = 700;

/** Passes connections on to `target` until so many bytes have come; then it is gone for a while. */
class Gate {
  #server: Server | undefined;
  #sockets = new Set<Socket>();
  #target: number;
  #port = 0;
  #left = Number.POSITIVE_INFINITY;
  outages = 0;

  constructor(target: number) {
    this.#target = target;
  }

  async open(): Promise<number> {
    const server = createServer((socket) => {
      const onward = connect(this.#target, '127.0.0.1');
      for (const [each, other] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        this.#sockets.add(each);
        each.on('error', () => each.destroy());
        each.on('close', () => {
          this.#sockets.delete(each);
          other.destroy();
        });
        each.pipe(other);
      }
      socket.on('data', (bytes) => {
        this.#left -= bytes.length;
        if (this.#left < 0) void this.#leave();
      });
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as { port: number }).port;
    return this.#port;
  }

  leaveAfter(bytes: number): void {
    this.#left = bytes;
  }

  async #leave(): Promise<void> {
    this.#left = Number.POSITIVE_INFINITY;
    this.outages++;
    this.close();
    await new Promise((resolve) => setTimeout(resolve, AWAY));
    await this.open();
  }

  close(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

function writeChart({ folder }: TestCluster): string {
  mkdirSync(join(folder, 'web/templates'), { recursive: true });
  writeFileSync(join(folder, 'web/Chart.yaml'), 'apiVersion: v2\nname: web\nversion: 0.1.0\n');
  for (const name of ['a', 'b', 'c', 'd'])
    writeFileSync(
      join(folder, `web/templates/${name}.yaml`),
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {v: {{ .Values.v | quote }}}\n`,
    );
  writeFileSync(
    join(folder, 'web/templates/web.yaml'),
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, v: v{{ .Values.v }}}}
    spec: {containers: [{name: main, image: nginx}]}
`,
  );
  return './web';
}

/** The operation, and the one that repeats it where it failed. */
const OPERATIONS: [words: string[], again: string[]][] = [
  [
    ['install', 'web', './web', '--set', 'v=1', '--wait'],
    ['upgrade', 'web', './web', '--set', 'v=1', '--wait'],
  ],
  [
    ['upgrade', 'web', './web', '--set', 'v=2', '--wait'],
    ['upgrade', 'web', './web', '--set', 'v=2', '--wait'],
  ],
  [
    ['rollback', 'web', '1', '--wait'],
    ['rollback', 'web', '1', '--wait'],
  ],
];
/** Of what the program sends: while it looks around, while it applies, while it waits. */
const MOMENTS = [2_000, 7_000, 12_000];

test('an operation outlives the absence of the server, or fails so that it can be repeated', async () => {
  const cluster = await startTestCluster();
  const kubeconfig = readFileSync(cluster.variables.KUBECONFIG!, 'utf8');
  const gate = new Gate(Number(/server: https:\/\/127\.0\.0\.1:(\d+)/.exec(kubeconfig)![1]));
  try {
    const port = await gate.open();
    const passing = join(cluster.folder, 'passing');
    writeFileSync(passing, kubeconfig.replace(/(server: https:\/\/127\.0\.0\.1:)\d+/, `$1${port}`));
    const { portolan } = cluster.with({ KUBECONFIG: passing });
    writeChart(cluster);
    let survived = 0;
    for (const [i, [words, again]] of OPERATIONS.entries()) {
      gate.leaveAfter(MOMENTS[i]!);
      const { code, stderr } = await portolan(...words);
      gate.leaveAfter(Number.POSITIVE_INFINITY);
      assert.is(gate.outages, i + 1, `${words[0]} was over before`);
      if (code === 0) survived++;
      else {
        assert.match(stderr, /EOF/, words[0]);
        assert.is((await portolan(...again)).code, 0, again.join(' '));
      }
      const { stdout } = await portolan('history', 'web', '-o', 'json');
      const statuses: string[] = JSON.parse(stdout).map(({ status }: { status: string }) => status);
      assert.is(statuses.at(-1), 'deployed', words[0]);
      assert.is(statuses.filter((status) => status === 'deployed').length, 1, words[0]);
    }
    assert.ok(survived > 0, 'none went on');
    assert.is((await portolan('uninstall', 'web', '--wait')).code, 0);
    assert.is((await cluster.client.list({ group: '', version: 'v1', resource: 'secrets' })).items.length, 0);
  } finally {
    gate.close();
    await cluster.stop();
  }
});

test.run();
