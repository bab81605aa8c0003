/** Ours and real helm 4.2.3 in turn on one cluster: what one does the other must see, print and carry on. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { realTools } from '../support/real.ts';
import { ok, onCluster, type Ran, type TestCluster } from './cluster.ts';

const FILES: Record<string, string> = {
  'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\nappVersion: "1.16"\nannotations:\n  a: b\n',
  'values.yaml': 'replicas: 1\nimage: nginx\ngreeting: hello\n',
  'templates/NOTES.txt': '{{ .Values.greeting }}, {{ .Release.Name }}!\n',
  'templates/config.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  greeting: {{ .Values.greeting | quote }}\n',
  'templates/kept.yaml':
    '{{ if .Values.kept }}apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-kept\n  annotations:\n    helm.sh/resource-policy: keep\n{{ end }}\n',
  'templates/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
    spec:
      containers:
        - name: web
          image: {{ .Values.image }}
`,
  'templates/hook.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-hook\n  annotations:\n    helm.sh/hook: pre-install,pre-upgrade\n    helm.sh/hook-weight: "-5"\n',
};

/** Without the real clients there is nothing to compare with. */
const interop = realTools() ? test : test.skip;

function writeChart(cluster: TestCluster, name = 'web'): string {
  for (const [path, text] of Object.entries(FILES)) {
    const file = join(cluster.folder, name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return `./${name}`;
}

/** Times, ages, addresses and the random ends of names differ from run to run. */
const settled = (text: string) =>
  text
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000 UTC */g, 'TIME ')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replace(/(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w+ +\d+ \d\d:\d\d:\d\d \d{4}/g, 'TIME')
    .replace(/UPDATED +/g, 'UPDATED ')
    .replace(/(modifiedAt|createdAt)=\d+/g, '$1=N')
    .replace(/\b\d+(s|ms)\b/g, 'AGE');

function same(ours: Ran, theirs: Ran, what: string): void {
  assert.is(settled(ours.stdout), settled(theirs.stdout), `${what}: stdout`);
  assert.is(settled(ours.stderr), settled(theirs.stderr), `${what}: stderr`);
  assert.is(ours.code, theirs.code, `${what}: exit code`);
}

const READERS = [
  'list',
  'list -o json',
  'list -o yaml',
  'list -q',
  'list -A --no-headers',
  'list --failed',
  'list --filter ^w',
  'list --superseded -q',
  'list -l owner=helm -q',
  'status RELEASE',
  'history RELEASE',
  'history RELEASE -o json',
  'history RELEASE --max 1',
  'get all RELEASE',
  'get values RELEASE',
  'get values RELEASE -a',
  'get values RELEASE -o json',
  'get values RELEASE -a -o yaml',
  'get values RELEASE --revision 1',
  'get manifest RELEASE',
  'get hooks RELEASE',
  'get notes RELEASE',
  'get metadata RELEASE',
  'get metadata RELEASE -o json',
  'get metadata RELEASE --revision 1',
  'get all RELEASE --template {{.Release.Name}}-{{.Release.Version}}-{{.Release.Info.Status}}',
];

const REFUSALS = [
  'status nope',
  'history nope',
  'get values nope',
  'get manifest RELEASE --revision 99',
  'rollback RELEASE 99',
  'rollback RELEASE x',
  'rollback nope',
  'upgrade nope CHART',
  'uninstall nope',
  'uninstall nope --ignore-not-found',
  'install RELEASE CHART',
  'install Bad_Name CHART',
  'install other ./nothing',
  'install other CHART --labels name=x',
  'install other CHART --hide-secret',
  'install other CHART -f ./nothing.yaml',
  'install CHART',
  'install other CHART --set a..b=1',
  'get values Bad_Name',
  'uninstall RELEASE --cascade nope',
  'upgrade RELEASE CHART --server-side nope',
];

async function compareReaders(cluster: TestCluster, release: string): Promise<void> {
  const lines = [...READERS];
  const worker = async (): Promise<void> => {
    for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
      const words = line.split(' ').map((word) => (word === 'RELEASE' ? release : word));
      const [theirs, ours] = await Promise.all([cluster.helm(...words), cluster.portolan(...words)]);
      // helm prints the kinds of a release in no order.
      const shown = (ran: Ran): Ran => ({
        ...ran,
        stdout: ran.stdout.replace(/(?<=RESOURCES:\n)[\s\S]*?(?=\n\n\n)/, (text) =>
          text.split('\n\n').sort().join('\n\n'),
        ),
      });
      same(shown(ours), shown(theirs), line);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
}

interop('what we install, upgrade and roll back, helm shows as we do, and carries on', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster);
    const installed = ok(await cluster.portolan('install', 'web', chart, '--wait', '--labels', 'team=a'));
    assert.match(installed.stdout, /STATUS: deployed\nREVISION: 1\nDESCRIPTION: Install complete\n/);
    assert.match(installed.stdout, /NOTES:\nhello, web!\n$/);
    await compareReaders(cluster, 'web');
    ok(await cluster.portolan('upgrade', 'web', chart, '--set', 'replicas=2,greeting=hi', '--wait'));
    ok(await cluster.portolan('rollback', 'web', '--wait'));
    await compareReaders(cluster, 'web');

    assert.is(ok(await cluster.helm('rollback', 'web', '2')).stdout, 'Rollback was a success! Happy Helming!\n');
    assert.is((await cluster.kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}')).stdout, '2');
    ok(await cluster.helm('upgrade', 'web', chart, '--set', 'kept=true'));
    const theirs = ok(await cluster.helm('uninstall', 'web'));
    assert.match(theirs.stdout, /\[ConfigMap\] web-kept/);
    assert.is(ok(await cluster.portolan('list', '-q')).stdout, '');
  }),
);

interop('what helm installs, upgrades and rolls back, we carry on', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster);
    ok(await cluster.helm('install', 'web', chart, '--set', 'greeting=hi', '--wait'));
    const upgraded = ok(await cluster.portolan('upgrade', 'web', chart, '--reuse-values', '--set', 'replicas=3'));
    assert.match(upgraded.stdout, /^Release "web" has been upgraded\. Happy Helming!\nNAME: web\n/);
    assert.is(ok(await cluster.helm('get', 'values', 'web', '-o', 'json')).stdout, '{"greeting":"hi","replicas":3}\n');
    assert.is((await cluster.kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}')).stdout, '3');
    ok(await cluster.portolan('rollback', 'web', '1'));
    assert.is((await cluster.kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}')).stdout, '1');
    await compareReaders(cluster, 'web');
    same(
      await cluster.portolan('uninstall', 'web', '--keep-history'),
      { code: 0, stdout: 'release "web" uninstalled\n', stderr: '' },
      'uninstall',
    );
    await compareReaders(cluster, 'web');
    const left = ok(await cluster.kubectl('get', 'deployments,configmaps', '-o', 'name')).stdout;
    assert.not.match(left, /web$/m);
    ok(await cluster.helm('rollback', 'web', '2'));
    ok(await cluster.portolan('uninstall', 'web'));
    assert.is(ok(await cluster.helm('list', '-q')).stdout, '');
  }),
);

