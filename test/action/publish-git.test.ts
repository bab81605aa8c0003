/** Publishing to a branch, with a repository that several clones push to. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type PublishGitOptions, publishToBranch } from '../../src/action/publish-git.ts';
import { realClock } from '../../src/clock.ts';
import { runCommandLine } from '../../src/cmd/run.ts';
import { silentLog } from '../../src/log.ts';
import { parseIndex } from '../../src/repo/index-file.ts';
import { testIo } from '../cmd/io.ts';

const mysql = fileURLToPath(new URL('../../charts/mysql', import.meta.url));

interface World {
  folder: string;
  bare: string;
  /** A clone with a commit on main. */
  clone(name: string): string;
  git(directory: string, ...args: string[]): string;
  /** The chart in that version. */
  chart(version: string, description?: string): string;
  publish(directory: string, charts: string[], rest?: Partial<PublishGitOptions>): ReturnType<typeof publishToBranch>;
  versions(directory: string, branch: string): string[];
}

const identity = {
  GIT_AUTHOR_NAME: 'x',
  GIT_AUTHOR_EMAIL: 'x@a.example',
  GIT_COMMITTER_NAME: 'x',
  GIT_COMMITTER_EMAIL: 'x@a.example',
};

async function withWorld(run: (world: World) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-publish-git-'));
  const variables = {
    PATH: process.env.PATH,
    HOME: folder,
    ...identity,
  };
  const git = (directory: string, ...args: string[]) =>
    execFileSync('git', args, { cwd: directory, env: variables, encoding: 'utf8', stdio: 'pipe' });
  const bare = join(folder, 'bare.git');
  const world: World = {
    folder,
    bare,
    git,
    clone(name) {
      const directory = join(folder, name);
      git(folder, 'clone', '-q', bare, directory);
      writeFileSync(join(directory, 'file'), name);
      return directory;
    },
    chart(version, description = 'a database') {
      const directory = join(folder, `chart-${version}-${description.length}`, 'mysql');
      mkdirSync(directory, { recursive: true });
      cpSync(mysql, directory, { recursive: true });
      const path = join(directory, 'Chart.yaml');
      const text = readFileSync(path, 'utf8').replace(/^version:.*$/m, `version: ${version}`);
      writeFileSync(path, text.replace(/^description:.*$/m, `description: ${description}`));
      return directory;
    },
    publish: (directory, charts, rest = {}) =>
      publishToBranch(charts, {
        directory,
        variables,
        branch: 'pages',
        now: 0,
        clock: realClock,
        log: silentLog,
        ...rest,
      }),
    versions: (directory, branch) =>
      parseIndex(git(directory, 'show', `${branch}:index.yaml`), '').entries.mysql!.map(({ version }) => version),
  };
  try {
    git(folder, 'init', '-q', '--bare', '-b', 'main', bare);
    await run(world);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('charts go to a branch that is made for them, and the work tree stays as it is', async () => {
  await withWorld(async ({ clone, git, chart, publish, versions }) => {
    const here = clone('here');
    git(here, 'add', '.');
    git(here, 'commit', '-qm', 'one');
    writeFileSync(join(here, 'file'), 'changed');
    writeFileSync(join(here, 'new'), 'new');
    git(here, 'add', 'new');
    const before = git(here, 'status', '--porcelain=v2', '--branch');
    const { commit, results } = await publish(here, [chart('1.0.0')]);
    assert.is(git(here, 'rev-parse', 'pages').trim(), commit);
    assert.is(results[0]!.outcome, 'added');
    assert.is(git(here, 'log', '-1', '--format=%s', 'pages').trim(), 'Publish mysql 1.0.0');
    assert.equal(git(here, 'ls-tree', '-r', '--name-only', 'pages').trim().split('\n'), [
      'charts/mysql.html',
      'index.html',
      'index.yaml',
      'mysql-1.0.0.tgz',
    ]);
    await publish(here, [chart('1.1.0')]);
    assert.equal(versions(here, 'pages'), ['1.1.0', '1.0.0']);
    assert.is((await publish(here, [chart('1.1.0')])).commit, undefined, 'nothing new, no commit');
    assert.is(git(here, 'rev-list', '--count', 'pages').trim(), '2');
    assert.is(git(here, 'status', '--porcelain=v2', '--branch'), before);
  });
});

test('what is published is not changed, and other files of the branch stay', async () => {
  await withWorld(async ({ clone, git, chart, publish, folder }) => {
    const here = clone('here');
    git(here, 'checkout', '-q', '--orphan', 'pages');
    writeFileSync(join(here, 'CNAME'), 'charts.example\n');
    git(here, 'add', 'CNAME');
    git(here, 'commit', '-qm', 'one');
    await publish(here, [chart('1.0.0')]).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, /the branch pages is checked out/),
    );
    git(here, 'checkout', '-q', '--detach');
    await publish(here, [chart('1.0.0')]);
    assert.is(git(here, 'show', 'pages:CNAME'), 'charts.example\n');
    const tip = git(here, 'rev-parse', 'pages');
    await publish(here, [chart('1.0.0', 'other content')]).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, /published with other content/),
    );
    assert.is(git(here, 'rev-parse', 'pages'), tip);
    for (const branch of ['a..b', '-x', 'a b', ''])
      await publish(here, [chart('1.0.0')], { branch }).then(
        () => assert.unreachable(branch),
        (error: Error) => assert.match(error.message, /is no name for a branch/),
      );
    await publish(folder, [chart('1.0.0')]).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, /not a git repository/),
    );
  });
});

