/** The context in the user's kubeconfig, where clusters of several folders come and go. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { realClock } from '../../src/clock.ts';
import { loadCredentials } from '../../src/cluster/credentials.ts';
import { enterContext, leaveContext } from '../../src/cluster/user-kubeconfig.ts';

const MINE = `apiVersion: v1
kind: Config
contexts: [{name: prod, context: {cluster: prod}}]
clusters: [{name: prod, cluster: {server: "https://prod"}}]
current-context: prod
`;

function inFolder(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-user-kubeconfig-'));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function enter(path: string, dataDir: string, port: number): void {
  const { ca, admin } = loadCredentials(dataDir, [], realClock.now());
  enterContext(path, { server: `https://127.0.0.1:${port}`, ca: ca.cert, ...admin }, dataDir);
}

test('of two clusters the one that stops leaves the context of the other alone', () =>
  inFolder((folder) => {
    const [path, a, b] = [join(folder, 'config'), join(folder, 'a'), join(folder, 'b')];
    writeFileSync(path, MINE);
    enter(path, a, 1);
    enter(path, b, 2);
    leaveContext(a);
    const config = parse(readFileSync(path, 'utf8'));
    assert.is(config['current-context'], 'portolan');
    assert.is(config.clusters.at(-1).cluster.server, 'https://127.0.0.1:2');
    leaveContext(b);
    assert.equal(parse(readFileSync(path, 'utf8')).contexts, parse(MINE).contexts);
  }));

test('a kubeconfig that cannot be had is told by its path', () =>
  inFolder((folder) => {
    const path = join(folder, 'config');
    writeFileSync(path, 'a: [');
    assert.throws(() => enter(path, folder, 1), `put the context "portolan" into "${path}": read kubeconfig: `);
    const below = join(path, 'config');
    assert.throws(() => enter(below, folder, 1), `put the context "portolan" into "${below}": it is no folder`);
    mkdirSync(join(folder, 'empty'));
    leaveContext(join(folder, 'empty'));
  }));

test.run();
