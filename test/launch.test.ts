/** The built program, started with and without compiled code at hand. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateKey } from 'openpgp';
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

for (const [node, isRefused] of [
  ['18.20.8', true],
  ['20.9.0', true],
  ['20.16.0', false],
  ['21.7.3', true],
  ['22.1.0', true],
  ['22.2.0', false],
  ['25.0.0', false],
] as const)
  test(`Node.js ${node} is ${isRefused ? 'refused at once' : 'taken'}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'portolan-launch-'));
    try {
      const other = join(folder, 'other.cjs');
      writeFileSync(
        other,
        `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } });`,
      );
      const words = ['--require', other, program, 'version'];
      const { stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' });
      const told = `Error: Portolan needs Node.js 20.16, 22.2 or newer, and this is ${node}\n`;
      assert.equal([status, stderr], isRefused ? [1, told] : [0, '']);
    } finally {
      rmSync(folder, { recursive: true });
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

test('packages that are no modules are there by name: a chart is signed, verified and post-rendered', async () => {
  const home = mkdtempSync(join(tmpdir(), 'portolan-launch-'));
  const run = (...words: string[]) => {
    const { stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home, HELM_PLUGINS: join(home, 'plugins') },
      encoding: 'utf8',
    });
    return stdout + stderr;
  };
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  };
  write('web/Chart.yaml', 'apiVersion: v2\nname: web\nversion: 0.1.0\n');
  write('web/templates/a.yaml', 'kind: ConfigMap\n');
  write(
    'plugins/same/plugin.yaml',
    'apiVersion: v1\nname: same\nversion: 1.0.0\ntype: postrenderer/v1\nruntime: subprocess\nruntimeConfig: {platformCommand: [{command: cat}]}\n',
  );
  try {
    write('key.asc', (await generateKey({ userIDs: [{ name: 'Ada' }] })).privateKey);
    assert.match(run(...'package web --sign --key Ada --keyring key.asc'.split(' ')), /Successfully packaged/);
    assert.match(run(...'verify web-0.1.0.tgz --keyring key.asc'.split(' ')), /^Signed by: Ada\n/);
    assert.match(run(...'template web --post-renderer same'.split(' ')), /^kind: ConfigMap$/m);
  } finally {
    rmSync(home, { recursive: true });
  }
});

test.run();
