/** Unpacks gzip where it takes waiting: with the streams that browsers have, and Node too. */
import { checkHeader } from './read.ts';
import { type ArchiveLimits, OVERHEAD, tooLarge } from './tar.ts';

/** Throws Go's words, and Helm's where it is larger than the limits allow. */
export async function gunzipStream(bytes: Uint8Array, limits: ArchiveLimits): Promise<Uint8Array> {
  checkHeader(bytes);
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (const reader = unpacked.getReader(); ; ) {
      const { value, done } = await reader.read();
      if (done) break;
      chunks.push(value);
      length += value.length;
      if (length > limits.total + OVERHEAD) {
        void reader.cancel();
        break;
      }
    }
  } catch (error) {
    throw new Error(goReason((error as Error).message), { cause: error });
  }
  if (length > limits.total + OVERHEAD) throw tooLarge(limits);
  return joined(chunks, length);
}

/** Go's words for what browsers and Node say. */
function goReason(message: string): string {
  if (/truncated|unexpected end/i.test(message)) return 'unexpected EOF';
  return /incorrect (data|length) check/.test(message) ? 'gzip: invalid checksum' : 'flate: corrupt input';
}

function joined(chunks: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
