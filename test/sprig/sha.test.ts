/** The hashes for browsers are those of node:crypto, whatever the length. */
import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sha } from '../../src/sprig/sha.ts';

for (const name of ['sha1', 'sha256', 'sha512'] as const)
  test(name, () => {
    for (let length = 0; length < 300; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0xff);
      assert.equal(Buffer.from(sha(name, bytes)), createHash(name).update(bytes).digest(), `${length} bytes`);
    }
  });

test.run();
