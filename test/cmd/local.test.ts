/** Commands that need no cluster print what helm 4.2.3 prints, and end as it ends. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommandLine } from '../../src/cmd/run.ts';
import { realTools } from '../support/real.ts';
import { testIo } from './io.ts';

const LINES = `
template CHART
template web CHART -n other --set replicaCount=3,image.tag=x --set-string podLabels.a=1
template CHART --show-only templates/service.yaml
template CHART -s templates/s*.yaml --skip-tests
template CHART --no-hooks --is-upgrade
template CHART --include-crds --kube-version 1.30 -a example.com/v1
template CHART -s templates/none.yaml
template CHART -f VALUES --set-json {"service":{"port":81}}
template CHART --set-file podAnnotations.a=VALUES
template CHART --set a..b=1
template CHART -f /nonexistent.yaml
template CHART --kube-version x
template CHART --dry-run=none
template CHART --dry-run=bogus
template CHART --dry-run
template CHART --validate --dry-run=client
template CHART --name-template {{printf\`made\`}}
template CHART -g
template web CHART -g
template web CHART extra more
template /nonexistent
template nowhere
template nowhere/chart
template BROKEN
template BROKEN --debug
template DEEP
template Bad_name CHART
template LOUD --set name=x,secret=y
template LOUD --set db=1
template CHART --output-dir OUT
template CHART --post-renderer nope
template CHART --hide-notes
lint CHART
lint CHART --strict
lint BROKEN
lint CHART BROKEN --quiet
lint LOUD
lint LOUD --set db=1,map=x,name=
lint /nonexistent
show chart CHART
show values CHART
show all CHART
show readme CHART
show crds CHART
inspect chart CHART
dependency list CHART
dependency list DEEP
dependency build DEEP
dep up CHART
package CHART -d OUT
package CHART -d OUT --version 1.2.3 --app-version 9
package CHART -d OUT --version x
package BROKEN -d OUT
package
package /nonexistent
create OUT/new
create OUT/bad*name
install CHART --dry-run=client
install web CHART --dry-run=client
install web CHART --dry-run=client -o json
install web CHART --dry-run=client --hide-secret --hide-notes
install web /nonexistent
install Bad CHART --dry-run=client
install web CHART --dry-run=client --labels owner=x
install web CHART --wait=bogus
env HELM_NAMESPACE
env HELM_MAX_HISTORY
env NOPE
`;

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Times differ, and the names of the program. */
const settled = ({ code, stdout, stderr }: Ran, line: string): Ran => ({
  code,
  stdout: stdout.replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"TIME"').replace(/LAST DEPLOYED: .*/, 'LAST DEPLOYED: TIME'),
  // With --debug both tell what they do, each in its way.
  stderr: stderr
    .replace(line.includes('--debug') ? /^level=(DEBUG|INFO).*\n/gm : '', '')
    .replace(/\nWhere this happened:\n[\s\S]*/, '')
    .replace(/^(Usage: {2})helm|"helm/gm, (text) => text.replace('helm', 'portolan')),
});

const compared = realTools() ? test : test.skip;

compared('every line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-local-'));
  try {
    const places = layOut(folder);
    const lines = LINES.trim().split('\n');
    const worker = async (): Promise<void> => {
      for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
        const [theirs, ours] = ['theirs', 'ours'].map((side) => {
          const out = join(folder, `out-${side}-${lines.length}`);
          mkdirSync(out);
          const known: Record<string, string> = { ...places, OUT: out };
          return {
            out,
            words: line!
              .split(' ')
              .map((word) => word.replace(/\b(CHART|BROKEN|DEEP|LOUD|VALUES|OUT)\b/, (name) => known[name]!)),
          };
        });
        const expected = settled(await runReal(theirs!.words, folder), line);
        const actual = settled(await runOurs(ours!.words, folder), line);
        const hidden = (text: string) => text.replaceAll(theirs!.out, 'OUT').replaceAll(ours!.out, 'OUT');
        assert.is(hidden(actual.stdout), hidden(expected.stdout), `${line}: stdout`);
        assert.is(hidden(actual.stderr), hidden(expected.stderr), `${line}: stderr`);
        assert.is(actual.code, expected.code, `${line}: exit code`);
      }
    };
    await Promise.all([worker(), worker(), worker()]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function layOut(folder: string): Record<string, string> {
  const chart = join(folder, 'web');
  const broken = join(folder, 'broken');
  const deep = join(folder, 'deep');
  const values = join(folder, 'values.yaml');
  return { ...makeCharts(chart, broken, deep, values), LOUD: makeLoudChart(join(folder, 'loud')) };
}

/** A chart that Helm has much to log about. */
function makeLoudChart(chart: string): string {
  const files: Record<string, string> = {
    'Chart.yaml': 'apiVersion: v2\nname: loud\nversion: 0.1.0\ndeprecated: true\n',
    'requirements.yaml': 'dependencies:\n- {name: db, version: 0.1.0}\n',
    'requirements.lock': 'dependencies: []\n',
    'charts/db/Chart.yaml': 'apiVersion: v2\nname: db\nversion: 0.1.0\n',
    'values.yaml': 'db: {size: 1}\nmap: {a: 1}\n',
    'templates/a.yaml':
      'a: {{ required "a name" .Values.name }}\n{{ if not .Values.secret }}{{ fail "no secret" }}{{ end }}\n',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(chart, name, '..'), { recursive: true });
    writeFileSync(join(chart, name), text);
  }
  return chart;
}

