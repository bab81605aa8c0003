/**
 * The hash in a replica set's name. Kubernetes hashes Go's dump of the template struct, which nothing but Go can
 * reproduce; this one hashes the template's canonical JSON instead and has the same look and the same guarantees:
 * equal templates give equal hashes, and a collision count gives another.
 */
import { canonicalJson } from '../api/json.ts';

const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;
/** No vowels and nothing that looks like one, as rand.SafeEncodeString. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

export function templateHash(template: unknown, collisions?: number): string {
  const hash = fnv32a(canonicalJson(template) + (collisions === undefined ? '' : String(collisions)));
  return [...String(hash)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');
}

function fnv32a(text: string): number {
  let hash = OFFSET;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, PRIME);
  return hash >>> 0;
}
