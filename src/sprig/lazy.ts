/** Packages that only some templates need, loaded by the first call that does. */
import { lazily } from '../encoding/lazy.ts';

export const bcryptjs = lazily('bcryptjs', () => require('bcryptjs') as typeof import('bcryptjs'));
/** Hashes for where there is no Node. */
export const nobleSha2 = lazily(
  '@noble/hashes/sha2',
  () => require('@noble/hashes/sha2') as typeof import('@noble/hashes/sha2'),
);
export const nobleLegacy = lazily(
  '@noble/hashes/legacy',
  () => require('@noble/hashes/legacy') as typeof import('@noble/hashes/legacy'),
);
export const nodeCrypto = lazily('node:crypto', () => require('node:crypto') as typeof import('node:crypto'));
export const nodeWorker = lazily(
  'node:worker_threads',
  () => require('node:worker_threads') as typeof import('node:worker_threads'),
);
