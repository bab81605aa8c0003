import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { packArchive } from '../../src/archive/pack.ts';
import { readArchive } from '../../src/archive/read.ts';
import { DEFAULT_LIMITS } from '../../src/archive/tar.ts';

interface Entry {
  name: string;
  data?: string;
  type?: string;
  size?: number;
}

/** A tar made by hand, so that it can hold what no tool would write. */
function tar(entries: Entry[]): Buffer {
  const blocks = entries.flatMap(({ name, data = '', type = '0', size = Buffer.byteLength(data) }) => {
    const block = Buffer.alloc(512);
    block.write(name, 0);
    block.write('0000644\0', 100);
    block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
    block.write('00000000000\0', 136);
    block.write('        ', 148);
    block.write(type, 156);
    block.write('ustar\x0000', 257);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(data) / 512) * 512);
    body.write(data);
    return [block, body];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const read = (entries: Entry[]) => readArchive(gzipSync(tar(entries)));
const names = (entries: Entry[]) => read(entries).map((file) => file.name);

test('names lose the directory of the chart', () => {
  assert.equal(names([{ name: 'web/Chart.yaml', data: 'a' }]), ['Chart.yaml']);
  assert.equal(names([{ name: 'web/templates/./a.yaml' }]), ['templates/a.yaml']);
  assert.equal(names([{ name: 'web\\templates\\a.yaml' }]), ['templates/a.yaml']);
  assert.equal(names([{ name: '/Chart.yaml' }]), ['Chart.yaml']);
  assert.equal(names([{ name: 'web/', type: '5' }, { name: 'web/a' }]), ['a']);
});

test('long names of both kinds', () => {
  const long = `web/${'d/'.repeat(80)}a`;
  const gnu: Entry[] = [{ name: '././@LongLink', type: 'L', data: `${long}\0` }, { name: 'cut' }];
  assert.equal(names(gnu), [long.slice(4)]);
  const record = ` path=${long}\n`;
  const pax: Entry[] = [{ name: 'PaxHeader', type: 'x', data: `${record.length + 3}${record}` }, { name: 'cut' }];
  assert.equal(names(pax), [long.slice(4)]);
});

test('a byte order mark is no part of a file', () => {
  assert.equal(Buffer.from(read([{ name: 'web/a', data: '\uFEFFx' }])[0]!.data).toString(), 'x');
});

const REFUSED: [entries: Entry[], message: string | RegExp][] = [
  [[], 'no files in chart archive'],
  [[{ name: 'web/../../etc/passwd' }], 'chart illegally references parent directory'],
  [[{ name: 'web//etc/passwd' }], 'chart illegally contains absolute paths'],
  [[{ name: 'web/c:/foo' }], 'chart contains illegally named files'],
  [[{ name: 'web' }], 'chart illegally contains content outside the base directory: "web"'],
  [[{ name: 'Chart.yaml/x' }], 'chart yaml not in base directory'],
  [[{ name: 'web/link', type: '2' }], 'chart illegally contains a symbolic link: "web/link"'],
  [[{ name: 'web/link', type: '1' }], 'chart illegally contains a hard link: "web/link"'],
  [[{ name: 'web/null', type: '3' }], 'chart illegally contains a device: "web/null"'],
  [[{ name: 'web/a', size: 6 * 1024 * 1024, data: 'x'.repeat(6 * 1024 * 1024) }], /"web\/a" is larger than .* 5242880/],
  [[{ name: 'web/a', size: 200 * 1024 * 1024 }], 'decompressed chart is larger than the maximum size 104857600'],
  [[{ name: 'web/a', size: 5000, data: 'x' }], 'unexpected EOF'],
];

for (const [entries, message] of REFUSED)
  test(`refuses: ${message}`, () => {
    assert.throws(
      () => read(entries),
      (error: Error) => (typeof message === 'string' ? error.message === message : message.test(error.message)),
    );
  });

const NO_ARCHIVE: [bytes: Uint8Array, message: string][] = [
  [new Uint8Array(), 'EOF'],
  [Buffer.from('hello'), 'unexpected EOF'],
  [Buffer.from('hello, hello'), 'gzip: invalid header'],
  [gzipSync(tar([{ name: 'web/a', data: 'x' }])).subarray(0, 40), 'unexpected EOF'],
  [gzipSync(Buffer.alloc(1024, 'x')), 'archive/tar: invalid tar header'],
];

for (const [bytes, message] of NO_ARCHIVE)
  test(`no archive: ${message}`, () => {
    assert.throws(
      () => readArchive(bytes),
      (error: Error) => error.message === message,
    );
  });

test('a bomb is stopped before it fills the memory', () => {
  const bomb = gzipSync(tar([{ name: 'web/a', size: 3_000_000, data: 'x'.repeat(3_000_000) }]));
  assert.ok(bomb.length < 10_000);
  const limits = { ...DEFAULT_LIMITS, total: 1_000_000 };
  assert.throws(() => readArchive(bomb, limits), /larger than the maximum size 1000000/);
});

test('packing is reproducible and can be read back', async () => {
  const files = [
    { name: 'web/Chart.yaml', data: Buffer.from('name: web\n') },
    { name: `web/${'long/'.repeat(60)}ü.txt`, data: Buffer.from('long') },
    { name: 'web/empty', data: new Uint8Array() },
  ];
  const mtime = new Date(1_600_000_000_000);
  const packed = await packArchive(files, { mtime });
  assert.equal(packed, await packArchive(files, { mtime }));
  const back = readArchive(packed);
  assert.equal(
    back.map((file) => [`web/${file.name}`, Buffer.from(file.data).toString(), file.modTime!.getTime()]),
    files.map((file) => [file.name, Buffer.from(file.data).toString(), mtime.getTime()]),
  );
});

test.run();
