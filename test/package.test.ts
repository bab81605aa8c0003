/** What a package of the project holds for programs that use it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

const PROGRAM = `
import { loadChart, ManualClock, render, startCluster } from './types/index.js';
import { loadFiles } from './types/browser.js';
const { manifests } = await render(loadChart('web'), { releaseName: 'web', namespace: 'default' });
export const names: string[] = manifests.map(({ head }) => head.kind);
const cluster = await startCluster({ clock: new ManualClock() });
await cluster.advance('10m');
export const chart: Promise<{ dependencies: readonly unknown[] }> = loadFiles({});
// @ts-expect-error: a release needs a name
await render('web', {});
`;

test('its declarations stand by themselves', () => {
  const folder = mkdtempSync(join(root, 'node_modules', '.portolan-types-'));
  try {
    run(folder, '-p', join(root, 'scripts', 'tsconfig.types.json'), '--outDir', join(folder, 'types'));
    writeFileSync(join(folder, 'program.mts'), PROGRAM);
    run(
      folder,
      ...'--ignoreConfig --strict --noEmit --module nodenext --target es2022 --types node'.split(' '),
      'program.mts',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function run(cwd: string, ...words: string[]): void {
  try {
    execFileSync(process.execPath, [tsc, ...words], { cwd, encoding: 'utf8' });
  } catch (error) {
    assert.unreachable((error as { stdout: string }).stdout);
  }
}

test('it has the program, the library, the charts and their repository', () => {
  const { bin, exports, files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.equal(files, ['dist', 'charts', 'repo-index']);
  for (const path of [bin.portolan, exports['.'].default, exports['./browser'].default])
    assert.ok(existsSync(join(root, path)), path);
});

test.run();
