import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type PublishOptions, publishCharts } from '../../src/action/publish.ts';
import { realClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';

const charts = fileURLToPath(new URL('../../charts', import.meta.url));

async function inFolder(
  run: (
    folder: string,
    chart: string,
    publish: (options?: Partial<PublishOptions>) => ReturnType<typeof publishCharts>,
  ) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-publish-'));
  const chart = join(folder, 'guestbook');
  const to = join(folder, 'repo');
  cpSync(join(charts, 'guestbook'), chart, { recursive: true });
  try {
    await run(to, chart, (options = {}) =>
      publishCharts([chart], { to, now: 0, withoutSite: true, clock: realClock, log: silentLog, ...options }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const replace = (path: string, from: string, to: string) =>
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));

test('the same again changes nothing', async () => {
  await inFolder(async (to, _chart, publish) => {
    assert.equal(
      (await publish()).map(({ outcome }) => outcome),
      ['added'],
    );
    const index = readFileSync(join(to, 'index.yaml'), 'utf8');
    assert.equal(
      (await publish({ now: 9e9 })).map(({ outcome }) => outcome),
      ['unchanged'],
    );
    assert.is(readFileSync(join(to, 'index.yaml'), 'utf8'), index);
  });
});

test('a published version with other content is refused, and replaced only by force', async () => {
  await inFolder(async (to, chart, publish) => {
    await publish();
    const index = readFileSync(join(to, 'index.yaml'), 'utf8');
    replace(join(chart, 'values.yaml'), 'replicas: 2', 'replicas: 3');
    const refusal = await publish().catch((error: Error) => error.message);
    assert.match(
      String(refusal),
      /publish guestbook 1\.0\.0: this version is published with other content .*raise the version, or use --force/,
    );
    assert.is(readFileSync(join(to, 'index.yaml'), 'utf8'), index);
    assert.equal(
      (await publish({ force: true })).map(({ outcome }) => outcome),
      ['replaced'],
    );
  });
});

test('a new version stands beside the old, newest first', async () => {
  await inFolder(async (to, chart, publish) => {
    await publish();
    replace(join(chart, 'Chart.yaml'), 'version: 1.0.0', 'version: 1.1.0');
    await publish({ url: 'https://charts.example/' });
    const index = readFileSync(join(to, 'index.yaml'), 'utf8');
    assert.ok(index.indexOf('version: 1.1.0') < index.indexOf('version: 1.0.0'));
    assert.match(index, 'https://charts.example/guestbook-1.1.0.tgz');
    assert.match(index, /- guestbook-1\.0\.0\.tgz/);
    assert.equal(readdirSync(to).sort(), ['guestbook-1.0.0.tgz', 'guestbook-1.1.0.tgz', 'index.yaml']);
  });
});

test('two who publish at once lose nothing', async () => {
  await inFolder(async (to, chart, publish) => {
    const others = Array.from({ length: 6 }, (_, i) => {
      const other = `${chart}-${i}`;
      cpSync(chart, other, { recursive: true });
      replace(join(other, 'Chart.yaml'), 'version: 1.0.0', `version: 1.0.${i + 1}`);
      return publishCharts([other], { to, now: 0, withoutSite: true, clock: realClock, log: silentLog });
    });
    await Promise.all([publish(), ...others]);
    assert.is(readFileSync(join(to, 'index.yaml'), 'utf8').match(/digest:/g)!.length, 7);
  });
});

test('an index that cannot be read is not overwritten', async () => {
  await inFolder(async (to, _chart, publish) => {
    await publish();
    writeFileSync(join(to, 'index.yaml'), 'broken: [');
    const refusal = await publish().catch((error: Error) => error);
    assert.instance(refusal, Error);
    assert.is(readFileSync(join(to, 'index.yaml'), 'utf8'), 'broken: [');
  });
});

test.run();
