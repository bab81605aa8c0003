/** How a family of functions is told to the package: signatures and what they do. */
import type { Environment } from '@marcbachmann/cel-js';

// biome-ignore lint/suspicious/noExplicitAny: the package has checked the arguments against the signature.
export type Functions = Record<string, (...args: any[]) => unknown>;

export function register(environment: Environment, functions: Functions): void {
  for (const [signature, handler] of Object.entries(functions))
    environment.registerFunction(signature, handler, { async: false });
}
