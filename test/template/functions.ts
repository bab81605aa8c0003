/** The function library for tests: time stands still and chance gives zeros. */
import { engineFunctions } from '../../src/engine/functions.ts';
import { silentLog } from '../../src/log.ts';
import { sprigFunctions } from '../../src/sprig/functions.ts';
import type { GoFunction } from '../../src/template/value.ts';

export const functions: Record<string, GoFunction> = {
  ...Object.fromEntries(sprigFunctions({ now: () => 1_767_225_600_000, randomBytes: (size) => new Uint8Array(size) })),
  ...engineFunctions({ lint: false, lookup: undefined, log: silentLog }),
};
