/**
 * Reads the tar of a chart archive, in memory and with limits, and refuses what Helm refuses, in Helm's words. Pure:
 * a browser can use it on bytes that it has unpacked itself.
 */
import { cleanPath } from './path.ts';

/** A file of a chart archive. `name` is relative to the chart's directory. */
export interface ArchiveFile {
  name: string;
  data: Uint8Array;
  modTime?: Date;
  /** Permissions; 0644 where absent. */
  mode?: number;
}

export interface ArchiveLimits {
  /** Bytes of all files together. */
  total: number;
  /** Bytes of one file. */
  file: number;
  /** Entries of any kind, extended headers included. */
  count: number;
}

/** Helm's own limits for sizes, and one for the number of entries, which it lacks. */
export const DEFAULT_LIMITS: ArchiveLimits = { total: 100 * 1024 * 1024, file: 5 * 1024 * 1024, count: 100_000 };

/** What an archive may unpack to beyond its contents: headers, padding and extended headers. */
export const OVERHEAD = 32 * 1024 * 1024;

/** What a chart's archives may unpack to together, those within others included. */
const MAX_TOGETHER = 512 * 1024 * 1024;

/** Adds up what archives unpacked to. Throws where it is too much. */
export function archiveSum(): (files: readonly ArchiveFile[]) => void {
  let sum = 0;
  return (files) => {
    for (const { data } of files) sum += data.length;
    if (sum > MAX_TOGETHER) throw new Error(`the chart's archives unpack to more than ${MAX_TOGETHER} bytes`);
  };
}

/** Entries as the tar holds them: with their whole path and before any check. */
export interface TarEntry {
  name: string;
  type: string;
  size: number;
  mode: number;
  modTime: Date;
  data: Uint8Array;
}

const BLOCK = 512;
const DRIVE_PATH = /^[a-zA-Z]:\//;

/** The files of a chart's tar, each without the name of the chart's directory. */
export function readTar(tar: Uint8Array, limits: ArchiveLimits = DEFAULT_LIMITS): ArchiveFile[] {
  const files: ArchiveFile[] = [];
  let remaining = limits.total;
  for (const entry of tarEntries(tar, limits)) {
    if (entry.type === '5' || entry.name.endsWith('/')) continue;
    const name = pathInChart(entry.name);
    if (LINKS_AND_DEVICES[entry.type] !== undefined)
      throw new Error(`chart illegally contains a ${LINKS_AND_DEVICES[entry.type]}: ${JSON.stringify(entry.name)}`);
    if (entry.size > remaining) throw tooLarge(limits);
    if (entry.size > limits.file)
      throw new Error(
        `decompressed chart file ${JSON.stringify(entry.name)} is larger than the maximum file size ${limits.file}`,
      );
    remaining -= entry.size;
    if (remaining <= 0) throw tooLarge(limits);
    files.push({ name, data: withoutByteOrderMark(entry.data), modTime: entry.modTime });
  }
  if (files.length === 0) throw new Error('no files in chart archive');
  return files;
}

export const tooLarge = (limits: ArchiveLimits): Error =>
  new Error(`decompressed chart is larger than the maximum size ${limits.total}`);

export const LINKS_AND_DEVICES: Record<string, string> = {
  '1': 'hard link',
  '2': 'symbolic link',
  '3': 'device',
  '4': 'device',
  '6': 'pipe',
};

/** The path below the chart's directory, refused where it leads out of it. */
function pathInChart(entryName: string): string {
  const delimiter = entryName.includes('\\') ? '\\' : '/';
  const parts = entryName.split(delimiter);
  const rest = parts.slice(1).join('/');
  if (rest.startsWith('/')) throw new Error('chart illegally contains absolute paths');
  const name = cleanPath(rest);
  if (name === '.')
    throw new Error(`chart illegally contains content outside the base directory: ${JSON.stringify(entryName)}`);
  if (name.startsWith('..')) throw new Error('chart illegally references parent directory');
  if (DRIVE_PATH.test(name)) throw new Error('chart contains illegally named files');
  if (parts[0] === 'Chart.yaml') throw new Error('chart yaml not in base directory');
  return name;
}

export function withoutByteOrderMark(data: Uint8Array): Uint8Array {
  return data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? data.subarray(3) : data;
}

