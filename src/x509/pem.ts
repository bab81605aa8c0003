/** PEM: binary data between lines that name its kind. */
import { decodeBase64, encodeBase64 } from '../encoding/base64.ts';

export interface PemBlock {
  type: string;
  bytes: Uint8Array;
}

export function encodePem({ type, bytes }: PemBlock): string {
  const lines = encodeBase64(bytes).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${type}-----`, ...lines, `-----END ${type}-----`, ''].join('\n');
}

/** The first block of `text`, undefined where there is none that can be read. */
export function decodePem(text: string): PemBlock | undefined {
  const start = /(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*\n/.exec(text);
  if (!start) return undefined;
  const body = text.slice(start.index + start[0].length);
  const end = `-----END ${start[1]}-----`;
  const stop = body.startsWith(end) ? 0 : body.indexOf(`\n${end}`);
  if (stop < 0) return undefined;
  const data = body
    .slice(0, stop)
    .replace(/^(?:[^\n:]+:[^\n]*\n)+\n?/, '')
    .replace(/[ \t\r]/g, '');
  try {
    return { type: start[1]!, bytes: decodeBase64(data) };
  } catch {
    return undefined;
  }
}
