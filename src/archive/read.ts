/** Reads a chart archive: gzip around tar, both with limits. */
import { lazily } from '../encoding/lazy.ts';
import { type ArchiveFile, type ArchiveLimits, DEFAULT_LIMITS, OVERHEAD, readTar, tooLarge } from './tar.ts';

const zlib = lazily('node:zlib', () => require('node:zlib') as typeof import('node:zlib'));

/** The files of a gzipped chart archive, without the name of the chart's directory. Throws Helm's texts. */
export function readArchive(bytes: Uint8Array, limits: ArchiveLimits = DEFAULT_LIMITS): ArchiveFile[] {
  return readTar(gunzip(bytes, limits), limits);
}

/** Its shortest header. */
const GZIP_HEADER = 10;

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;

/** Throws Go's words where no gzip begins. */
export function checkHeader(bytes: Uint8Array): void {
  if (bytes.length < GZIP_HEADER) throw new Error(bytes.length === 0 ? 'EOF' : 'unexpected EOF');
  if (!isGzip(bytes)) throw new Error('gzip: invalid header');
}

/** Throws Go's words, and Helm's where it is larger than the limits allow. */
export function gunzip(bytes: Uint8Array, limits: ArchiveLimits): Uint8Array {
  checkHeader(bytes);
  try {
    return zlib().gunzipSync(bytes, { maxOutputLength: limits.total + OVERHEAD });
  } catch (error) {
    throw gunzipError(error as NodeJS.ErrnoException, limits);
  }
}

/** Go's words for what zlib found. */
function gunzipError(error: NodeJS.ErrnoException, limits: ArchiveLimits): Error {
  if (error.code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(limits);
  if (error.code === 'Z_BUF_ERROR') return new Error('unexpected EOF', { cause: error });
  if (/incorrect (data|length) check/.test(error.message)) return new Error('gzip: invalid checksum', { cause: error });
  return new Error('flate: corrupt input', { cause: error });
}