test('nothing is pushed unless asked for; what is pushed holds what others have pushed', async () => {
  await withWorld(async ({ clone, git, chart, publish, versions, bare }) => {
    const [here, there] = [clone('here'), clone('there')];
    await publish(here, [chart('1.0.0')]);
    assert.is(git(bare, 'branch'), '');
    await publish(here, [chart('1.1.0')], { push: 'origin' });
    assert.equal(versions(bare, 'pages'), ['1.1.0', '1.0.0']);
    await publish(there, [chart('2.0.0')], { push: 'origin' });
    assert.equal(versions(bare, 'pages'), ['2.0.0', '1.1.0', '1.0.0']);
    await publish(here, [chart('3.0.0')], { push: 'origin' });
    assert.equal(versions(bare, 'pages'), ['3.0.0', '2.0.0', '1.1.0', '1.0.0']);
    await publish(here, [chart('4.0.0')]);
    await publish(there, [chart('5.0.0')], { push: 'origin' });
    await publish(here, [chart('6.0.0')], { push: 'origin' }).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, /is another than that of origin: bring them together first/),
    );
  });
});

test('the command tells what it has committed, and where it went', async () => {
  await withWorld(async ({ clone, chart, versions, bare }) => {
    const directory = clone('here');
    const say = async (line: string) => {
      const variables = { ...identity, PATH: process.env.PATH };
      const io = testIo({ directory, variables }, {});
      const code = await runCommandLine(line.split(' '), { ...io, clock: realClock });
      return { code, ...io.out };
    };
    const path = chart('1.0.0');
    const pushed = await say(`publish ${path} --to git:pages --push`);
    assert.match(pushed.stdout, /^mysql 1\.0\.0: added\ncommitted to pages: [0-9a-f]{12}, pushed to origin\n$/);
    assert.equal(versions(bare, 'pages'), ['1.0.0']);
    const again = await say(`publish ${path} --to git:pages`);
    assert.equal(again, { code: 0, stdout: 'mysql 1.0.0: unchanged\n', stderr: '' });
    const wrong = await say(`publish ${path} --to git:pages --push --remote nowhere`);
    assert.match(wrong.stderr, /^Error: git ls-remote: .*nowhere/);
  });
});

test('of many who publish at once none is lost', async () => {
  await withWorld(async ({ clone, chart, publish, versions, bare }) => {
    const numbers = [1, 2, 3];
    const clones = numbers.map((n) => clone(`clone-${n}`));
    await Promise.all(numbers.map((n, i) => publish(clones[i]!, [chart(`1.0.${n}`)], { push: 'origin' })));
    assert.equal(versions(bare, 'pages'), ['1.0.3', '1.0.2', '1.0.1']);
    const one = clones[0]!;
    await Promise.all(numbers.map((n) => publish(one, [chart(`2.0.${n}`)], { branch: 'local' })));
    assert.equal(versions(one, 'local'), ['2.0.3', '2.0.2', '2.0.1']);
  });
});

test.run();
