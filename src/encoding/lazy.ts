/** How a package is loaded by the first call that needs it. Nothing here is asked for in a browser until then. */

/** Whether this is Node, and not a browser. */
export const hasNode: boolean = typeof globalThis.process?.getBuiltinModule === 'function';

/**
 * A bundler puts the package in the place of the plain `require` with its name. Run as an ES module, where there is no
 * such function, the package is asked for by `name`.
 */
export function lazily<T>(name: string, bundled: () => T): () => T {
  let loaded: T | undefined;
  return () => (loaded ??= load(name, bundled));
}

function load<T>(name: string, bundled: () => T): T {
  try {
    return bundled();
  } catch (error) {
    if (!hasNode) throw error;
    const { createRequire } = globalThis.process.getBuiltinModule('node:module');
    return createRequire(import.meta.url)(name) as T;
  }
}
