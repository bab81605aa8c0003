/** The bundled repository is what our own command makes of the bundled charts. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { publishCharts } from '../../src/action/publish.ts';
import { loadChart } from '../../src/chart/load.ts';
import { packChart } from '../../src/chart/save.ts';
import { realClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { parseIndex } from '../../src/repo/index-file.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bundled = join(root, 'repo-index');
const charts = readdirSync(join(root, 'charts')).map((name) => join(root, 'charts', name));
const indexIn = (folder: string) => parseIndex(readFileSync(join(folder, 'index.yaml'), 'utf8'), folder);
/** What is in an archive; another zlib may press the same bytes differently. */
const unpressed = (path: string) => gunzipSync(readFileSync(path)).toString('latin1');

const pagesIn = (folder: string) =>
  ['index.html', ...readdirSync(join(folder, 'charts')).map((name) => `charts/${name}`)].sort();
/** Another zlib makes other archives; the time is that of the first publication. */
const withoutDigests = (folder: string, page: string) =>
  readFileSync(join(folder, page), 'utf8')
    .replace(/<code title="[0-9a-f]{64}">[0-9a-f]{12}&hellip;<\/code>/g, 'DIGEST')
    .replace(/data-label="Published">[\d-]*</g, 'data-label="Published">DATE<')
    .replace(/, updated [\d-]*</g, ', updated DATE<');

test('published again, it is the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-repo-'));
  try {
    const old = indexIn(bundled);
    const now = Date.parse(old.generated);
    await publishCharts(charts, { to: folder, now, clock: realClock, log: silentLog });
    const made = indexIn(folder);
    assert.equal(
      readdirSync(folder).filter((name) => name.endsWith('.tgz')),
      readdirSync(bundled).filter((name) => name.endsWith('.tgz')),
    );
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.tgz')))
      assert.ok(
        unpressed(join(folder, name)) === unpressed(join(bundled, name)),
        `${name} is not what charts/ holds: publish it again`,
      );
    for (const page of pagesIn(bundled))
      assert.is(withoutDigests(folder, page), withoutDigests(bundled, page), `${page} is not what publish makes now`);
    assert.equal(pagesIn(folder), pagesIn(bundled));
    const plain = (index: typeof made) =>
      Object.values(index.entries)
        .flat()
        .map(({ digest: _, created: __, ...entry }) => entry);
    assert.equal(plain(made), plain(old));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("bookinfo's dependency is the bundled mysql", async () => {
  const made = gunzipSync(await packChart(loadChart(join(root, 'charts', 'mysql'))));
  assert.ok(unpressed(join(root, 'charts/bookinfo/charts/mysql-1.0.0.tgz')) === made.toString('latin1'));
});

test.run();