interop('our records are those of helm, key for key', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster);
    const words = ['--set', 'replicas=2', '--set-string', 'note=5', '--description', 'first'];
    ok(await cluster.helm('install', 'web', chart, ...words));
    const theirs = await record(cluster, 'web');
    ok(await cluster.helm('uninstall', 'web'));
    ok(await cluster.portolan('install', 'web', chart, ...words));
    const ours = await record(cluster, 'web');
    assert.equal(ours, theirs);
  }),
);

/** The record's Secret and the JSON in it, times apart. */
async function record(cluster: TestCluster, name: string) {
  const { stdout } = ok(await cluster.kubectl('get', 'secret', `sh.helm.release.v1.${name}.v1`, '-o', 'json'));
  const secret = JSON.parse(stdout);
  const text = Buffer.from(secret.data.release, 'base64').toString();
  const json = gunzipSync(Buffer.from(text, 'base64')).toString();
  const { labels } = secret.metadata;
  return {
    type: secret.type,
    labels: { ...labels, modifiedAt: labels.modifiedAt && 'N' },
    json: JSON.parse(json.replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"TIME"')),
    keys: json.match(/"[a-z_A-Z]+":/g),
  };
}

interop('both refuse alike', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster);
    ok(await cluster.portolan('install', 'web', chart));
    for (const line of REFUSALS) {
      const words = line.split(' ').map((word) => ({ RELEASE: 'web', CHART: chart })[word] ?? word);
      const theirs = await cluster.helm(...words);
      same(await cluster.portolan(...words), theirs, line);
    }
  }),
);

