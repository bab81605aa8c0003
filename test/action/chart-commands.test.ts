/** create, show, lint, package and dependency, each judged by what real helm does with the same chart. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createChart } from '../../src/action/create.ts';
import { buildDependencies, listDependencies, updateDependencies } from '../../src/action/dependency.ts';
import { lintPaths } from '../../src/action/lint.ts';
import { packageChart } from '../../src/action/package.ts';
import { renderChart } from '../../src/action/render-chart.ts';
import { type ShowFormat, showChart } from '../../src/action/show.ts';
import { loadChart } from '../../src/chart/load.ts';
import { printMessage } from '../../src/lint/message.ts';
import { realTools, runHelm } from '../support/real.ts';

const judge = realTools() === undefined ? test.skip : test;

async function inFolder(run: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-commands-'));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

function tree(folder: string): Record<string, string> {
  const names = (readdirSync(folder, { recursive: true }) as string[]).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(folder, name);
      return [name, statSync(path).isDirectory() ? 'directory' : readFileSync(path, 'utf8')];
    }),
  );
}

const WEB = {
  'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: 2\n# a comment\nkeywords: [b, a]\n',
  'web/values.yaml': '# values\na: 1\n',
  'web/README.md': '# Web\n',
  'web/crds/one.yaml': 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n',
  'web/templates/a.yaml': 'kind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n',
};

judge("create writes helm's scaffold", () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, 'theirs'));
    runHelm(['create', 'theirs/web'], {}, folder);
    mkdirSync(join(folder, 'ours'));
    await createChart({ name: join(folder, 'ours', 'web') });
    assert.equal(tree(join(folder, 'ours')), tree(join(folder, 'theirs')));
  }),
);

judge('create from a starter', () =>
  inFolder(async (folder) => {
    write(folder, {
      'starter/Chart.yaml': 'apiVersion: v1\nname: starter\nversion: 9.9.9\n',
      'starter/values.yaml': 'name: <CHARTNAME>\n# kept\n',
      'starter/templates/a.yaml': 'a: {{ include "<CHARTNAME>.x" . }}\n',
      'starter/docs/x.txt': '<CHARTNAME> stays here\n',
    });
    mkdirSync(join(folder, 'theirs'));
    mkdirSync(join(folder, 'ours'));
    runHelm(['create', join(folder, 'theirs/web'), '--starter', join(folder, 'starter')]);
    await createChart({ name: join(folder, 'ours/web'), starter: join(folder, 'starter') });
    assert.equal(tree(join(folder, 'ours')), tree(join(folder, 'theirs')));
  }),
);

test('create in Handlebars gives a chart that renders and lints', () =>
  inFolder(async (folder) => {
    const path = await createChart({ name: join(folder, 'web'), engine: 'handlebars' });
    const { manifests, notes } = await renderChart({ chart: path, releaseName: 'a', namespace: 'b' });
    assert.equal(
      manifests.map(({ head, path }) => `${path} ${head.kind} ${head.metadata!.name}`),
      ['web/templates/service.yaml.hbs Service a-web', 'web/templates/deployment.yaml.hbs Deployment a-web'],
    );
    assert.is(notes, 'web listens inside the cluster on a-web.b:80.\n');
    const [result] = await lintPaths([path]);
    assert.equal(result!.messages.map(printMessage), ['[INFO] Chart.yaml: icon is recommended']);
  }));

test('create refuses names that are none', async () => {
  const problems = {
    'a b': /must match the regular expression "\^\[a-zA-Z0-9._-\]\+\$"/,
    [`${'a'.repeat(251)}`]: /between 1 and 250/,
  };
  for (const [name, problem] of Object.entries(problems)) {
    const error = await createChart({ name: join(tmpdir(), name) }).then(
      () => undefined,
      (reason: Error) => reason,
    );
    assert.match(error?.message ?? '', problem);
  }
});

for (const format of ['all', 'chart', 'values', 'readme', 'crds'] as ShowFormat[])
  judge(`show ${format}`, () =>
    inFolder((folder) => {
      write(folder, WEB);
      const path = join(folder, 'web');
      assert.is(showChart(loadChart(path), format), runHelm(['show', format, path]).stdout);
    }),
  );

const LINTED: Record<string, Record<string, string>> = {
  'a good chart': { ...WEB, 'web/Chart.yaml': `${WEB['web/Chart.yaml']}icon: https://a.b/c.png\n` },
  'no icon': WEB,
  'no chart': { 'web/x': '' },
  'wrong fields': {
    ...WEB,
    'web/Chart.yaml':
      'apiVersion: v1\nname: a/b\nversion: 1.2\nappVersion: 2\ntype: x\nicon: nope\nsources: [""]\nfoo: 1\nname: c\nmaintainers: [{name: x, email: y}]\n',
  },
  'no templates and no values': { 'web/Chart.yaml': WEB['web/Chart.yaml'] },
  'broken template': { ...WEB, 'web/templates/b.yaml': '{{ nope }}' },
  'broken yaml': { ...WEB, 'web/templates/b.yaml': 'a: b: c' },
  'required and fail do not matter': { ...WEB, 'web/templates/b.yaml': '{{ fail "x" }}{{ required "y" .Values.z }}' },
  'old and wrong objects': {
    ...WEB,
    'web/templates/b.yaml':
      ' \n  apiVersion: extensions/v1beta1\n  kind: Deployment\n  metadata:\n    name: A_b\n---\nkind: Service\nmetadata: {name: 1a}\n---\nkind: Role\nmetadata: {name: a/b}\n',
  },
  'wrong extension': { ...WEB, 'web/templates/b.js': 'x' },
  'broken definitions': { ...WEB, 'web/crds/two.yaml': 'kind: X\n---\na: b: c\n' },
  'undeclared and missing dependencies': {
    ...WEB,
    'web/Chart.yaml': `${WEB['web/Chart.yaml']}dependencies: [{name: gone, version: 1}]\n`,
    'web/charts/db/Chart.yaml': 'apiVersion: v2\nname: db\nversion: 1.0.0\n',
  },
  'broken values': { ...WEB, 'web/values.yaml': 'a: [' },
};

for (const [title, files] of Object.entries(LINTED))
  judge(`lint: ${title}`, () =>
    inFolder(async (folder) => {
      write(folder, files);
      const path = join(folder, 'web');
      const { stdout } = runHelm(['lint', path]);
      const [result] = await lintPaths([path]);
      const lines =
        result!.messages.length > 0 ? result!.messages.map(printMessage) : result!.errors.map((e) => `Error ${e}`);
      const ours = `==> Linting ${path}\n${lines.map((line) => `${line}\n`).join('')}`;
      assert.is(ours.trim(), stdout.replace(/\n*1 chart\(s\) linted, .*\n/, '').trim());
    }),
  );

judge('what we package, helm reads; the same files give the same bytes', () =>
  inFolder(async (folder) => {
    write(folder, {
      ...WEB,
      'web/charts/db/Chart.yaml': 'apiVersion: v2\nname: db\nversion: 1.0.0\n',
      'web/.helmignore': '*.bak\n',
      'web/x.bak': '',
    });
    const options = {
      path: join(folder, 'web'),
      destination: folder,
      mtime: new Date(0),
      version: '2.0.0',
      appVersion: '7',
    };
    const first = await packageChart(options);
    const second = await packageChart({ ...options, destination: join(folder, 'again') });
    assert.is(first.path, join(folder, 'web-2.0.0.tgz'));
    assert.equal(first.bytes, second.bytes);
    mkdirSync(join(folder, 'theirs'));
    runHelm(['package', join(folder, 'web'), '-d', join(folder, 'theirs'), '--version', '2.0.0', '--app-version', '7']);
    const theirs = join(folder, 'theirs', 'web-2.0.0.tgz');
    const files = (path: string) => loadChart(path).raw.map(({ name, data }) => [name, Buffer.from(data).toString()]);
    assert.equal(files(first.path), files(theirs));
    for (const command of ['template', 'show'])
      assert.equal(
        runHelm([command, ...(command === 'show' ? ['all'] : []), first.path]),
        runHelm([command, ...(command === 'show' ? ['all'] : []), theirs]),
      );
  }),
);

const PARENT = {
  ...WEB,
  'web/Chart.yaml': `${WEB['web/Chart.yaml']}dependencies:\n- name: db\n  version: 1.x\n  repository: file://../db\n  alias: store\n  tags: [a]\n- name: inner\n  version: ">=0"\n  repository: ""\n`,
  'web/charts/inner/Chart.yaml': 'apiVersion: v2\nname: inner\nversion: 0.1.0\n',
  'web/charts/loose/Chart.yaml': 'apiVersion: v2\nname: loose\nversion: 0.1.0\n',
  'db/Chart.yaml': 'apiVersion: v2\nname: db\nversion: 1.4.0\n',
  'db/values.yaml': 'a: 1\n',
};

judge('dependency update and build bring local charts in', () =>
  inFolder(async (folder) => {
    for (const side of ['ours', 'theirs']) write(join(folder, side), PARENT);
    runHelm(['dependency', 'update', 'web'], {}, join(folder, 'theirs'));
    const lines: string[] = [];
    const path = join(folder, 'ours/web');
    await updateDependencies({ path, print: (line) => lines.push(line), now: () => 0 });
    assert.equal(lines, [
      'Saving 2 charts',
      'Dependency inner did not declare a repository. Assuming it exists in the charts directory',
      'Deleting outdated charts',
    ]);
    const lock = (side: string) =>
      readFileSync(join(folder, side, 'web/Chart.lock'), 'utf8').replace(/generated: .*/, '');
    assert.is(lock('ours'), lock('theirs'));
    assert.equal(readdirSync(join(path, 'charts')), readdirSync(join(folder, 'theirs/web/charts')));
    rmSync(join(path, 'charts', 'db-1.4.0.tgz'));
    await buildDependencies({ path });
    assert.ok(readdirSync(join(path, 'charts')).includes('db-1.4.0.tgz'));
    assert.is(runHelm(['dependency', 'build', path]).code, 0, 'helm finds our lock in order');
  }),
);

