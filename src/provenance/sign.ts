/** Makes `.prov` files: the chart's metadata and the digest of its archive, signed in clear text. */
import { createHash } from 'node:crypto';
import type { PrivateKey } from 'openpgp';
import { findKey, loadKeyring } from './keyring.ts';
import type { SigningOptions } from './signing-options.ts';

/** A key that can sign. Throws Helm's words. */
export async function loadSigningKey({ keyring, key: name, passphrase }: SigningOptions): Promise<PrivateKey> {
  const key = findKey(await loadKeyring(keyring), name);
  if (key === undefined) throw new Error('private key not found');
  if (!key.isPrivate()) throw new Error('provided key is not a private key. Try providing a keyring with secret keys');
  if (key.isDecrypted()) return key;
  const { decryptKey } = await import('openpgp');
  const secret = await passphrase(key.getUserIDs()[0] ?? 'Unknown');
  try {
    return await decryptKey({ privateKey: key, passphrase: secret });
  } catch (cause) {
    throw new Error(`openpgp: invalid data: private key checksum failure`, { cause });
  }
}

export interface SignedArchive {
  bytes: Uint8Array;
  fileName: string;
  /** Chart.yaml as Helm writes it. */
  metadata: string;
}

/** The text of the `.prov` file. */
export async function signArchive(archive: SignedArchive, key: PrivateKey): Promise<string> {
  const { createCleartextMessage, sign } = await import('openpgp');
  const message = await createCleartextMessage({ text: await messageOf(archive) });
  const signed = await sign({ message, signingKeys: key });
  return signed.replaceAll('\r\n', '\n');
}

/** `...` ends the first document: `---` would be escaped in a signed text. */
async function messageOf({ bytes, fileName, metadata }: SignedArchive): Promise<string> {
  const { stringify } = await import('yaml');
  const sums = stringify({ files: { [fileName]: archiveDigest(bytes) } }, { lineWidth: 0 });
  return `${metadata}\n...\n${sums}`;
}

export const archiveDigest = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
