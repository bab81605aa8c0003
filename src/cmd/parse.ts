/** Reads a command's words as pflag does: flags anywhere, `--` ends them, short ones may be joined. */
import type { Environment } from './environment.ts';
import { FLAG_TYPES, type Flag, type FlagValue } from './flag.ts';

export interface FlagValues {
  string(name: string): string;
  bool(name: string): boolean;
  number(name: string): number;
  list(name: string): string[];
  map(name: string): Record<string, string>;
  /** Whether the flag was given. */
  isSet(name: string): boolean;
  /** Whether the command has such a flag at all. */
  has(name: string): boolean;
  /** What was given, by name. */
  given: ReadonlyMap<string, FlagValue>;
}

export interface Parsed {
  flags: FlagValues;
  args: string[];
  /** Lines for stderr: deprecated flags that were used. */
  warnings: string[];
}

/** Throws an Error in pflag's words. */
export function parseArguments(words: string[], flags: Flag[], environment: Environment): Parsed {
  const byName = new Map(flags.map((flag) => [flag.name, flag]));
  // A command's own letter hides the same letter of a global flag, which stands behind it in the list.
  const byShort = new Map([...flags].reverse().flatMap((flag) => (flag.short ? [[flag.short, flag] as const] : [])));
  const values = new Map<string, FlagValue>();
  const warnings: string[] = [];
  const args: string[] = [];

  const set = (flag: Flag, text: string): void => {
    const before = values.get(flag.name);
    try {
      const value = FLAG_TYPES[flag.type].parse(text, before ?? FLAG_TYPES[flag.type].zero, before === undefined);
      values.set(flag.name, value);
    } catch (error) {
      const shown = flag.short ? `-${flag.short}, --${flag.name}` : `--${flag.name}`;
      throw new Error(`invalid argument ${JSON.stringify(text)} for "${shown}" flag: ${(error as Error).message}`);
    }
    if (flag.deprecated) warnings.push(`Flag --${flag.name} has been deprecated, ${flag.deprecated}`);
  };

  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === '--') {
      args.push(...words.slice(at + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') args.push(word);
    else if (word.startsWith('--')) at = longFlag(word, at);
    else at = shortFlags(word, at);
  }

  function longFlag(word: string, at: number): number {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    if (name === '' || name.startsWith('-')) throw new Error(`bad flag syntax: ${word}`);
    const flag = byName.get(name);
    if (!flag) throw new Error(`unknown flag: --${name}`);
    if (equals >= 0) set(flag, word.slice(equals + 1));
    else if (bareValue(flag) !== undefined) set(flag, bareValue(flag)!);
    else if (at + 1 < words.length) set(flag, words[++at]!);
    else throw new Error(`flag needs an argument: --${name}`);
    return at;
  }

  function shortFlags(word: string, at: number): number {
    for (let rest = word.slice(1); rest !== ''; ) {
      const letter = String.fromCodePoint(rest.codePointAt(0)!);
      const flag = byShort.get(letter);
      if (!flag) throw new Error(`unknown shorthand flag: '${letter}' in ${word}`);
      const after = rest.slice(letter.length);
      if (after.length > 1 && after.startsWith('=')) {
        set(flag, after.slice(1));
        return at;
      }
      if (bareValue(flag) !== undefined) {
        set(flag, bareValue(flag)!);
        rest = after;
        continue;
      }
      if (after !== '') {
        set(flag, after);
        return at;
      }
      if (at + 1 >= words.length) throw new Error(`flag needs an argument: '${letter}' in ${word}`);
      set(flag, words[++at]!);
      return at;
    }
    return at;
  }

  return { flags: flagValues(flags, values, environment), args, warnings };
}

export const bareValue = (flag: Flag): string | undefined => flag.bare ?? (flag.type === 'bool' ? 'true' : undefined);

/** What a flag is when it is not given, as text. */
export const defaultText = (flag: Flag, environment: Environment): string | undefined =>
  typeof flag.default === 'function' ? flag.default(environment) : flag.default;

/** Flags of which `given` tells some; the others have their defaults. */
export function flagValues(
  flags: readonly Flag[],
  given: ReadonlyMap<string, FlagValue>,
  environment: Environment,
): FlagValues {
  const byName = new Map(flags.map((flag) => [flag.name, flag]));
  const value = (name: string): FlagValue => {
    const known = given.get(name);
    if (known !== undefined) return known;
    const flag = byName.get(name);
    if (!flag) throw new Error(`the command has no flag --${name}`);
    const { zero, parse } = FLAG_TYPES[flag.type];
    const text = defaultText(flag, environment);
    return text === undefined ? zero : parse(text, zero, true);
  };
  return {
    string: (name) => value(name) as string,
    bool: (name) => value(name) as boolean,
    number: (name) => value(name) as number,
    list: (name) => value(name) as string[],
    map: (name) => value(name) as Record<string, string>,
    isSet: (name) => given.has(name),
    has: (name) => byName.has(name),
    given,
  };
}

/** cobra's refusal of flags that exclude each other; undefined when all is well. */
export function exclusiveProblem(flags: FlagValues, groups: string[][]): string | undefined {
  for (const group of [...groups].sort((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1))) {
    const given = group.filter((name) => flags.isSet(name));
    if (given.length > 1)
      return `if any flags in the group [${group.join(' ')}] are set none of the others can be; [${given.sort().join(' ')}] were all set`;
  }
  return undefined;
}
