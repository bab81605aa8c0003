/**
 * The function library of Helm's templates: sprig 3.3 without env and expandenv, and Helm's own functions that need no
 * engine. The engine adds include, tpl, required and lookup, and its own fail.
 */
import type { GoFunction } from '../template/value.ts';
import { certificates } from './certificates.ts';
import { crypto } from './crypto.ts';
import { dates } from './dates.ts';
import { defaults } from './defaults.ts';
import { dicts } from './dicts.ts';
import { encoding } from './encoding.ts';
import { flow } from './flow.ts';
import type { Family, SprigContext } from './function.ts';
import { lists } from './lists.ts';
import { network } from './network.ts';
import { numbers } from './numbers.ts';
import { paths } from './paths.ts';
import { random } from './random.ts';
import { reflection } from './reflection.ts';
import { regex } from './regex.ts';
import { strings } from './strings.ts';
import { url } from './url.ts';
import { versions } from './versions.ts';

export type { SprigContext } from './function.ts';

/** Every function by name. Cheap to call: what is heavy is loaded by the first call that needs it. */
export function sprigFunctions(context: SprigContext): Map<string, GoFunction> {
  const families: Family[] = [
    ...[strings, numbers, lists, dicts, defaults, encoding, regex, paths, url, reflection, versions, flow],
    ...[dates(context), random(context), crypto(context), certificates(context), network(context)],
  ];
  const library = new Map<string, GoFunction>();
  for (const family of families) for (const name in family) library.set(name, family[name]!);
  return library;
}
