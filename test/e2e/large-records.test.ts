/** Releases that no record of Helm can hold: ours installs, changes and removes them, and real helm stays away from them. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SECRETS } from '../../src/client/resources.ts';
import { realTools } from '../support/real.ts';
import { type Ran, startTestCluster, type TestCluster } from './cluster.ts';

const judged = realTools() ? test : test.skip;

/** Renders to more than a megabyte that no compression makes much smaller. */
function writeLargeChart({ folder }: TestCluster): string {
  mkdirSync(join(folder, 'large/templates'), { recursive: true });
  writeFileSync(join(folder, 'large/Chart.yaml'), 'apiVersion: v2\nname: large\nversion: 0.1.0\n');
  for (const name of ['a', 'b'])
    writeFileSync(
      join(folder, `large/templates/${name}.yaml`),
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: large-${name}}\ndata:\n  v: {{ .Values.v | quote }}\n  noise: ${randomBytes(420_000).toString('base64')}\n`,
    );
  return './large';
}

function writeSmallChart({ folder }: TestCluster): string {
  mkdirSync(join(folder, 'small/templates'), { recursive: true });
  writeFileSync(join(folder, 'small/Chart.yaml'), 'apiVersion: v2\nname: small\nversion: 0.1.0\n');
  writeFileSync(join(folder, 'small/templates/a.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: small}\n');
  return './small';
}

const ok = (ran: Ran): string => {
  assert.is(ran.code, 0, ran.stderr.slice(0, 2000));
  return ran.stdout;
};

/** What helm makes of it: the words, its exit code, what it says. */
const HELM: [words: string, code: number, said: RegExp][] = [
  ['list --no-headers', 0, /^large\tdefault\s+2\s.*deployed\tlarge-0\.1\.0.*\nsmall\t.*deployed\tsmall-0\.1\.0/],
  ['older list --no-headers', 0, /^large\tdefault\s+2\s.*deployed\tlarge-0\.1\.0.*\nsmall/],
  ['older upgrade large ./small', 1, /no matches for kind "ReleaseInParts" in version "portolan\.dev\/v1"/],
  ['history large', 0, /1\s.*superseded\tlarge-0\.1\.0[\s\S]*2\s.*deployed +\tlarge-0\.1\.0/],
  ['status small', 0, /STATUS: deployed/],
  ['get values large', 0, /v: two/],
  ['get manifest large', 0, /kind: ReleaseInParts/],
  ['upgrade large ./small', 1, /no matches for kind "ReleaseInParts" in version "portolan\.dev\/v1"/],
  ['uninstall large', 1, /failed to delete release: large/],
  ['upgrade small ./small', 0, /has been upgraded/],
];

judged('a release larger than a record is ours alone: helm sees it and changes neither it nor others', async () => {
  const cluster = await startTestCluster();
  try {
    const [large, small] = [writeLargeChart(cluster), writeSmallChart(cluster)];
    ok(await cluster.portolan('install', 'large', large, '--set', 'v=one'));
    ok(await cluster.portolan('upgrade', 'large', large, '--set', 'v=two'));
    ok(await cluster.helm('install', 'small', small));
    for (const [words, code, said] of HELM) {
      const helm = words.startsWith('older ') ? cluster.olderHelm : cluster.helm;
      const ran = await helm(...words.replace('older ', '').split(' '));
      assert.is(ran.code, code, words);
      assert.match(ran.stdout + ran.stderr, said, words);
    }
    const configs = ok(await cluster.kubectl('get', 'configmaps', '-o', 'name'));
    assert.match(configs, /large-a\n.*large-b\n/);
    assert.match(ok(await cluster.portolan('status', 'large')), /STATUS: uninstalling/);
    assert.is(ok(await cluster.portolan('get', 'manifest', 'large')).match(/^kind: ConfigMap$/gm)?.length, 2);
    ok(await cluster.portolan('rollback', 'large', '1'));
    assert.is(ok(await cluster.kubectl('get', 'configmap', 'large-a', '-o', 'jsonpath={.data.v}')), 'one');
    ok(await cluster.portolan('uninstall', 'large'));
    assert.not.match(ok(await cluster.kubectl('get', 'configmaps', '-o', 'name')), /large/);
    const secrets = await cluster.client.list(SECRETS, { namespace: 'default' });
    assert.equal(
      secrets.items.map(({ metadata }) => metadata.name),
      ['sh.helm.release.v1.small.v1', 'sh.helm.release.v1.small.v2'],
    );
  } finally {
    await cluster.stop();
  }
});

judged('what is large is the chart alone: to helm it is a release as any other', async () => {
  const cluster = await startTestCluster();
  const parts = async () =>
    (await cluster.client.list(SECRETS, { namespace: 'default', labelSelector: 'owner=portolan' })).items.length;
  try {
    const small = writeSmallChart(cluster);
    writeFileSync(join(cluster.folder, 'small/dashboard.json'), randomBytes(1_200_000).toString('base64'));
    ok(await cluster.portolan('install', 'web', small, '--set', 'a=b'));
    assert.is(await parts(), 2);
    ok(await cluster.helm('rollback', 'web', '1'));
    writeFileSync(join(cluster.folder, 'small/dashboard.json'), '{}');
    ok(await cluster.helm('upgrade', 'web', small, '--reuse-values'));
    assert.match(ok(await cluster.portolan('get', 'values', 'web')), /a: b/);
    ok(await cluster.portolan('rollback', 'web', '2'));
    assert.match(ok(await cluster.helm('get', 'manifest', 'web')), /kind: ConfigMap/);
    ok(await cluster.helm('uninstall', 'web'));
    assert.not.match(ok(await cluster.kubectl('get', 'configmaps', '-o', 'name')), /small/);
    // Helm does not know of the parts; the next command on the name removes them.
    ok(await cluster.portolan('install', 'web', small));
    assert.is(await parts(), 0);
  } finally {
    await cluster.stop();
  }
});

test.run();
