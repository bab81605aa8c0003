/** Releases from install to uninstall on the embedded cluster: hooks, waits, failures, what they leave behind. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CONFIG_MAPS, JOBS, LEASES, SECRETS } from '../../src/client/resources.ts';
import type { Client } from '../../src/client/types.ts';
import { ok, onCluster, type TestCluster, writeChart } from './cluster.ts';

const configMap = (name: string, more = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}`;

const hook = (
  name: string,
  events: string,
  { weight = 0, policy = '', exit = 0, output = '' } = {},
) => `apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}
  annotations:
    helm.sh/hook: ${events}
    helm.sh/hook-weight: "${weight}"
${policy && `    helm.sh/hook-delete-policy: ${policy}\n`}${output && `    helm.sh/hook-output-log-policy: ${output}\n`}spec:
  backoffLimit: 0
  template:
    metadata:
      annotations: {portolan.dev/exit: "${exit}", portolan.dev/log: "this is ${name}"}
    spec:
      restartPolicy: Never
      containers: [{name: main, image: busybox}]
`;

const deployment = (annotations = '{}', image = 'nginx') => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
      annotations: ${annotations}
    spec:
      containers: [{name: main, image: ${image}}]
`;

const names = async (client: Client, resource: typeof JOBS): Promise<string[]> =>
  (await client.list(resource, { namespace: 'default' })).items
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== 'kube-root-ca.crt')
    .sort();

const statuses = async (cluster: TestCluster): Promise<string[]> =>
  JSON.parse(ok(await cluster.portolan('history', 'web', '-o', 'json')).stdout).map(
    ({ status }: { status: string }) => status,
  );

test('hooks run by weight, their policies delete, their logs are shown', () =>
  onCluster(async (cluster, client) => {
    const chart = writeChart(cluster, {
      'templates/late.yaml': hook('late', 'post-install', {
        weight: 5,
        policy: 'hook-succeeded',
        output: 'hook-succeeded',
      }),
      'templates/first.yaml': hook('first', 'pre-install', { weight: -5 }),
      'templates/second.yaml': hook('second', 'pre-install', { weight: 2 }),
      'templates/config.yaml': configMap('web'),
    });
    const { stderr } = ok(await cluster.portolan('install', 'web', chart));
    assert.match(stderr, /this is late\n/);
    assert.not.match(stderr, /this is first/);
    assert.equal(await names(client, JOBS), ['first', 'second']);
    const jobs = (await client.list(JOBS, { namespace: 'default' })).items;
    const started = (name: string) =>
      Number(jobs.find(({ metadata }) => metadata.name === name)!.metadata.resourceVersion);
    assert.ok(started('first') < started('second'));
    // Hooks that ran before are deleted before they run again.
    const before = jobs[0]!.metadata.uid;
    ok(await cluster.portolan('uninstall', 'web'));
    ok(await cluster.portolan('install', 'web', chart));
    assert.is.not((await client.list(JOBS, { namespace: 'default' })).items[0]!.metadata.uid, before);
  }));

test('a hook that fails fails the release', () =>
  onCluster(async (cluster, client) => {
    const chart = writeChart(cluster, {
      'templates/bad.yaml': hook('bad', 'pre-install', { exit: 3, policy: 'hook-failed', output: 'hook-failed' }),
      'templates/config.yaml': configMap('web'),
    });
    const ran = await cluster.portolan('install', 'web', chart);
    assert.is(ran.code, 1);
    assert.match(ran.stderr, /this is bad\n/);
    assert.match(
      ran.stderr,
      /Error: INSTALLATION FAILED: failed pre-install: resource Job\/default\/bad not ready\. status: Failed, message: Job Failed\. failed: 1\/1\n$/,
    );
    assert.equal(await names(client, JOBS), []);
    assert.equal(await names(client, CONFIG_MAPS), []);
    assert.equal(await statuses(cluster), ['failed']);
  }));

test('tests run, are told of, and fail the command', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster, {
      'templates/good.yaml': hook('good', 'test'),
      'templates/bad.yaml': hook('bad', 'test', { weight: 1, exit: 1 }),
    });
    ok(await cluster.portolan('install', 'web', chart));
    assert.not.match(ok(await cluster.portolan('status', 'web')).stdout, /TEST SUITE/);
    const ran = await cluster.portolan('test', 'web');
    assert.is(ran.code, 1);
    assert.match(ran.stdout, /TEST SUITE: {5}good\nLast Started: .*\nLast Completed: .*\nPhase: {10}Succeeded\n/);
    assert.match(ran.stdout, /TEST SUITE: {5}bad\nLast Started: .*\nLast Completed: .*\nPhase: {10}Failed\n/);
    assert.match(ok(await cluster.portolan('status', 'web')).stdout, /TEST SUITE: {5}good/);
    ok(await cluster.portolan('test', 'web', '--filter', '!name=bad'));
    ok(await cluster.portolan('test', 'web', '--filter', 'name=good'));
  }));

test('what the chart no longer has goes, what is to be kept stays', () =>
  onCluster(async (cluster, client) => {
    const keep = '  annotations: {helm.sh/resource-policy: keep}\n';
    const chart = writeChart(cluster, {
      'templates/all.yaml': `{{ if not .Values.less }}\n${configMap('gone')}---\n${configMap('kept', keep)}---\n{{ end }}\n${configMap('stays')}`,
    });
    ok(await cluster.portolan('install', 'web', chart));
    ok(await cluster.portolan('upgrade', 'web', chart, '--set', 'less=true'));
    assert.equal(await names(client, CONFIG_MAPS), ['kept', 'stays']);
    ok(await cluster.portolan('rollback', 'web'));
    assert.equal(await names(client, CONFIG_MAPS), ['gone', 'kept', 'stays']);
    const { stdout } = ok(await cluster.portolan('uninstall', 'web'));
    assert.is(
      stdout,
      'These resources were kept due to the resource policy:\n[ConfigMap] kept\n\nrelease "web" uninstalled\n',
    );
    assert.equal(await names(client, CONFIG_MAPS), ['kept']);
  }));

test('values: kept by default, reset, reused', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster, { 'values.yaml': 'a: 1\nb: 1\n', 'templates/config.yaml': configMap('web') });
    const given = async () => JSON.parse(ok(await cluster.portolan('get', 'values', 'web', '-o', 'json')).stdout);
    ok(await cluster.portolan('install', 'web', chart, '--set', 'a=2'));
    for (const [words, values] of [
      [[], { a: 2 }],
      [['--set', 'b=2'], { b: 2 }],
      [['--reuse-values', '--set', 'a=3'], { a: 3, b: 2 }],
      [['--reset-then-reuse-values', '--set', 'c=1'], { a: 3, b: 2, c: 1 }],
      [['--reset-values'], null],
    ] as const) {
      ok(await cluster.portolan('upgrade', 'web', chart, ...words));
      assert.equal(await given(), values, words.join(' '));
    }
  }));

test('client-side apply: chosen, remembered, and left again', () =>
  onCluster(async (cluster, client) => {
    const chart = writeChart(cluster, {
      'templates/config.yaml': `${configMap('web')}data: {{ .Values.data | toJson }}\n`,
    });
    const data = async () => (await client.get(CONFIG_MAPS, 'web', 'default')).data;
    const method = async () =>
      JSON.parse(ok(await cluster.portolan('get', 'metadata', 'web', '-o', 'json')).stdout).applyMethod;
    ok(await cluster.portolan('install', 'web', chart, '--server-side=false', '--set-string', 'data.a=1,data.b=1'));
    assert.is(await method(), 'csa');
    await client.patch(CONFIG_MAPS, 'web', 'default', { data: { a: 'changed', mine: 'x' } }, { type: 'merge' });
    ok(await cluster.portolan('upgrade', 'web', chart, '--set-string', 'data.a=1'));
    assert.is(await method(), 'csa');
    assert.equal(await data(), { a: '1', mine: 'x' });
    ok(
      await cluster.portolan(
        'upgrade',
        'web',
        chart,
        '--server-side=true',
        '--force-conflicts',
        '--set-string',
        'data.c=1',
      ),
    );
    assert.is(await method(), 'ssa');
    assert.equal(await data(), { c: '1', mine: 'x' });
    ok(
      await cluster.portolan(
        'upgrade',
        'web',
        chart,
        '--server-side=false',
        '--force-replace',
        '--set-string',
        'data.d=1',
      ),
    );
    assert.equal(await data(), { d: '1' });
  }));

test('a conflict with another manager is told, and can be forced', () =>
  onCluster(async (cluster, client) => {
    const chart = writeChart(cluster, { 'templates/config.yaml': `${configMap('web')}data: {a: "{{ .Values.a }}"}\n` });
    ok(await cluster.portolan('install', 'web', chart, '--set', 'a=1'));
    const apply = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' }, data: { a: 'theirs' } };
    await client.patch(CONFIG_MAPS, 'web', 'default', apply, { type: 'apply', fieldManager: 'other', force: true });
    const ran = await cluster.portolan('upgrade', 'web', chart, '--set', 'a=2');
    assert.is(ran.code, 1);
    assert.match(
      ran.stderr,
      /UPGRADE FAILED: conflict occurred while applying object default\/web \/v1, Kind=ConfigMap: .*conflict/,
    );
    ok(await cluster.portolan('upgrade', 'web', chart, '--set', 'a=2', '--force-conflicts'));
    assert.equal((await client.get(CONFIG_MAPS, 'web', 'default')).data, { a: '2' });
    assert.equal(await statuses(cluster), ['superseded', 'failed', 'deployed']);
  }));

test('history is trimmed, the deployed revision stays', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster, { 'templates/config.yaml': configMap('web') });
    ok(await cluster.portolan('install', 'web', chart));
    for (let i = 0; i < 4; i++) ok(await cluster.portolan('upgrade', 'web', chart, '--history-max', '3'));
    const history = JSON.parse(ok(await cluster.portolan('history', 'web', '-o', 'json')).stdout);
    assert.equal(
      history.map(({ revision }: { revision: number }) => revision),
      [3, 4, 5],
    );
  }));

test('a failed install with rollback-on-failure leaves nothing', () =>
  onCluster(async (cluster, client) => {
    const chart = writeChart(cluster, { 'templates/web.yaml': deployment('{portolan.dev/ready: never}') });
    const ran = await cluster.portolan('install', 'web', chart, '--atomic', '--timeout', '500ms');
    assert.is(ran.code, 1);
    assert.match(ran.stderr, /^Flag --atomic has been deprecated, use --rollback-on-failure instead\n/);
    assert.match(
      ran.stderr,
      /release web failed, and has been uninstalled due to rollback-on-failure being set: resource Deployment\/default\/web not ready/,
    );
    assert.equal(await names(client, SECRETS), []);
    assert.is(ok(await cluster.portolan('list', '-q')).stdout, '');
  }));

test('an image that does not exist ends the wait early, with the reason', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster, { 'templates/web.yaml': deployment('{}', '"Bad Image:"') });
    const started = Date.now();
    const ran = await cluster.portolan('install', 'web', chart, '--wait', '--timeout', '4m');
    assert.ok(Date.now() - started < 60_000);
    assert.is(ran.code, 1);
    assert.match(
      ran.stderr,
      /Deployment\/web is not ready:\n[\s\S]*container main: InvalidImageName[\s\S]*check the name of the image/,
    );
    assert.match(
      ran.stderr,
      /INSTALLATION FAILED: resource Deployment\/default\/web not ready\. status: InProgress, message: /,
    );
    assert.not.match(ran.stderr, /deadline/);
  }));

test('what a killed command left pending is recovered by the next', () =>
  onCluster(async (cluster, client) => {
    const chart = writeChart(cluster, { 'templates/config.yaml': configMap('web') });
    ok(await cluster.portolan('install', 'web', chart));
    ok(await cluster.portolan('upgrade', 'web', chart));
    const pending = async (revision: number, status: string) => {
      const { decodeRelease } = await import('../../src/release/decode.ts');
      const { encodeRelease } = await import('../../src/release/encode.ts');
      const name = `sh.helm.release.v1.web.v${revision}`;
      const secret = structuredClone(await client.get(SECRETS, name, 'default'));
      const release = decodeRelease(Buffer.from(secret.data.release, 'base64').toString());
      release.info.status = status as never;
      secret.data.release = Buffer.from(encodeRelease(release)).toString('base64');
      secret.metadata.labels = { ...secret.metadata.labels, status };
      await client.update(SECRETS, secret);
    };
    const held = (holderIdentity: string, secondsAgo = 0) =>
      client.create(LEASES, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'portolan.release.web', namespace: 'default' },
        spec: {
          holderIdentity,
          leaseDurationSeconds: 15,
          renewTime: new Date(Date.now() - secondsAgo * 1000).toISOString().replace('Z', '000Z'),
        },
      });
    await pending(2, 'pending-upgrade');
    const refused = await cluster.portolan('upgrade', 'web', chart);
    assert.match(refused.stderr, /UPGRADE FAILED: another operation \(install\/upgrade\/rollback\) is in progress\n$/);

    await held(`ada@here:${process.pid}`);
    for (const words of [
      ['upgrade', 'web', chart],
      ['rollback', 'web'],
      ['uninstall', 'web'],
      ['install', 'web', chart],
    ])
      assert.match(
        (await cluster.portolan(...words)).stderr,
        /another operation \(install\/upgrade\/rollback\) is in progress: the release is held by ada@here:\d+\n$/,
        words[0],
      );
    const unlocked = ok(await cluster.portolan('release', 'unlock', 'web'));
    assert.is(
      unlocked.stdout,
      `Release "web" is unlocked: it was held by ada@here:${process.pid}, revision 2 is now failed\n`,
    );
    assert.match(
      (await cluster.portolan('release', 'unlock', 'web')).stderr,
      /release "web" is not locked: revision 2 is failed/,
    );

    for (const [holder, secondsAgo] of [
      ['ada@here:999999', 0],
      ['ada@elsewhere:1', 1200],
    ] as const) {
      const last = (await statuses(cluster)).length;
      await pending(last, 'pending-upgrade');
      await held(holder, secondsAgo);
      const recovered = ok(await cluster.portolan('upgrade', 'web', chart));
      assert.match(recovered.stderr, new RegExp(`a release is taken over .* name=web holder=${holder}\n`));
      assert.match(recovered.stderr, /an interrupted upgrade was found and is now marked failed/);
    }
    assert.equal((await statuses(cluster)).slice(-3), ['superseded', 'superseded', 'deployed']);

    ok(await cluster.portolan('uninstall', 'web'));
    ok(await cluster.portolan('install', 'web', chart));
    await pending(1, 'pending-install');
    await held('ada@here:999999');
    ok(await cluster.portolan('install', 'web', chart));
    assert.equal(await statuses(cluster), ['failed', 'deployed']);
    assert.equal((await client.list(LEASES, { namespace: 'default' })).items, []);
  }));

test('who may have no leases works on releases all the same, and is told only when asking', () =>
  onCluster(async (cluster, client) => {
    const chart = writeChart(cluster, { 'templates/config.yaml': configMap('web') });
    const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' };
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const metadata = { name: 'deployer', namespace: 'default' };
    await client.create(
      { ...rbac, resource: 'roles' },
      {
        apiVersion,
        kind: 'Role',
        metadata,
        rules: [{ apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['*'] }],
      },
    );
    await client.create(
      { ...rbac, resource: 'rolebindings' },
      {
        apiVersion,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: rbac.group, kind: 'Role', name: 'deployer' },
        subjects: [{ apiGroup: rbac.group, kind: 'User', name: 'joe' }],
      },
    );
    const joe = (...words: string[]) => cluster.portolan(...words, '--kube-as-user', 'joe');
    assert.is(ok(await joe('install', 'web', chart)).stderr, '');
    const { stderr } = ok(await joe('upgrade', 'web', chart, '--debug'));
    assert.match(stderr, /level=DEBUG msg="the release is not guarded .*leases\.coordination\.k8s\.io .*is forbidden/);
    assert.is(ok(await joe('rollback', 'web')).stderr, '');
    ok(await joe('uninstall', 'web'));
    assert.match((await joe('list', '-n', 'kube-system')).stderr, /secrets is forbidden: User "joe" cannot list/);
  }));

test('what would change is shown before it does', () =>
  onCluster(async (cluster, client) => {
    const chart = writeChart(cluster, {
      'values.yaml': 'a: one\n',
      'templates/config.yaml': `${configMap('web')}data: {a: {{ .Values.a | quote }}}\n`,
      'templates/extra.yaml': `{{ if eq .Values.a "two" }}${configMap('extra')}{{ end }}`,
    });
    const fresh = ok(await cluster.portolan('diff', 'upgrade', 'web', chart, '--install'));
    assert.match(fresh.stdout, /^default, web, ConfigMap \(v1\) is new:\n\+apiVersion: v1\n/);
    ok(await cluster.portolan('install', 'web', chart));
    assert.is(ok(await cluster.portolan('diff', 'upgrade', 'web', chart, '--detailed-exitcode')).stdout, '');
    const changed = await cluster.portolan(
      'diff',
      'upgrade',
      'web',
      chart,
      '--set',
      'a=two',
      '--detailed-exitcode',
      '-C',
      '1',
    );
    assert.is(changed.code, 2, changed.stderr);
    assert.is(
      changed.stdout.split('\n').slice(0, 5).join('\n'),
      'default, web, ConfigMap (v1) has changed:\n data:\n-  a: one\n+  a: two\n kind: ConfigMap',
    );
    assert.match(changed.stdout, /default, extra, ConfigMap \(v1\) is new:/);
    // Drift is seen against the cluster only.
    await client.patch(CONFIG_MAPS, 'web', 'default', { data: { a: 'drifted' } }, { type: 'merge' });
    assert.is(ok(await cluster.portolan('diff', 'upgrade', 'web', chart)).stdout, '');
    assert.match(
      ok(await cluster.portolan('diff', 'upgrade', 'web', chart, '--live')).stdout,
      /\n- {2}a: drifted\n\+ {2}a: one\n/,
    );
    ok(await cluster.portolan('upgrade', 'web', chart, '--set', 'a=two', '--force-conflicts'));
    assert.match(ok(await cluster.portolan('diff', 'revision', 'web', '1')).stdout, /\n- {2}a: one\n\+ {2}a: two\n/);
    const json = JSON.parse(ok(await cluster.portolan('diff', 'rollback', 'web', '-o', 'json')).stdout);
    assert.equal(
      json.map(({ change, name }: { change: string; name: string }) => [change, name]),
      [
        ['changed', 'web'],
        ['removed', 'extra'],
      ],
    );
  }));

test('names that are taken, given up, and reused', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster, { 'templates/config.yaml': configMap('web') });
    ok(await cluster.portolan('install', 'web', chart));
    ok(await cluster.portolan('uninstall', 'web', '--keep-history', '--description', 'enough'));
    assert.equal(await statuses(cluster), ['uninstalled']);
    assert.is((await cluster.portolan('install', 'web', chart)).code, 1);
    ok(await cluster.portolan('install', 'web', chart, '--replace'));
    assert.equal(await statuses(cluster), ['superseded', 'deployed']);
    ok(await cluster.portolan('uninstall', 'web', '--keep-history'));
    const { stdout } = ok(await cluster.portolan('upgrade', 'web', chart, '--install'));
    assert.match(stdout, /^Release "web" does not exist\. Installing it now\.\nNAME: web\n/);
    const generated = ok(
      await cluster.portolan('install', chart, '--generate-name', '--create-namespace', '-n', 'other'),
    );
    assert.match(generated.stdout, /^NAME: web-\d{10}\n[\s\S]*NAMESPACE: other\n/);
    assert.match(ok(await cluster.portolan('list', '-A', '-q')).stdout, /^web\nweb-\d{10}\n$/);
  }));

test('definitions come first and are established before what uses them', () =>
  onCluster(async (cluster, client) => {
    const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {plural: things, singular: thing, kind: Thing, listKind: ThingList}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;
    const thing = `{{ if .Capabilities.APIVersions.Has "example.com/v1/Thing" -}}
apiVersion: example.com/v1
kind: Thing
metadata:
  name: one
spec: {size: {{ .Values.size }}}
{{- end }}
`;
    const chart = writeChart(cluster, {
      'crds/thing.yaml': crd,
      'templates/thing.yaml': thing,
      'values.yaml': 'size: 1\n',
    });
    ok(await cluster.portolan('install', 'web', chart, '--wait'));
    const things = { group: 'example.com', version: 'v1', resource: 'things' };
    ok(await cluster.portolan('upgrade', 'web', chart, '--set', 'size=2'));
    assert.is((await client.get(things, 'one', 'default')).spec.size, 2);
    ok(await cluster.portolan('uninstall', 'web'));
    assert.ok(
      await client.get(
        { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' },
        'things.example.com',
      ),
    );
  }));

test('a kind that is not served is told', () =>
  onCluster(async (cluster) => {
    const unknown = await cluster.portolan(
      'install',
      'web',
      writeChart(cluster, { 'templates/x.yaml': 'apiVersion: no.io/v1\nkind: Nope\nmetadata: {name: x}\n' }),
    );
    assert.match(
      unknown.stderr,
      /unable to build kubernetes objects from release manifest: resource mapping not found for name: "x" namespace: "" from "": no matches for kind "Nope" in version "no\.io\/v1"\nensure CRDs are installed first\n$/,
    );
  }));

test('records in ConfigMaps', () =>
  onCluster(async (cluster, client) => {
    const chart = writeChart(cluster, { 'templates/config.yaml': configMap('web') });
    cluster.variables.HELM_DRIVER = 'configmap';
    ok(await cluster.portolan('install', 'web', chart));
    assert.equal(await names(client, CONFIG_MAPS), ['sh.helm.release.v1.web.v1', 'web']);
    assert.equal(await names(client, SECRETS), []);
    assert.is(ok(await cluster.portolan('list', '-q')).stdout, 'web\n');
    cluster.variables.HELM_DRIVER = 'nonsense';
    assert.match((await cluster.portolan('list')).stderr, /unknown driver "nonsense"/);
  }));

test.run();
