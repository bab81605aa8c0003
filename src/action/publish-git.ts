/**
 * Publishes charts to a branch of a git repository, as static sites are hosted from. The work tree and the index of the
 * repository are left alone: what is published is a commit made beside them. Whoever is slower of two who publish at once
 * begins again from what the other has published, so nothing is lost.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitError, git } from '../repo/git.ts';
import { type Published, type PublishOptions, publishCharts } from './publish.ts';

export interface PublishGitOptions extends Omit<PublishOptions, 'to'> {
  /** A folder in the repository. */
  directory: string;
  branch: string;
  /** Pushes to this remote; absent: the branch is changed here alone. */
  push?: string;
  /** The environment, which may tell git who commits. */
  variables: Record<string, string | undefined>;
}

export interface PublishedBranch {
  results: Published[];
  /** Undefined where all was published before. */
  commit?: string;
}

const MAX_ATTEMPTS = 10;

/** All of the charts or, when one is refused, none. */
export async function publishToBranch(charts: string[], options: PublishGitOptions): Promise<PublishedBranch> {
  const repository = repositoryOf(options);
  await checkBranch(repository, options.branch);
  const sign = options.sign && { ...options.sign, passphrase: askedOnce(options.sign.passphrase) };
  for (let attempt = 1; ; attempt++) {
    const base = await baseOf(repository, options);
    const { results, tree } = await published(charts, base, repository, { ...options, sign });
    const isNew = tree !== base.tree;
    const commit = isNew ? await commitOf(tree, base.commit, results, repository) : base.commit;
    if (commit === undefined || (!isNew && options.push === undefined)) return { results };
    if (await moveBranch(commit, base, repository, options)) return { results, ...(isNew && { commit }) };
    if (attempt === MAX_ATTEMPTS)
      throw new Error(`publish to ${options.branch}: others publish all the time; gave up after ${attempt} attempts`);
  }
}

/** A retry does not ask for it again. */
function askedOnce(ask: (name: string) => Promise<string>): (name: string) => Promise<string> {
  let answer: Promise<string> | undefined;
  return (name) => (answer ??= ask(name));
}

type Repository = (args: string[], rest?: { input?: string; index?: string }) => Promise<string>;

const repositoryOf =
  ({ directory, variables, signal }: PublishGitOptions): Repository =>
  (args, { input, index } = {}) =>
    git(args, { directory, input, signal, variables: { ...variables, ...(index && { GIT_INDEX_FILE: index }) } });

async function checkBranch(repository: Repository, branch: string): Promise<void> {
  await repository(['check-ref-format', '--branch', branch]).catch((cause) => {
    throw new Error(`${JSON.stringify(branch)} is no name for a branch`, { cause });
  });
  const trees = await repository(['worktree', 'list', '--porcelain']);
  if (trees.split('\n').includes(`branch refs/heads/${branch}`))
    throw new Error(`the branch ${branch} is checked out: publish to one that is not, or to the folder`);
}

interface Base {
  /** What is built upon; undefined where the branch does not exist. */
  commit?: string;
  tree?: string;
  /** What the branch of this repository is, which may be behind. */
  local?: string;
}

async function baseOf(repository: Repository, { branch, push }: PublishGitOptions): Promise<Base> {
  const local = await revision(repository, `refs/heads/${branch}`);
  const remote = push === undefined ? undefined : await fetchBranch(repository, push, branch);
  const commit = await newer(repository, local, remote, branch, push);
  return { local, commit, tree: commit && (await revision(repository, `${commit}^{tree}`)) };
}

const revision = (repository: Repository, name: string): Promise<string | undefined> =>
  repository(['rev-parse', '--quiet', '--verify', '--end-of-options', name]).catch(() => undefined);

async function fetchBranch(repository: Repository, remote: string, branch: string): Promise<string | undefined> {
  const heads = await repository(['ls-remote', '--heads', '--', remote, `refs/heads/${branch}`]);
  if (heads === '') return undefined;
  await repository(['fetch', '--quiet', '--no-tags', '--', remote, `refs/heads/${branch}`]);
  return heads.split(/\s/)[0];
}

/** The one that holds the other. */
async function newer(
  repository: Repository,
  local: string | undefined,
  remote: string | undefined,
  branch: string,
  name?: string,
): Promise<string | undefined> {
  if (local === undefined || remote === undefined) return remote ?? local;
  const holds = (a: string, b: string) =>
    repository(['merge-base', '--is-ancestor', a, b]).then(
      () => true,
      () => false,
    );
  if (await holds(local, remote)) return remote;
  if (await holds(remote, local)) return local;
  throw new Error(`the branch ${branch} is another than that of ${name}: bring them together first`);
}

/** Publishes to a folder with what matters of the base; answers the tree that comes of it. */
async function published(charts: string[], base: Base, repository: Repository, options: PublishGitOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-publish-'));
  try {
    const [to, index] = [join(folder, 'tree'), join(folder, 'index')];
    await repository(base.tree === undefined ? ['read-tree', '--empty'] : ['read-tree', base.tree], { index });
    await repository(['checkout-index', '--all', '--force', `--prefix=${to}/`], { index });
    const results = await publishCharts(charts, { ...options, to });
    await addFiles(to, index, repository);
    return { results, tree: await repository(['write-tree'], { index }) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Files as they are: what the repository does to line ends and the like would change digests. */
async function addFiles(folder: string, index: string, repository: Repository): Promise<void> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.publish.lock')
    .map((entry) => join(entry.parentPath, entry.name));
  const ids = await repository(['hash-object', '-w', '--no-filters', '--stdin-paths'], { input: files.join('\n') });
  const lines = ids.split('\n').map((id, i) => `100644 ${id}\t${files[i]!.slice(folder.length + 1)}\0`);
  await repository(['update-index', '-z', '--index-info'], { index, input: lines.join('') });
}

function commitOf(tree: string, parent: string | undefined, results: Published[], repository: Repository) {
  const changed = results.filter(({ outcome }) => outcome !== 'unchanged');
  const subject = changed.map(({ entry }) => `${entry.name} ${entry.version}`).join(', ');
  const message = `Publish ${subject === '' ? 'the pages' : subject}`;
  return repository(['commit-tree', tree, ...(parent ? ['-p', parent] : []), '-m', message]);
}

/** False where somebody else was faster. */
async function moveBranch(
  commit: string,
  base: Base,
  repository: Repository,
  { branch, push }: PublishGitOptions,
): Promise<boolean> {
  const name = `refs/heads/${branch}`;
  if (push !== undefined) {
    try {
      await repository(['push', '--quiet', '--', push, `${commit}:${name}`]);
    } catch (error) {
      if (isRejected(error)) return false;
      throw error;
    }
  }
  // With the value that it had: git refuses where another process has changed it since.
  const moved = repository(['update-ref', '-m', 'publish', name, commit, base.local ?? '0'.repeat(commit.length)]);
  return moved.then(
    () => true,
    () => push !== undefined, // what counts is there; the branch here follows the next time
  );
}

const isRejected = (error: unknown): boolean =>
  error instanceof GitError &&
  /\[rejected\]|\[remote rejected\].*(?:lock|changed)|cannot lock ref|fetch first|non-fast-forward/.test(error.stderr);
