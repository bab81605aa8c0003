import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packArchive } from '../../src/archive/pack.ts';
import { chartCrds, fullPath, textOf } from '../../src/chart/chart.ts';
import { loadArchive, loadChart } from '../../src/chart/load.ts';
import { loadFiles } from '../../src/chart/load-files.ts';
import { unpackChart } from '../../src/chart/save.ts';
import { lineLog } from '../../src/log.ts';

const CHART = 'apiVersion: v2\nname: web\nversion: 1.0.0\n';
const DB = 'apiVersion: v2\nname: db\nversion: 2.0.0\n';
const filesOf = (files: Record<string, string>) =>
  Object.entries(files).map(([name, text]) => ({ name, data: Buffer.from(text) }));

async function inFolder(files: Record<string, string>, run: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-load-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('every file goes where its name says', () => {
  const chart = loadFiles(
    filesOf({
      'Chart.yaml': CHART,
      'values.yaml': 'a: 1\n---\nb: 2\n',
      'values.schema.json': '{}',
      'Chart.lock': 'digest: x\ndependencies: []\n',
      'templates/a.yaml': '',
      'crds/c.yaml': 'c',
      'crds/readme.txt': '',
      'charts/db/Chart.yaml': DB,
      'charts/db/crds/d.yml': 'd',
      'charts/db/charts/inner/Chart.yaml': 'name: inner\nversion: 1.0.0\n',
      'charts/x.prov': '',
      'charts/.hidden/Chart.yaml': 'x',
      'charts/README.md/x': 'no chart',
      'README.md': '',
    }).filter(({ name }) => !name.startsWith('charts/README')),
  );
  assert.equal(chart.values, { a: 1, b: 2 });
  assert.equal(
    chart.files.map(({ name }) => name),
    ['crds/c.yaml', 'crds/readme.txt', 'charts/x.prov', 'README.md'],
  );
  const inner = chart.dependencies[0]!.dependencies[0]!;
  assert.is(fullPath(inner), 'web/charts/db/charts/inner');
  assert.is(inner.metadata.apiVersion, 'v1');
  assert.equal(
    chartCrds(chart).map(({ path }) => path),
    ['web/crds/c.yaml', 'web/charts/db/crds/d.yml'],
  );
});

test('keys of Object.prototype are names like any other', () => {
  const chart = loadFiles(filesOf({ 'Chart.yaml': `${CHART}__proto__: {a: 1}\n`, constructor: 'x', toString: 'y' }));
  assert.equal(
    chart.files.map(({ name }) => name),
    ['constructor', 'toString'],
  );
});

test('subcharts in archives, within archives', async () => {
  const mtime = new Date(0);
  const inner = await packArchive(filesOf({ 'db/Chart.yaml': DB }), { mtime });
  const outer = await packArchive(
    [...filesOf({ 'web/Chart.yaml': CHART }), { name: 'web/charts/db-2.0.0.tgz', data: inner }],
    { mtime },
  );
  assert.is(loadArchive(outer).dependencies[0]!.metadata.name, 'db');
  const broken = await packArchive([...filesOf({ 'web/Chart.yaml': CHART, 'web/charts/db.tgz': 'x' })], { mtime });
  assert.throws(() => loadArchive(broken), 'error unpacking subchart db.tgz in web: unexpected EOF');
});

test('an archive is unpacked as it was packed', async () => {
  const archive = await packArchive(filesOf({ 'x/Chart.yaml': CHART, 'x/a/b/c.txt': 'c' }), { mtime: new Date(0) });
  await inFolder({}, async (folder) => {
    unpackChart(archive, join(folder, 'web'));
    assert.is(textOf(loadChart(join(folder, 'web')).files[0]!), 'c');
  });
});

test('links are followed and told; one that leads into itself is an error', () =>
  inFolder({ 'web/Chart.yaml': CHART, 'shared/x.txt': 'x' }, (folder) => {
    symlinkSync('../shared', join(folder, 'web/files'));
    const lines: string[] = [];
    const chart = loadChart(join(folder, 'web'), { log: lineLog((line) => lines.push(line)) });
    assert.is(textOf(chart.files[0]!), 'x');
    assert.is(chart.files[0]!.name, 'files/x.txt');
    assert.match(lines[0]!, /found symbolic link in path/);
    symlinkSync('..', join(folder, 'web/up'));
    assert.throws(() => loadChart(join(folder, 'web')), /error evaluating symlink .*up\/web: it leads into itself/);
  }));

test('of a link that leads nowhere the first part that is missing is named', () =>
  inFolder({ 'web/Chart.yaml': CHART, 'shared/x.txt': 'x' }, (folder) => {
    symlinkSync('gone/b', join(folder, 'shared/dangling'));
    const ways: Record<string, string> = {
      '../none/a': `lstat ${folder}/none: no such file or directory`,
      '../shared/dangling/c': `lstat ${folder}/shared/gone: no such file or directory`,
      '../shared/x.txt/c': 'not a directory',
      link: 'EvalSymlinks: too many links',
    };
    for (const [way, problem] of Object.entries(ways)) {
      symlinkSync(way, join(folder, 'web/link'));
      const message = `error evaluating symlink ${folder}/web/link: ${problem}`;
      assert.throws(
        () => loadChart(join(folder, 'web')),
        (error: Error) => error.message === message,
      );
      rmSync(join(folder, 'web/link'));
    }
  }));

test('charts that are none', () =>
  inFolder(
    { 'empty/x': '', 'v9/Chart.yaml': 'apiVersion: v9\n', 'a.yaml': 'x', 'b.tgz': 'x', 'big/Chart.yaml': CHART },
    (folder) => {
      writeFileSync(join(folder, 'big/x.bin'), Buffer.alloc(6 * 1024 * 1024));
      const problems: Record<string, string> = {
        nope: `stat ${folder}/nope: no such file or directory`,
        empty: `unable to detect chart at ${folder}/empty/Chart.yaml: open ${folder}/empty/Chart.yaml: no such file or directory`,
        v9: 'unsupported chart version',
        'a.yaml': `file '${folder}/a.yaml' seems to be a YAML file, but expected a gzipped archive`,
        'b.tgz': `file '${folder}/b.tgz' does not appear to be a gzipped archive; got 'application/octet-stream'`,
        big: 'chart file "x.bin" is larger than the maximum file size 5242880',
      };
      for (const [name, problem] of Object.entries(problems))
        assert.throws(
          () => loadChart(join(folder, name)),
          (error: Error) => {
            assert.is(error.message, problem);
            return true;
          },
        );
    },
  ));

test('charts nested without end are refused', () => {
  const prefix = 'charts/a/'.repeat(80);
  const files = Array.from({ length: 81 }, (_, i) => ({
    name: `${prefix.slice(0, i * 9)}Chart.yaml`,
    data: Buffer.from(CHART),
  }));
  assert.throws(() => loadFiles(files), /charts are nested more than 64 deep/);
});

test.run();
