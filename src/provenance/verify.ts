/** Verifies an archive by its `.prov` file: signed by a key of the keyring, and with the digest that was signed. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { CleartextMessage, Key } from 'openpgp';
import { loadKeyring } from './keyring.ts';
import { archiveDigest } from './sign.ts';

export interface Verification {
  /** User names of the key that signed. */
  signedBy: string[];
  /** In upper-case hexadecimal. */
  fingerprint: string;
  /** `sha256:…` of the archive. */
  digest: string;
}

/** The archive at `path`, by the file beside it; a relative path is seen from `directory`. Throws Helm's words. */
export async function verifyFile(path: string, keyring: string, { directory = '.' } = {}): Promise<Verification> {
  const provenance = `${path}.prov`;
  const absolute = resolve(directory, path);
  const stats = statSync(absolute, { throwIfNoEntry: false });
  if (stats === undefined) throw new Error(`stat ${path}: no such file or directory`);
  if (stats.isDirectory()) throw new Error('unpacked charts cannot be verified');
  if (!path.toLowerCase().endsWith('.tgz')) throw new Error('chart must be a tgz file');
  if (!existsSync(`${absolute}.prov`))
    throw new Error(`could not load provenance file ${provenance}: stat ${provenance}: no such file or directory`);
  return verifyArchive(readFileSync(absolute), readFileSync(`${absolute}.prov`), basename(path), keyring);
}

/** Nothing signed is longer. */
const MAX_PROVENANCE = 8 << 20;

export async function verifyArchive(
  archive: Uint8Array,
  provenance: Uint8Array,
  fileName: string,
  keyring: string,
): Promise<Verification> {
  let keys: Key[];
  try {
    keys = await loadKeyring(keyring);
  } catch (cause) {
    throw new Error(`failed to load keyring: ${(cause as Error).message}`, { cause });
  }
  const { text, key } = await verifyText(provenance, keys);
  const digest = archiveDigest(archive);
  const signed = (await signedDigests(text))[fileName];
  if (signed === undefined)
    throw new Error(`provenance does not contain a SHA for a file named ${JSON.stringify(fileName)}`);
  if (signed !== digest)
    throw new Error(
      `sha256 sum does not match for ${fileName}: ${JSON.stringify(signed)} != ${JSON.stringify(digest)}`,
    );
  return { signedBy: key.getUserIDs(), fingerprint: key.getFingerprint().toUpperCase(), digest };
}

async function readSigned(provenance: Uint8Array): Promise<CleartextMessage> {
  const { readCleartextMessage } = await import('openpgp');
  const text = Buffer.from(provenance).toString('utf8');
  const start = text.search(/^-----BEGIN PGP SIGNED MESSAGE-----/m);
  if (start < 0 || text.length > MAX_PROVENANCE) throw new Error('signature block not found');
  return readCleartextMessage({ cleartextMessage: text.slice(start) }).catch((cause) => {
    throw new Error('signature block not found', { cause });
  });
}

/** What was signed, by whomever. */
export const signedText = async (provenance: Uint8Array): Promise<string> => (await readSigned(provenance)).getText();

async function verifyText(provenance: Uint8Array, keys: Key[]): Promise<{ text: string; key: Key }> {
  const { verify } = await import('openpgp');
  const message = await readSigned(provenance);
  const { data, signatures } = await verify({ message, verificationKeys: keys });
  let problem = new Error('openpgp: signature made by unknown entity');
  for (const { keyID, verified } of signatures) {
    const key = keys.find((candidate) => candidate.getKeyIDs().some((id) => id.equals(keyID)));
    if (key === undefined) continue;
    try {
      await verified;
      return { text: data, key };
    } catch (cause) {
      problem = new Error(`openpgp: ${reasonOf((cause as Error).message, key)}`, { cause });
    }
  }
  throw problem;
}

/** What is wrong with a signature, in the words of Go's library. */
function reasonOf(message: string, key: Key): string {
  if (/key is expired/.test(message)) return 'key expired';
  if (!/digest did not match/.test(message)) return `invalid signature: ${message}`;
  const { algorithm } = key.getAlgorithmInfo();
  const name = ['RSA', 'EdDSA', 'ECDSA', 'DSA'].find((known) => algorithm.startsWith(known.toLowerCase())) ?? algorithm;
  return `invalid signature: ${name} verification failure`;
}

/** By file name. */
export async function signedDigests(text: string): Promise<Record<string, unknown>> {
  const parts = text.split('\n...\n');
  if (parts.length < 2) throw new Error('message block must have at least two parts');
  const { parse } = await import('yaml');
  const sums: unknown = parse(parts[1]!, { maxAliasCount: 0 });
  const files = (sums as { files?: unknown } | null)?.files;
  return Object.assign(Object.create(null), typeof files === 'object' ? files : {});
}

/** As `verify` and `pull --verify` print it. */
export const verificationText = ({ signedBy, fingerprint, digest }: Verification, what = 'Chart'): string =>
  [
    ...signedBy.map((name) => `Signed by: ${name}`),
    `Using Key With Fingerprint: ${fingerprint}`,
    `${what} Hash Verified: ${digest}`,
    '',
  ].join('\n');
