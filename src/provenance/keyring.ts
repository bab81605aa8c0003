/** Keyrings: binary (GnuPG 1 and `gpg --export`), armored, and GnuPG 2's keybox (.kbx). */
import { readFileSync } from 'node:fs';
import type { Key } from 'openpgp';

/** The keys of the file. Throws where it cannot be read, or holds none. */
export async function loadKeyring(path: string): Promise<Key[]> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR') throw new Error(`read ${path}: is a directory`, { cause: error });
    throw new Error(`open ${path}: ${code === 'ENOENT' ? 'no such file or directory' : message}`, { cause: error });
  }
  return parseKeyring(bytes);
}

async function parseKeyring(bytes: Uint8Array): Promise<Key[]> {
  const { readKeys } = await import('openpgp');
  if (isArmored(bytes)) return readKeys({ armoredKeys: Buffer.from(bytes).toString('utf8') });
  if (bytes.length === 0) return [];
  if (!isKeybox(bytes)) {
    if (bytes[0]! < 0x80) throw new Error('openpgp: invalid data: tag byte does not have MSB set');
    return readKeys({ binaryKeys: bytes });
  }
  const keys: Key[] = [];
  for (const block of keyblocks(bytes)) keys.push(...(await readKeys({ binaryKeys: block })));
  return keys;
}

const isArmored = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, 256)).toString('latin1').trimStart().startsWith('-----BEGIN PGP');

const HEADER_BLOB = 1;
const OPENPGP_BLOB = 2;
/** Length (4), type (1), version (1), flags (2), then offset (4) and length (4) of the keyblock; all big-endian. */
const BLOB_HEAD = 16;

const isKeybox = (bytes: Uint8Array): boolean =>
  bytes.length >= 12 && bytes[4] === HEADER_BLOB && Buffer.from(bytes.subarray(8, 12)).toString('latin1') === 'KBXf';

/** The OpenPGP keyblocks of a keybox; X.509 certificates in it are passed over. */
function* keyblocks(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + BLOB_HEAD <= bytes.length; ) {
    const length = view.getUint32(at);
    if (length < 5 || at + length > bytes.length)
      throw new Error(`keybox: a blob of ${length} bytes at ${at} does not fit`);
    if (bytes[at + 4] === OPENPGP_BLOB && length >= BLOB_HEAD) {
      const start = view.getUint32(at + 8);
      const size = view.getUint32(at + 12);
      if (start + size > length) throw new Error(`keybox: the keyblock at ${at} does not fit into its blob`);
      yield bytes.subarray(at + start, at + start + size);
    }
    at += length;
  }
}

/** The key whose user name is, or else contains, `name`; as Helm, two that contain it are refused. */
export function findKey(keys: readonly Key[], name: string): Key | undefined {
  const exact = keys.find((key) => key.getUserIDs().includes(name));
  if (exact !== undefined) return exact;
  const close = keys.filter((key) => key.getUserIDs().some((id) => id.includes(name)));
  if (close.length > 1) throw new Error(`more than one key contain the id ${JSON.stringify(name)}`);
  return close[0];
}
