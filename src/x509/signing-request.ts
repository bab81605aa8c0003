/** Requests for certificates (PKCS #10): what they ask for, and that who asks has the key. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import * as der from './der.ts';

export interface SigningRequest {
  /** The name as it stands there, byte for byte. */
  subject: Buffer;
  commonName: string;
  organizations: string[];
  publicKey: KeyObject;
  /** The extension's content, as it is to stand in the certificate. */
  alternativeNames?: Buffer;
  /** Which kinds of names are in it. */
  nameKinds: NameKind[];
}

export type NameKind = 'email' | 'dns' | 'uri' | 'ip';

const KINDS: Record<number, NameKind> = { 129: 'email', 130: 'dns', 134: 'uri', 135: 'ip' };

const oidText = (dotted: string): string => der.oid(dotted).toString('hex');
const DIGESTS: Record<string, string | null> = {
  [oidText('1.2.840.113549.1.1.11')]: 'sha256',
  [oidText('1.2.840.113549.1.1.12')]: 'sha384',
  [oidText('1.2.840.113549.1.1.13')]: 'sha512',
  [oidText('1.2.840.10045.4.3.2')]: 'sha256',
  [oidText('1.2.840.10045.4.3.3')]: 'sha384',
  [oidText('1.2.840.10045.4.3.4')]: 'sha512',
  [oidText('1.3.101.112')]: null,
};
const COMMON_NAME = oidText('2.5.4.3');
const ORGANIZATION = oidText('2.5.4.10');
const EXTENSION_REQUEST = oidText('1.2.840.113549.1.9.14');
const ALTERNATIVE_NAME = oidText('2.5.29.17');

/** Reads the first PEM block. Throws where it is none, is cut off, or is not signed by its own key. */
export function parseSigningRequest(pem: string): SigningRequest {
  const block = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END/.exec(pem)?.[1];
  if (block === undefined) throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const [body, algorithm, signature] = der.valuesIn(Buffer.from(block, 'base64'));
  if (!body || !algorithm || !signature) throw new Error('read certificate request: it is cut off');
  const [, subject, keyInfo, attributes] = der.valuesIn(body);
  if (!subject || !keyInfo) throw new Error('read certificate request: it has no subject or no key');
  const publicKey = createPublicKey({ key: keyInfo, format: 'der', type: 'spki' });
  const digest = DIGESTS[(der.valuesIn(algorithm)[0] ?? algorithm).toString('hex')];
  if (digest === undefined) throw new Error('read certificate request: unknown signature algorithm');
  if (!verify(digest, body, publicKey, der.contentOf(signature).subarray(1)))
    throw new Error('unable to verify certificate request signature');
  const alternativeNames = attributes && alternativeNamesIn(attributes);
  const names = alternativeNames ? der.valuesIn(alternativeNames) : [];
  return {
    subject,
    commonName: attributesOf(subject, COMMON_NAME).at(-1) ?? '',
    organizations: attributesOf(subject, ORGANIZATION),
    publicKey,
    ...(alternativeNames && { alternativeNames }),
    nameKinds: names.flatMap((name) => KINDS[name[0]!] ?? []),
  };
}

/** A name is a sequence of sets of pairs: type and text. */
const attributesOf = (name: Buffer, type: string): string[] =>
  der
    .valuesIn(name)
    .flatMap((set) => der.valuesIn(set))
    .flatMap((pair) => {
      const [key, text] = der.valuesIn(pair);
      return key?.toString('hex') === type && text ? [der.contentOf(text).toString()] : [];
    });

function alternativeNamesIn(attributes: Buffer): Buffer | undefined {
  for (const attribute of der.valuesIn(attributes)) {
    const [type, values] = der.valuesIn(attribute);
    if (type?.toString('hex') !== EXTENSION_REQUEST || !values) continue;
    for (const extension of der.valuesIn(values).flatMap((list) => der.valuesIn(list))) {
      const parts = der.valuesIn(extension);
      if (parts[0]?.toString('hex') === ALTERNATIVE_NAME) return der.contentOf(parts.at(-1)!);
    }
  }
  return undefined;
}