function makeCharts(chart: string, broken: string, deep: string, values: string): Record<string, string> {
  const write = (path: string, text: string) => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  };
  write(
    join(chart, 'Chart.yaml'),
    'apiVersion: v2\nname: web\nversion: 0.1.0\nappVersion: "1"\nicon: https://x/y.png\n',
  );
  write(
    join(chart, 'values.yaml'),
    'replicaCount: 1 # how many\nimage: {tag: a}\nservice: {port: 80}\npodLabels: {}\npodAnnotations: {}\n',
  );
  write(join(chart, 'README.md'), '# web\n');
  write(
    join(chart, 'crds', 'thing.yaml'),
    'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.x.io}\n',
  );
  write(join(chart, 'templates', 'NOTES.txt'), 'Hello {{ .Release.Name }}\n');
  write(
    join(chart, 'templates', 'service.yaml'),
    'apiVersion: v1\nkind: Service\nmetadata: {name: {{ .Release.Name }}}\nspec: {ports: [{port: {{ .Values.service.port }}}]}\n',
  );
  write(
    join(chart, 'templates', 'secret.yaml'),
    'apiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: {{ toJson .Values.podAnnotations }}}\n',
  );
  write(
    join(chart, 'templates', 'config.yaml'),
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {n: "{{ .Values.replicaCount }} {{ .Release.IsUpgrade }} {{ .Capabilities.KubeVersion }}", l: {{ toJson .Values.podLabels | quote }}}\n',
  );
  write(
    join(chart, 'templates', 'tests', 'test.yaml'),
    'apiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n',
  );
  cpSync(chart, broken, { recursive: true });
  write(join(broken, 'Chart.yaml'), 'apiVersion: v2\nname: broken\nversion: 0.1.0\n');
  write(join(broken, 'templates', 'bad.yaml'), 'a: {{ .Values.nope.x }}\n');
  cpSync(chart, deep, { recursive: true });
  write(
    join(deep, 'Chart.yaml'),
    'apiVersion: v2\nname: deep\nversion: 0.1.0\ndependencies:\n- {name: sub, version: 0.1.0}\n',
  );
  write(values, 'service:\n  port: 8080\n');
  return { CHART: chart, BROKEN: broken, DEEP: deep, VALUES: values };
}

const runReal = (words: string[], home: string): Promise<Ran> =>
  new Promise((resolve) => {
    const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: '/dev/null' };
    execFile(realTools()!.helm, words, { env, cwd: home, encoding: 'utf8' }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });

async function runOurs(words: string[], home: string): Promise<Ran> {
  const io = testIo({ home, directory: home, variables: { PORTOLAN_HOME: join(home, 'data') } });
  const code = await runCommandLine(words, io);
  return { code, ...io.out };
}

test.run();
