/** The functions that Kubernetes adds to CEL, by family. */
import type { Environment } from '@marcbachmann/cel-js';
import { registerAuthorizer } from './authorizer.ts';
import { registerConstructions } from './constructions.ts';
import { registerLists } from './lists.ts';
import { registerNetwork } from './network.ts';
import { registerOptionals } from './optionals.ts';
import { registerQuantities } from './quantities.ts';
import { registerStrings } from './strings.ts';
import { registerUrls } from './urls.ts';

/** `optional` makes the language's optional values; undefined makes the empty one. */
export function registerLibraries(environment: Environment, optional: (value: unknown) => unknown): void {
  registerStrings(environment, optional);
  registerLists(environment);
  registerUrls(environment);
  registerQuantities(environment);
  registerNetwork(environment);
  registerOptionals(environment, optional);
  registerConstructions(environment);
  registerAuthorizer(environment);
}
