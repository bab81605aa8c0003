/** Packages that only some templates need, loaded by the first call that does. */

export const re2js = lazily('re2js', () => require('re2js') as typeof import('re2js'));
export const bcryptjs = lazily('bcryptjs', () => require('bcryptjs') as typeof import('bcryptjs'));
export const nodeCrypto = lazily('node:crypto', () => require('node:crypto') as typeof import('node:crypto'));
export const nodeWorker = lazily(
  'node:worker_threads',
  () => require('node:worker_threads') as typeof import('node:worker_threads'),
);

/**
 * A bundler puts the package in the place of the plain `require` with its name. Run as an ES module, where there is no
 * such function, the package is asked for by `name`.
 */
function lazily<T>(name: string, bundled: () => T): () => T {
  let loaded: T | undefined;
  return () => (loaded ??= load(name, bundled));
}

function load<T>(name: string, bundled: () => T): T {
  try {
    return bundled();
  } catch {
    const { createRequire } = globalThis.process.getBuiltinModule('node:module');
    return createRequire(import.meta.url)(name) as T;
  }
}
