/**
 * The function library of Helm's templates: sprig 3.3 without env and expandenv, and Helm's own functions that need no
 * engine (include, tpl, required, lookup and Helm's fail are the engine's).
 */
import type { GoFunction } from '../template/value.ts';
import { defaults } from './defaults.ts';
import { dicts } from './dicts.ts';
import { encoding } from './encoding.ts';
import { flow } from './flow.ts';
import type { SprigContext } from './function.ts';
import { lists } from './lists.ts';
import { numbers } from './numbers.ts';
import { paths } from './paths.ts';
import { reflection } from './reflection.ts';
import { regex } from './regex.ts';
import { strings } from './strings.ts';

export type { SprigContext } from './function.ts';

/** Every function by name. Cheap to call: what is heavy is loaded by the first call that needs it. */
export function sprigFunctions(context: SprigContext): Record<string, GoFunction> {
  void context;
  return {
    ...strings,
    ...lists,
    ...dicts,
    ...defaults,
    ...reflection,
    ...flow,
    ...encoding,
    ...numbers,
    ...paths,
    ...regex,
  };
}