interop('objects of others are not taken', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster);
    ok(await cluster.kubectl('create', 'configmap', 'web', '--from-literal=greeting=mine'));
    const words = ['install', 'web', chart];
    const theirs = await cluster.helm(...words);
    assert.is(theirs.code, 1);
    same(await cluster.portolan(...words), theirs, 'foreign object');
    ok(await cluster.portolan(...words, '--take-ownership', '--force-conflicts'));
    const { stdout } = await cluster.kubectl('get', 'configmap', 'web', '-o', 'jsonpath={.data.greeting}');
    assert.is(stdout, 'hello');
  }),
);

const REFUSED: [what: string, manifest: string, values: string[]][] = [
  ['an unknown field', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {}\n', []],
  ['a wrong type', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: 5}\n', []],
  ['a bad name', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A_b}\n', []],
  ['no name', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n', []],
  ['no kind', 'a: b\n', []],
  ['an unknown kind', 'apiVersion: no.io/v1\nkind: Nope\nmetadata: {name: a}\n', []],
  ['a namespace that is not there', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: nowhere}\n', []],
  ['force with server-side apply', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n', ['--force-replace']],
];

interop('what the cluster refuses is told alike', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster);
    ok(await cluster.portolan('install', 'web', chart));
    for (const [what, manifest, words] of REFUSED) {
      writeFileSync(join(cluster.folder, 'web/templates/refused.yaml'), manifest);
      const theirs = await cluster.helm('upgrade', 'web', chart, ...words);
      same(await cluster.portolan('upgrade', 'web', chart, ...words), theirs, what);
    }
  }),
);

interop('dry runs print what helm prints and change nothing', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster);
    for (const mode of ['client', 'server']) {
      const words = ['install', 'web', chart, `--dry-run=${mode}`];
      same(await cluster.portolan(...words), await cluster.helm(...words), mode);
    }
    ok(await cluster.portolan('install', 'web', chart));
    const words = ['upgrade', 'web', chart, '--dry-run=server', '--set', 'greeting=new'];
    same(await cluster.portolan(...words), await cluster.helm(...words), 'upgrade');
    assert.is(
      ok(await cluster.portolan('list', '--no-headers'))
        .stdout.split('\t')[2]!
        .trim(),
      '1',
    );
  }),
);

interop('what cannot become ready fails as with helm, and says why', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster);
    ok(await cluster.portolan('install', 'web', chart, '--wait'));
    writeFileSync(join(cluster.folder, 'web/templates/claim.yaml'), CLAIM);
    const words = ['upgrade', 'web', chart, '--wait', '--timeout', '1s'];
    const theirs = await cluster.helm(...words);
    const ours = await cluster.portolan(...words);
    assert.is(ours.code, 1);
    const last = (text: string) => text.slice(text.indexOf('Error: '));
    assert.is(last(ours.stderr), last(theirs.stderr));
    assert.match(ours.stderr, /PersistentVolumeClaim\/claim is not ready:/);
    same(await cluster.portolan('history', 'web'), await cluster.helm('history', 'web'), 'history');
    const history = ok(await cluster.helm('history', 'web', '-o', 'json')).stdout;
    assert.equal(
      JSON.parse(history).map((row: { status: string }) => row.status),
      ['deployed', 'failed', 'failed'],
    );
    const atomic = await cluster.portolan(...words, '--rollback-on-failure');
    assert.match(atomic.stderr, /release web failed, and has been rolled back due to rollback-on-failure being set/);
    assert.match(ok(await cluster.helm('status', 'web')).stdout, /STATUS: deployed\nREVISION: 5\n/);
  }),
);

/** Bound to a class that nobody provides. */
const CLAIM = `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: claim
spec:
  storageClassName: nobody
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`;

interop('an interrupted install ends failed, and can be tried again', () =>
  onCluster(async (cluster) => {
    const chart = writeChart(cluster);
    writeFileSync(join(cluster.folder, 'web/templates/claim.yaml'), CLAIM);
    const interruption = new AbortController();
    const running = cluster.portolanUntil(interruption.signal, 'install', 'web', chart, '--wait', '--timeout', '30s');
    while (!/claim/.test((await cluster.kubectl('get', 'pvc', '-o', 'name')).stdout));
    interruption.abort(new Error('context canceled'));
    const ran = await running;
    assert.is(ran.code, 1);
    assert.match(ran.stdout, /Release web has been cancelled\.\n/);
    assert.match(ran.stderr, /Error: INSTALLATION FAILED: context canceled\n$/);
    assert.match(ok(await cluster.helm('status', 'web')).stdout, /STATUS: failed/);
    ok(await cluster.portolan('upgrade', 'web', chart));
  }),
);

test.run();
