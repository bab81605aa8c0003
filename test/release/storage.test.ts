import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memoryDriver } from '../../src/release/memory-driver.ts';
import type { Release, ReleaseStatus } from '../../src/release/release.ts';
import { releaseStorage } from '../../src/release/storage.ts';

const release = (revision: number, status: ReleaseStatus, name = 'web'): Release => ({
  name,
  namespace: 'default',
  revision,
  info: { description: '', status, notes: '' },
  overrides: {},
  manifest: '',
  hooks: [],
  labels: {},
  applyMethod: '',
});

async function rejects(promise: Promise<unknown>, message: string) {
  const error = await promise.then(
    () => undefined,
    (e: Error) => e,
  );
  assert.is(error?.message, message);
}

test('the last and the deployed revision', async () => {
  const storage = releaseStorage(memoryDriver());
  await rejects(storage.last('web'), 'release: not found');
  await rejects(storage.deployed('web'), '"web" has no deployed releases');
  for (const [revision, status] of [
    [1, 'superseded'],
    [2, 'deployed'],
    [3, 'failed'],
  ] as const)
    await storage.create(release(revision, status));
  assert.is((await storage.last('web')).revision, 3);
  assert.is((await storage.deployed('web')).revision, 2);
  assert.equal(
    (await storage.history('web')).map((r) => r.revision),
    [1, 2, 3],
  );
  await rejects(storage.create(release(3, 'failed')), 'release: already exists');
  await rejects(storage.get('web', 9), 'release: not found');
});

test('revisions sort as numbers', async () => {
  const storage = releaseStorage(memoryDriver());
  for (let i = 1; i <= 11; i++) await storage.create(release(i, 'superseded'));
  assert.is((await storage.last('web')).revision, 11);
});

test('history is trimmed to its limit, the deployed revision kept', async () => {
  const cases: [ReleaseStatus[], number, number[]][] = [
    [['superseded', 'superseded', 'deployed'], 3, [2, 3, 4]],
    [['deployed', 'failed', 'failed'], 3, [1, 3, 4]],
    [['deployed', 'failed', 'failed'], 1, [1, 4]],
    [['failed', 'failed', 'failed'], 1, [4]],
    [['superseded', 'deployed'], 0, [1, 2, 3]],
    [['superseded', 'deployed'], 10, [1, 2, 3]],
  ];
  for (const [statuses, limit, kept] of cases) {
    const storage = releaseStorage(memoryDriver());
    for (const [i, status] of statuses.entries()) await storage.create(release(i + 1, status));
    await storage.create(release(4, 'deployed', 'other'));
    await storage.create(release(statuses.length + 1, 'pending-upgrade'), limit);
    assert.equal(
      (await storage.history('web')).map((r) => r.revision),
      kept,
      `${statuses} limit ${limit}`,
    );
    assert.is((await storage.history('other')).length, 1);
  }
});

test.run();
