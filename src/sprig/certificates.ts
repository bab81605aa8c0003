/** Keys and certificates made while a chart renders. They differ with every rendering, as Helm's do. */
import { decodeBase64 } from '../encoding/base64.ts';
import { printed } from '../template/printf.ts';
import { decodeUtf8 } from '../template/utf8.ts';
import { type GoObject, isNil, type Value } from '../template/value.ts';
import { parseAddress } from '../x509/address.ts';
import { createCertificate, type KeyPair, readCertificate, readPrivateKey } from './certificate.ts';
import { type Family, go, type SprigContext } from './function.ts';
import { textStruct } from './go-object.ts';
import { generateKey, readKey, writeKey } from './private-key.ts';

const TYPE = 'sprig.certificate';

const certificateObject = ({ certificate, key }: KeyPair): GoObject =>
  textStruct(TYPE, { Cert: certificate, Key: key });

const pairOf = (object: GoObject): KeyPair => ({
  certificate: object.field('Cert') as string,
  key: object.field('Key') as string,
});

interface Request {
  name: string;
  addresses?: Value[];
  hosts?: Value[];
  days: bigint;
  issuer?: GoObject;
  isCA?: boolean;
  /** PEM; a new RSA key when absent. */
  key?: string;
}

export function certificates({ now }: SprigContext): Family {
  const issue = ({ name, addresses, hosts, days, issuer, isCA = false, key }: Request): GoObject => {
    if (key !== undefined) checkKey(key);
    const san = { dns: texts(hosts, hostError), ip: texts(addresses, addressError) };
    for (const address of san.ip) if (!parseAddress(address)) throw new Error(`error parsing ip: ${address}`);
    return certificateObject(
      createCertificate({
        subject: { commonName: name },
        san,
        notBefore: now(),
        days: Number(days),
        isCA,
        keyType: 'rsa',
        ...(key !== undefined && { key }),
        ...(issuer && { issuer: pairOf(issuer) }),
      }),
    );
  };
  const LISTS = '[]interface {}, []interface {}';
  return {
    buildCustomCert: go('string, string', buildCustomCert),
    genPrivateKey: go('string', genPrivateKey),
    genCA: go('string, int', (name: string, days: bigint) => issue({ name, days, isCA: true })),
    genCAWithKey: go('string, int, string', (name: string, days: bigint, key: string) =>
      issue({ name, days, isCA: true, key }),
    ),
    genSelfSignedCert: go(`string, ${LISTS}, int`, (name: string, addresses: Value[], hosts: Value[], days: bigint) =>
      issue({ name, addresses, hosts, days }),
    ),
    genSelfSignedCertWithKey: go(
      `string, ${LISTS}, int, string`,
      (name: string, addresses: Value[], hosts: Value[], days: bigint, key: string) =>
        issue({ name, addresses, hosts, days, key }),
    ),
    genSignedCert: go(
      `string, ${LISTS}, int, ${TYPE}`,
      (name: string, addresses: Value[], hosts: Value[], days: bigint, issuer: GoObject) =>
        issue({ name, addresses, hosts, days, issuer }),
    ),
    genSignedCertWithKey: go(
      `string, ${LISTS}, int, ${TYPE}, string`,
      (name: string, addresses: Value[], hosts: Value[], days: bigint, issuer: GoObject, key: string) =>
        issue({ name, addresses, hosts, days, issuer, key }),
    ),
  };
}

function checkKey(key: string): void {
  try {
    readKey(key);
  } catch (error) {
    throw new Error(`parsing private key: ${(error as Error).message}`);
  }
}

function texts(list: Value[] | undefined, failure: (value: Value) => string): string[] {
  if (!list || isNil(list)) return [];
  return list.map((value) => {
    if (typeof value !== 'string') throw new Error(failure(value));
    return value;
  });
}

const addressError = (value: Value): string => `error parsing ip: ${printed(value)} is not a string`;
const hostError = (value: Value): string => `error processing alternate dns name: ${printed(value)} is not a string`;

const KEY_TYPES = ['rsa', 'dsa', 'ecdsa', 'ed25519'] as const;

/** As sprig: an unknown kind is told in the place of the key. */
function genPrivateKey(name: string): string {
  const type = KEY_TYPES.find((known) => known === (name || 'rsa'));
  return type === undefined ? `Unknown type ${name}` : writeKey(generateKey(type, 4096));
}

/** Certificate and key given in base64, checked and put into a certificate as the gen functions make them. */
function buildCustomCert(certificateText: string, keyText: string): GoObject {
  const certificate = decoded(certificateText, 'certificate');
  const key = decoded(keyText, 'private key');
  readCertificate(certificate, 'decodedCert');
  readPrivateKey(key);
  return certificateObject({ certificate, key });
}

function decoded(text: string, what: string): string {
  try {
    return decodeUtf8(decodeBase64(text));
  } catch {
    throw new Error(`unable to decode base64 ${what}`);
  }
}
