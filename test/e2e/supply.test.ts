/** Charts from repositories: what helm does, and what we do, word for word and file for file. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { publishCharts } from '../../src/action/publish.ts';
import { realClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { type Pair, withPair, withServer } from '../support/pair.ts';
import { realTools } from '../support/real.ts';

const charts = fileURLToPath(new URL('../../charts', import.meta.url));
const compared = realTools() === undefined ? test.skip : test;

/** Files of a folder, behind a password where one is given. */
const serving =
  (folder: string, password?: string): RequestListener =>
  (request, response) => {
    const expected = `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
    if (password !== undefined && request.headers.authorization !== expected) return response.writeHead(401).end();
    const path = join(folder, normalize(new URL(request.url!, 'http://x').pathname));
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return response.writeHead(404).end();
    return response.end(readFileSync(path));
  };

/** A repository with a chart in several versions, and work folders with charts that depend on it. */
async function withRepository(run: (folders: { repository: string; work: string }) => Promise<void>) {
  const root = mkdtempSync(join(tmpdir(), 'portolan-supply-'));
  const [repository, work] = [join(root, 'repository'), join(root, 'work')];
  try {
    mkdirSync(work);
    for (const version of ['1.0.0', '1.1.0', '2.0.0-beta.1', '1.0.1+build']) {
      const chart = join(root, version, 'guestbook');
      cpSync(join(charts, 'guestbook'), chart, { recursive: true });
      const file = join(chart, 'Chart.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^version:.*$/m, `version: ${version}`));
      await publishCharts([chart], { to: repository, now: 0, clock: realClock, log: silentLog });
    }
    await publishCharts([join(charts, 'mysql')], { to: repository, now: 0, clock: realClock, log: silentLog });
    await run({ repository, work });
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Lines that do not depend on each other. */
async function atOnce(pair: Pair, lines: string[]) {
  for (let at = 0; at < lines.length; at += 4)
    await Promise.all(lines.slice(at, at + 4).map((line) => pair.same(line.split(' '))));
}

const chartYaml = (dependencies: string) =>
  `apiVersion: v2\nname: app\nversion: 0.1.0\ndependencies:\n${dependencies.replace(/^(?=.)/gm, '  ')}`;

function writeChart(folder: string, dependencies: string) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'Chart.yaml'), chartYaml(dependencies));
}

compared('repositories are added, listed, updated, searched and removed as by helm', async () => {
  await withRepository(async ({ repository }) => {
    await withServer(serving(repository), async (url) => {
      await withPair(undefined, async (pair) => {
        for (const words of [
          'repo list',
          'search repo x',
          'repo update',
          'repo remove one',
          `repo add one ${url}`,
          `repo add one ${url}`,
          `repo add one ${url}/other`,
          `repo add a/b ${url}`,
          `repo add nothing ${url}/nothing`,
          'repo add nothing http://127.0.0.1:1/',
          'repo add nothing ftp://127.0.0.1/',
          `repo add two ${url}/ --username me --password secret --pass-credentials`,
          `repo add two ${url}/ --force-update`,
          'repo list',
          'repo list -o json',
          'repo list -o yaml',
          'repo update one',
          'repo update three',
          'search repo',
          'search repo guestbook',
          'search repo guestbook -l',
          'search repo guestbook -l --devel',
          'search repo guest --version ~1.0.0 -o json',
          'search repo one/ -r -o yaml',
          'search repo nothing-here',
          'search repo nothing-here --fail-on-no-result',
          'search repo guestbook --version wrong',
          'search repo (',
          'search repo -r (',
          'repo remove two three',
          'repo list',
        ])
          await pair.same(words.split(' '));
        pair.sameFiles('.config/helm', { ignore: /lock$/ });
        pair.sameFiles('.cache/helm', { ignore: /-charts\.txt$/ });
      });
    });
  });
});

compared('charts are shown, pulled and rendered from repositories and addresses as by helm', async () => {
  await withRepository(async ({ repository }) => {
    await withServer(serving(repository), async (url) => {
      await withPair(undefined, async (pair) => {
        await pair.same(['repo', 'add', 'one', url]);
        await atOnce(pair, [
          'show chart one/guestbook',
          'show chart one/guestbook --devel',
          'show chart one/guestbook --version ~1.0',
          'show chart one/guestbook --version 1.0.1',
          'show chart one/guestbook --version 9',
          'show chart one/nothing',
          'show chart two/guestbook',
          'show chart guestbook',
          'show chart ./guestbook',
          'show chart /nowhere/guestbook',
          `show chart guestbook --repo ${url}`,
          `show chart guestbook --repo ${url} --version 7.x`,
          `show chart nothing --repo ${url}`,
          `show chart guestbook --repo ${url}/nothing`,
          `show chart ${url}/guestbook-1.0.0.tgz`,
          `show chart ${url}/guestbook-7.0.0.tgz`,
          'show chart http://127.0.0.1:1/guestbook-1.0.0.tgz',
          'show chart ftp://127.0.0.1/guestbook-1.0.0.tgz',
          'show values one/mysql',
          'template one/mysql --set auth.rootPassword=x --set auth.password=y',
          `template here mysql --repo ${url} --version 1.0.0 --set auth.rootPassword=x --set auth.password=y`,
          'show chart one/guestbook --verify',
        ]);
        for (const words of [
          'pull one/guestbook',
          'pull one/mysql --untar',
          'pull one/mysql --untar',
          'pull one/mysql --untar --untardir sub',
          'pull one/mysql --untar --untardir sub',
          'pull one/mysql one/guestbook --devel',
          `pull guestbook --repo ${url} --version 1.0.1+build`,
          `pull ${url}/mysql-1.0.0.tgz -d .`,
          'pull one/nothing',
          'pull ./guestbook',
          'pull one/guestbook --prov',
          'pull one/guestbook --verify',
        ])
          await pair.same(words.split(' '));
        pair.sameFiles('work');
        pair.sameFiles('.cache/helm/content');
      });
    });
  });
});

const DEPENDENCIES: [name: string, dependencies: string][] = [
  ['unmanaged', '- {name: mysql, version: ^1.0.0, repository: URL}\n'],
  [
    'managed',
    '- {name: guestbook, version: ~1.0.0, repository: "@one"}\n- {name: mysql, version: "*", repository: URL/}\n',
  ],
  [
    'alias',
    '- {name: guestbook, version: ">=1", repository: "alias:one"}\n- {name: guestbook, version: ">=1", repository: "alias:one", alias: second}\n',
  ],
  ['no-version', '- {name: mysql, version: ^7.0.0, repository: URL}\n'],
  ['no-chart', '- {name: nothing, version: ^7.0.0, repository: URL}\n'],
  ['no-repository', '- {name: mysql, version: 1.x, repository: "@nowhere"}\n'],
  ['no-address', '- {name: mysql, version: 1.x, repository: stable}\n'],
  ['unreachable', '- {name: mysql, version: 1.x, repository: "http://127.0.0.1:1/x"}\n'],
  ['local', '- {name: app, version: 0.x, repository: "file://../unmanaged"}\n'],
  ['bad-range', '- {name: mysql, version: "=>>1", repository: URL}\n'],
];

compared('dependencies are updated, built and listed as by helm', async () => {
  await withRepository(async ({ repository, work }) => {
    await withServer(serving(repository), async (url) => {
      for (const [name, dependencies] of DEPENDENCIES)
        writeChart(join(work, name), dependencies.replaceAll('URL', url));
      await withPair(work, async (pair) => {
        const each = async (verb: string, ...rest: string[]) => {
          await atOnce(
            pair,
            DEPENDENCIES.map(([name]) => [`dependency ${verb} {work}/${name}`, ...rest].join(' ')),
          );
        };
        await each('list');
        await each('update');
        await pair.same(['repo', 'add', 'one', url]);
        await each('update', '--skip-refresh');
        await each('update');
        await each('list');
        await each('build');
        await each('build', '--skip-refresh');
        await pair.same(['template', '{work}/no-version', '--dependency-update']);
        await pair.same(['package', '{work}/unmanaged', '-u', '-d', '{work}/out']);
        pair.sameFiles('work', {
          ignore: /\.tgz$/,
          clean: (text) => text.replace(/^generated: .*$/m, 'generated: NOW'),
        });
      });
    });
  });
});

compared('credentials are asked for and sent as by helm', async () => {
  await withRepository(async ({ repository }) => {
    await withServer(serving(repository, 'secret'), async (url) => {
      await withPair(undefined, async (pair) => {
        for (const words of [
          `repo add one ${url}`,
          `repo add one ${url} --username me --password wrong`,
          `repo add one ${url} --username me --password secret`,
          'show chart one/mysql',
          'pull one/guestbook',
          `show chart mysql --repo ${url}`,
          `show chart mysql --repo ${url} --username me --password secret`,
          `show chart ${url}/mysql-1.0.0.tgz`,
          `show chart ${url}/mysql-1.0.0.tgz --username me --password secret`,
        ])
          await pair.same(words.split(' '));
        pair.sameFiles('.config/helm', { ignore: /lock$/ });
        assert.is(statSync(join(pair.ourHome, '.config/helm/repositories.yaml')).mode & 0o777, 0o600);
        pair.sameFiles('work');
      });
    });
  });
});

test.run();
