/** Real kubectl looks at what the controllers do: rollouts, waiting, draining, describing. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { kubeconfigFor } from '../../src/cluster/kubeconfig-entry.ts';
import { serveCluster } from '../../src/cluster/serve.ts';
import { realTools } from '../support/real.ts';

const tools = realTools();
const it = tools ? test : test.skip;
if (!tools) console.log('skipped: the real kubectl is not to be had here');

interface Output {
  code: number;
  out: string;
  err: string;
}
type Kubectl = (...args: string[]) => Promise<Output>;

async function withKubectl(use: (kubectl: Kubectl) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-kubectl-'));
  const served = await serveCluster({ dataDir: join(folder, 'data'), nodes: [{ name: 'portolan' }] });
  try {
    const { ca, admin } = served.credentials;
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(
      kubeconfig,
      kubeconfigFor({ server: served.state.url, ca: ca.cert, cert: admin.cert, key: admin.key }),
    );
    const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: kubeconfig };
    await use(
      (...args) =>
        new Promise((resolve) => {
          execFile(tools!.kubectl, args, { env, timeout: 90_000 }, (error, out, err) =>
            resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
          );
        }),
    );
  } finally {
    await served.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

it('rollout status, history, undo, restart, pause and resume', () =>
  withKubectl(async (kubectl) => {
    const ok = async (...args: string[]) => {
      const { code, out, err } = await kubectl(...args);
      assert.is(code, 0, `${args.join(' ')}: ${err}`);
      return out;
    };
    await ok('create', 'deployment', 'web', '--image=nginx:1.25', '--replicas=3');
    assert.match(await ok('rollout', 'status', 'deployment/web', '--timeout=60s'), /successfully rolled out/);
    await ok('set', 'image', 'deployment/web', 'nginx=nginx:broken');
    const stuck = await kubectl('rollout', 'status', 'deployment/web', '--timeout=1s');
    assert.is(stuck.code, 1);
    assert.is(stuck.err, 'error: timed out waiting for the condition\n');
    assert.match(stuck.out, /1 out of 3 new replicas have been updated/);
    assert.is(
      await ok('rollout', 'history', 'deployment/web'),
      'deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n',
    );
    assert.is(await ok('rollout', 'undo', 'deployment/web'), 'deployment.apps/web rolled back\n');
    await ok('rollout', 'status', 'deployment/web', '--timeout=60s');
    assert.is(
      await ok('rollout', 'history', 'deployment/web'),
      'deployment.apps/web \nREVISION  CHANGE-CAUSE\n2         <none>\n3         <none>\n\n',
    );
    await ok('rollout', 'pause', 'deployment/web');
    await ok('set', 'image', 'deployment/web', 'nginx=nginx:1.26');
    await ok('scale', 'deployment/web', '--replicas=5');
    await ok('rollout', 'resume', 'deployment/web');
    await ok('rollout', 'status', 'deployment/web', '--timeout=60s');
    await ok('rollout', 'restart', 'deployment/web');
    await ok('rollout', 'status', 'deployment/web', '--timeout=60s');
    assert.is(
      await ok('wait', 'deployment/web', '--for=condition=Available', '--timeout=5s'),
      'deployment.apps/web condition met\n',
    );
    const described = await ok('describe', 'deployment', 'web');
    assert.match(described, /Replicas: +5 desired \| 5 updated \| 5 total \| 5 available \| 0 unavailable/);
    assert.match(described, /Progressing +True +NewReplicaSetAvailable/);
    assert.match(described, /Scaled up replica set web-\w+ from 0 to 3/);
  }));

it('a pod that crashes, and one that cannot be placed, as describe shows them', () =>
  withKubectl(async (kubectl) => {
    await kubectl('run', 'bad', '--image=busybox:crash');
    await kubectl('run', 'lost', '--image=busybox', '--overrides={"spec":{"nodeSelector":{"disk":"tape"}}}');
    await kubectl(
      'wait',
      'pod/bad',
      '--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff',
      '--timeout=60s',
    );
    const bad = await kubectl('describe', 'pod', 'bad');
    assert.match(
      bad.out,
      /State: +Waiting\n +Reason: +CrashLoopBackOff\n +Last State: +Terminated\n +Reason: +Error\n +Exit Code: +1/,
    );
    assert.match(bad.out, /Warning +BackOff .*Back-off restarting failed container bad in pod bad_default\(/);
    const lost = await kubectl('describe', 'pod', 'lost');
    assert.match(
      lost.out,
      /FailedScheduling .*0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector/,
    );
    assert.match((await kubectl('logs', 'bad')).out, /simulated from image busybox:crash/);
  }));

it('a job is waited for, a node drained, a namespace deleted', () =>
  withKubectl(async (kubectl) => {
    await kubectl('create', 'job', 'once', '--image=busybox');
    assert.is(
      (await kubectl('wait', 'job/once', '--for=condition=Complete', '--timeout=60s')).out,
      'job.batch/once condition met\n',
    );
    // Following ends with the container.
    assert.is((await kubectl('logs', '-f', 'job/once')).out, 'container once started: simulated from image busybox\n');
    await kubectl('create', 'deployment', 'web', '--image=nginx:1');
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');
    const drained = await kubectl('drain', 'portolan', '--ignore-daemonsets', '--force', '--timeout=60s');
    assert.match(drained.out, /node\/portolan drained\n$/);
    assert.match((await kubectl('get', 'pods', '-l', 'app=web')).out, /0\/1 +Pending/);
    await kubectl('uncordon', 'portolan');
    assert.is((await kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')).code, 0);
    await kubectl('create', 'namespace', 'shop');
    await kubectl('create', 'deployment', 'web', '--image=nginx:1', '-n', 'shop');
    await kubectl('rollout', 'status', 'deployment/web', '-n', 'shop', '--timeout=60s');
    const deleted = await kubectl('delete', 'namespace', 'shop', '--timeout=60s');
    assert.is(deleted.out, 'namespace "shop" deleted\n');
    assert.is((await kubectl('get', 'namespace', 'shop')).code, 1);
  }));

test.run();