judge('dependency list', () =>
  inFolder((folder) => {
    write(folder, PARENT);
    const { rows, warnings } = listDependencies(join(folder, 'web'));
    const { stdout } = runHelm(['dependency', 'list', 'web'], {}, folder);
    const theirs = stdout
      .split('\n')
      .slice(1, 3)
      .map((line) => line.split('\t').map((cell) => cell.trim()));
    assert.equal(
      rows!.map(({ name, version, repository, status }) => [name, version, repository, status]),
      theirs,
    );
    assert.equal(
      warnings.map((line) => line.replace(`${folder}/`, '')),
      stdout.split('\n').filter((line) => line.startsWith('WARNING')),
    );
  }),
);

test('a dependency that cannot be had is an error, and nothing is changed', () =>
  inFolder(async (folder) => {
    write(folder, { ...PARENT, 'db/Chart.yaml': 'apiVersion: v2\nname: db\nversion: 2.0.0\n' });
    const before = tree(folder);
    const error = await updateDependencies({ path: join(folder, 'web') }).then(
      () => undefined,
      (reason: Error) => reason,
    );
    assert.is(
      error?.message,
      `can't get a valid version for 1 subchart(s): "db" (repository "file://../db", version "1.x"). Make sure a matching chart version exists in the repo, or change the version constraint in Chart.yaml`,
    );
    assert.equal(tree(folder), before);
  }));

test.run();
