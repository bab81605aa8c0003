/** The built program, started with and without compiled code at hand. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const program = fileURLToPath(new URL('../dist/portolan.cjs', import.meta.url));

function version(variables: Record<string, string>) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, 'version'], {
    env: { PATH: process.env.PATH, ...variables },
    encoding: 'utf8',
  });
  assert.is(status, 0, stderr);
  assert.match(stdout, /^version\.BuildInfo/);
  assert.is(stderr, '');
  return stdout;
}

test('the first run of a command keeps its parts, the second their compiled code, the third changes nothing', () => {
  const caches = mkdtempSync(join(tmpdir(), 'portolan-launch-'));
  try {
    const first = version({ XDG_CACHE_HOME: caches });
    const folder = join(caches, 'portolan', 'code');
    const [kept = ''] = readdirSync(folder);
    assert.match(kept, /^version-/);
    const parts = readFileSync(join(folder, kept));
    assert.is(version({ XDG_CACHE_HOME: caches }), first);
    const compiled = readFileSync(join(folder, kept));
    assert.ok(compiled.length > parts.length);
    assert.is(version({ XDG_CACHE_HOME: caches }), first);
    assert.equal(readFileSync(join(folder, kept)), compiled);
    assert.equal(readdirSync(folder), [kept]);
  } finally {
    rmSync(caches, { recursive: true });
  }
});

test('a cache that is damaged is made anew', () => {
  const caches = mkdtempSync(join(tmpdir(), 'portolan-launch-'));
  try {
    version({ XDG_CACHE_HOME: caches });
    const folder = join(caches, 'portolan', 'code');
    const path = join(folder, readdirSync(folder)[0]!);
    const { length } = readFileSync(path);
    for (const damaged of ['', 'not a cache', '{}\n', `{"parts":["bin.js"],"text":9,"code":0}\n${'x'.repeat(9)}`]) {
      writeFileSync(path, damaged);
      version({ XDG_CACHE_HOME: caches });
      assert.ok(readFileSync(path).length >= length * 0.9, JSON.stringify(damaged));
    }
  } finally {
    rmSync(caches, { recursive: true });
  }
});

test('no cache is needed', () => {
  const caches = mkdtempSync(join(tmpdir(), 'portolan-launch-'));
  try {
    version({});
    version({ XDG_CACHE_HOME: caches, PORTOLAN_CODE_CACHE: 'off' });
    assert.equal(readdirSync(caches), []);
    writeFileSync(join(caches, 'file'), '');
    version({ XDG_CACHE_HOME: join(caches, 'file') });
    chmodSync(caches, 0o500);
    version({ XDG_CACHE_HOME: join(caches, 'none') });
  } finally {
    chmodSync(caches, 0o700);
    rmSync(caches, { recursive: true });
  }
});

test.run();