/** Every entry, long names of GNU and POSIX tar resolved, up to the end mark or the end of the bytes. */
export function* tarEntries(tar: Uint8Array, limits: ArchiveLimits): Generator<TarEntry> {
  let extended: Record<string, string> = {};
  let count = 0;
  for (let at = 0; at + BLOCK <= tar.length; ) {
    const block = tar.subarray(at, at + BLOCK);
    if (isZero(block)) return;
    if (++count > limits.count) throw new Error(`chart archive has more than ${limits.count} entries`);
    const header = parseHeader(block);
    const size = header.type === 'x' || header.type === 'g' ? header.size : Number(extended['size'] ?? header.size);
    if (!hasContent(header.type)) header.size = 0;
    else header.size = size;
    if (!Number.isSafeInteger(header.size) || header.size < 0) throw invalidHeader();
    const start = at + BLOCK;
    if (header.size > limits.total) throw tooLarge(limits);
    if (start + header.size > tar.length) throw new Error('unexpected EOF');
    const data = tar.subarray(start, start + header.size);
    at = start + Math.ceil(header.size / BLOCK) * BLOCK;
    if (header.type === 'x') extended = { ...extended, ...parsePaxRecords(data) };
    else if (header.type === 'L') extended['path'] = cString(data);
    else if (header.type === 'K') extended['linkpath'] = cString(data);
    else if (header.type !== 'g') {
      yield { ...header, name: extended['path'] ?? header.name, modTime: modTimeOf(header.modTime, extended), data };
      extended = {};
    }
  }
  if (tar.length % BLOCK !== 0 && count === 0) throw new Error('unexpected EOF');
}

const invalidHeader = () => new Error('archive/tar: invalid tar header');

const hasContent = (type: string): boolean => !['1', '2', '3', '4', '5', '6'].includes(type);

function modTimeOf(modTime: Date, extended: Record<string, string>): Date {
  const seconds = Number(extended['mtime'] ?? Number.NaN);
  return Number.isNaN(seconds) ? modTime : new Date(Math.floor(seconds * 1000));
}

function isZero(block: Uint8Array): boolean {
  for (const byte of block) if (byte !== 0) return false;
  return true;
}

function parseHeader(block: Uint8Array): Omit<TarEntry, 'data'> {
  if (parseNumber(block, 148, 8) !== checksum(block)) throw invalidHeader();
  const magic = cString(block.subarray(257, 263));
  const name = cString(block.subarray(0, 100));
  const prefix = magic === 'ustar' ? cString(block.subarray(345, 500)) : '';
  const type = String.fromCharCode(block[156]! || 48);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: type === '0' && name.endsWith('/') ? '5' : type,
    size: parseNumber(block, 124, 12),
    mode: parseNumber(block, 100, 8) & 0o777,
    modTime: new Date(parseNumber(block, 136, 12) * 1000),
  };
}

/** The sum of the header's bytes with its own field read as spaces. */
function checksum(block: Uint8Array): number {
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block[i]!;
  return sum;
}

/** An octal number, or GNU's base-256 form where the first bit is set. */
function parseNumber(block: Uint8Array, at: number, length: number): number {
  if ((block[at]! & 0x80) !== 0) {
    let value = block[at]! & 0x7f;
    for (let i = at + 1; i < at + length; i++) value = value * 256 + block[i]!;
    return value;
  }
  const text = cString(block.subarray(at, at + length)).trim();
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) throw invalidHeader();
  return Number.parseInt(text, 8);
}

function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** `LENGTH KEY=VALUE\n` records; the length counts itself. */
function parsePaxRecords(data: Uint8Array): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(32, at);
    const length = Number(cString(data.subarray(at, space < 0 ? at : space)));
    if (!(length > 0) || at + length > data.length) throw invalidHeader();
    const record = new TextDecoder().decode(data.subarray(space + 1, at + length - 1));
    const equals = record.indexOf('=');
    if (equals < 0) throw invalidHeader();
    const key = record.slice(0, equals);
    if (key === 'path' || key === 'linkpath' || key === 'size' || key === 'mtime')
      records[key] = record.slice(equals + 1);
    at += length;
  }
  return records;
}
