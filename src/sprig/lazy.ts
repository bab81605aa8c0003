/** Packages that only some templates need, loaded by the first call that does. */
import { lazily } from '../encoding/lazy.ts';

export const bcryptjs = lazily('bcryptjs', () => require('bcryptjs') as typeof import('bcryptjs'));
export const nodeCrypto = lazily('node:crypto', () => require('node:crypto') as typeof import('node:crypto'));
export const nodeWorker = lazily(
  'node:worker_threads',
  () => require('node:worker_threads') as typeof import('node:worker_threads'),
);
