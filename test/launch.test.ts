/** The built program, started with and without compiled code at hand. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
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

test('the first run of a command keeps its parts, the second their compiled code, which later ones only add to', () => {
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
    assert.ok(readFileSync(join(folder, kept)).length >= compiled.length);
    assert.equal(readdirSync(folder), [kept]);
  } finally {
    rmSync(caches, { recursive: true });
  }
});

test('a run that fails keeps nothing, and what has not been written for long goes', () => {
  const caches = mkdtempSync(join(tmpdir(), 'portolan-launch-'));
  try {
    const { status } = spawnSync(process.execPath, [program, 'version', '--nope'], { env: { XDG_CACHE_HOME: caches } });
    assert.is(status, 1);
    assert.equal(readdirSync(caches), []);
    version({ XDG_CACHE_HOME: caches });
    const old = join(caches, 'portolan', 'code', 'old');
    writeFileSync(old, '');
    utimesSync(old, 0, 0);
    version({ XDG_CACHE_HOME: caches });
    assert.not.ok(existsSync(old));
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
