import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header, type HeaderData } from 'tar';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packPlugin, readPluginArchive, unpackPlugin } from '../../src/plugin/archive.ts';

const YAML = 'name: one\nversion: 1.0.0\ncommand: $HELM_PLUGIN_DIR/run.sh\n';

function tarball(entries: HeaderData[], data = YAML): Uint8Array {
  const blocks = entries.map((entry) => {
    const isFile = entry.type === 'File';
    const header = new Header({ mode: 0o644, mtime: new Date(0), ...entry, size: isFile ? data.length : 0 });
    header.encode();
    return Buffer.concat([header.block!, isFile ? Buffer.from(data.padEnd(512, '\0')) : Buffer.alloc(0)]);
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

async function inFolder(run: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-plugin-'));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('what is packed is unpacked, programs stay programs, and the bytes are the same each time', async () => {
  await inFolder(async (folder) => {
    const source = join(folder, 'source');
    mkdirSync(join(source, 'bin'), { recursive: true });
    writeFileSync(join(source, 'plugin.yaml'), YAML);
    writeFileSync(join(source, 'bin/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
    const bytes = await packPlugin(source, 'one');
    assert.equal(await packPlugin(source, 'one'), bytes);
    const archive = readPluginArchive(bytes);
    assert.is(archive.metadata.name, 'one');
    unpackPlugin(archive, join(folder, 'target'));
    assert.is(readFileSync(join(folder, 'target/plugin.yaml'), 'utf8'), YAML);
    assert.is(statSync(join(folder, 'target/bin/run.sh')).mode & 0o777, 0o755);
    assert.equal(readdirSync(folder).sort(), ['source', 'target']);
    writeFileSync(join(folder, 'one.tgz'), bytes);
    assert.match(execFileSync('tar', ['-tzf', join(folder, 'one.tgz')], { encoding: 'utf8' }), 'one/bin/run.sh\n');
  });
});

test('links are not packed', async () => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, 'plugin.yaml'), YAML);
    symlinkSync('/etc/passwd', join(folder, 'link'));
    try {
      packPlugin(folder, 'one');
      assert.unreachable();
    } catch (error) {
      assert.match((error as Error).message, /link" is neither a file nor a folder/);
    }
  });
});

const HOSTILE: [entries: HeaderData[], reason: RegExp][] = [
  [[{ path: '../plugin.yaml', type: 'File' }], /path contains '\.\.', which is illegal/],
  [[{ path: 'one/../../x', type: 'File' }], /path contains '\.\.', which is illegal/],
  [[{ path: 'one\\..\\..\\x', type: 'File' }], /path contains '\.\.', which is illegal/],
  [[{ path: '/etc/x', type: 'File' }], /path is absolute, which is illegal/],
  [[{ path: 'C:/x', type: 'File' }], /path contains ':', which is illegal/],
  [[{ path: 'one/x', type: 'SymbolicLink', linkpath: '/etc' }], /illegally contains a symbolic link: "one\/x"/],
  [[{ path: 'one/x', type: 'Link', linkpath: 'one/plugin.yaml' }], /illegally contains a hard link/],
  [[{ path: 'one/x', type: 'CharacterDevice' }], /illegally contains a device/],
  [[{ path: 'one/x', type: 'FIFO' }], /illegally contains a pipe/],
  [[{ path: 'one/x', type: 'File' }], /plugin\.yaml not found in tarball/],
  [[{ path: 'one/deep/plugin.yaml', type: 'File' }], /plugin\.yaml not found in tarball/],
];

test('hostile archives are refused before anything is written', () => {
  for (const [entries, reason] of HOSTILE)
    assert.throws(
      () => readPluginArchive(tarball(entries)),
      (error: Error) => reason.test(error.message),
      String(reason),
    );
  const limits = { total: 1000, file: 500, count: 3 };
  const bomb = gzipSync(Buffer.alloc(40 * 1024 * 1024));
  assert.throws(() => readPluginArchive(bomb, limits), /larger than the maximum size/);
  const file: HeaderData = { path: 'one/plugin.yaml', type: 'File' };
  assert.throws(() => readPluginArchive(tarball([file], YAML.padEnd(501)), limits), /the plugin is larger than/);
  assert.throws(() => readPluginArchive(tarball([file, file, file, file]), limits), /more than 3 entries/);
});

test('a folder that cannot be written whole is not there', async () => {
  await inFolder((folder) => {
    const archive = readPluginArchive(tarball([{ path: 'one/plugin.yaml', type: 'File' }]));
    const clash = { ...archive, files: [...archive.files, { name: 'plugin.yaml/x', data: new Uint8Array() }] };
    assert.throws(() => unpackPlugin(clash, join(folder, 'one')));
    assert.not(existsSync(join(folder, 'one')));
    assert.equal(readdirSync(folder), []);
  });
});

test.run();
