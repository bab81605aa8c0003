/** Random ends of generated names, without vowels and what looks like them, so that they spell nothing. */
import { randomInt } from 'node:crypto';

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export function randomSuffix(length = 5): string {
  let suffix = '';
  while (suffix.length < length) suffix += LETTERS[randomInt(LETTERS.length)];
  return suffix;
}
