/** helm 3.18 and kubectl 1.33 against the embedded cluster, and releases passed between helm 3.18 and us. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { realTools } from '../support/real.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tools = realTools('older');
const test = suite('helm 3.18 and kubectl 1.33 (linux-x64 only)');
const it = tools ? test : test.skip;

type Run = (...args: string[]) => string;

/** Each answers what the program printed, and throws what it said when it fails. */
function withCluster(run: (clients: { portolan: Run; helm: Run; kubectl: Run }) => void): void {
  const home = mkdtempSync(join(tmpdir(), 'portolan-older-'));
  const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: join(home, 'kubeconfig') };
  const runner =
    (file: string, ...first: string[]): Run =>
    (...args) => {
      const { status, stdout, stderr } = spawnSync(file, [...first, ...args], { cwd: root, env, encoding: 'utf8' });
      if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
      return stdout;
    };
  const portolan = runner(process.execPath, join(root, 'dist', 'portolan.cjs'));
  try {
    portolan('cluster', 'start');
    run({ portolan, helm: runner(tools!.helm), kubectl: runner(tools!.kubectl) });
  } finally {
    portolan('cluster', 'stop');
    rmSync(home, { recursive: true, force: true });
  }
}

it('what helm 3.18 installs we upgrade, what we upgraded it rolls back', () =>
  withCluster(({ portolan, helm, kubectl }) => {
    assert.match(helm('install', 'book', 'charts/bookinfo', '--wait', '--timeout', '30s'), /STATUS: deployed/);
    assert.match(portolan('list'), /^book\s+default\s+1\s.*deployed\s+bookinfo-1\.0\.0/m);
    portolan('upgrade', 'book', 'charts/bookinfo', '--set', 'reviews.replicas.v1=2', '--wait');
    assert.match(helm('history', 'book'), /^2\s.*deployed/m);
    assert.match(helm('rollback', 'book', '1', '--wait', '--timeout', '30s'), /Rollback was a success/);
    assert.match(portolan('history', 'book'), /^3\s.*deployed.*Rollback to 1/m);
    assert.is(kubectl('get', 'deployment', 'reviews-v1', '-o', 'jsonpath={.status.availableReplicas}'), '1');
    assert.match(helm('uninstall', 'book', '--wait'), /release "book" uninstalled/);
    assert.not.match(portolan('list'), /book/);
  }));

it('what we install helm 3.18 shows, tests and upgrades', () =>
  withCluster(({ portolan, helm }) => {
    portolan('install', 'db', 'charts/mysql', '--set', 'persistence.size=1Gi', '--wait');
    assert.match(helm('get', 'values', 'db'), /size: 1Gi/);
    assert.is(helm('get', 'manifest', 'db').trim(), portolan('get', 'manifest', 'db').trim());
    assert.match(helm('test', 'db'), /Phase:\s+Succeeded/);
    assert.match(helm('upgrade', 'db', 'charts/mysql', '--reuse-values', '--wait', '--timeout', '30s'), /REVISION: 2/);
    assert.match(portolan('get', 'values', 'db'), /size: 1Gi/);
  }));

it('kubectl 1.33 looks at, applies, scales and describes', () =>
  withCluster(({ kubectl }) => {
    assert.match(kubectl('version'), /Server Version: v1\.36/);
    assert.match(kubectl('get', 'nodes'), /portolan-1\s+Ready/);
    kubectl('create', 'deployment', 'web', '--image=nginx:1');
    kubectl('scale', 'deployment', 'web', '--replicas=2');
    kubectl('rollout', 'status', 'deployment/web', '--timeout=20s');
    assert.match(kubectl('describe', 'deployment', 'web'), /2 desired \| 2 updated \| 2 total \| 2 available/);
    kubectl('label', 'deployment', 'web', 'tier=front');
    assert.is(kubectl('get', 'deployment', '-l', 'tier=front', '-o', 'name'), 'deployment.apps/web\n');
    assert.match(kubectl('explain', 'deployment.spec.replicas'), /FIELD: replicas/);
    assert.match(kubectl('apply', '--server-side', '-f', 'test/fixtures/config-map.yaml'), /serverside-applied/);
    kubectl('delete', 'deployment', 'web', '--wait');
  }));

test.run();
