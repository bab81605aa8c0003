/** Regular expressions as Go's package regexp runs them: leftmost, first alternative first, in linear time. */
import type { RE2JS } from 're2js';
import { lazily } from '../encoding/lazy.ts';
import { canBackquote, quote } from '../template/quote.ts';
import { type Parsed, parseRegexp } from './parse.ts';
import { type Translated, translateRegexp } from './translate.ts';

const re2js = lazily('re2js', () => require('re2js') as typeof import('re2js'));

/** Where a match stands, in UTF-16 units, and what its groups hold; the whole match is group 0. */
export interface Match {
  start: number;
  end: number;
  groups: (string | undefined)[];
}

export interface Regexp {
  /** By the number of the group; "" for one without a name. */
  names: string[];
  /** The first match that begins at `from` or later. */
  find(text: string, from: number): Match | undefined;
}

/** Compiled patterns by their text, the oldest dropped first. */
const cache = new Map<string, Regexp>();
const MAX_CACHED = 500;

/** Throws `error parsing regexp: …`. */
export function compileRegexp(pattern: string): Regexp {
  const cached = cache.get(pattern);
  if (cached) return cached;
  const parsed = parseRegexp(pattern);
  const compiled = searcher(pattern, parsed, translateRegexp(parsed.root));
  if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value!);
  cache.set(pattern, compiled);
  return compiled;
}

/** As MustCompile, whose panic names the pattern. */
export function mustCompile(pattern: string): Regexp {
  try {
    return compileRegexp(pattern);
  } catch (error) {
    const quoted = canBackquote(pattern) ? `\`${pattern}\`` : quote(pattern);
    throw new Error(`regexp: Compile(${quoted}): ${(error as Error).message}`);
  }
}

/** Steps that JavaScript's engine may take; what could cost more goes to RE2, whose time is linear. */
const MAX_COST = 4_000_000;

function searcher(pattern: string, { names }: Parsed, translated: Translated | undefined): Regexp {
  let native: RegExp | undefined;
  let linear: RE2JS | undefined;
  return {
    names,
    find(text, from) {
      if (translated && translated.cost(text.length) <= MAX_COST) {
        native ??= new RegExp(translated.source, `g${translated.flags}`);
        return findNative(native, text, from);
      }
      linear ??= re2js().RE2JS.compile(withoutNames(pattern, names));
      return findLinear(linear, text, from);
    },
  };
}

/** Go lets two groups have the same name, re2js does not. */
const withoutNames = (pattern: string, names: string[]): string =>
  new Set(names).size < names.filter((name) => name !== '').length + 1 ? pattern.replace(/\(\?P?<\w+>/g, '(') : pattern;

function findNative(native: RegExp, text: string, from: number): Match | undefined {
  native.lastIndex = from;
  const found = native.exec(text);
  return found ? { start: found.index, end: found.index + found[0].length, groups: [...found] } : undefined;
}

function findLinear(linear: RE2JS, text: string, from: number): Match | undefined {
  const matcher = linear.matcher(text);
  if (from > text.length || !matcher.find(from)) return undefined;
  const groups = Array.from({ length: linear.groupCount() + 1 }, (_, i) => matcher.group(i) ?? undefined);
  return { start: matcher.start(), end: matcher.end(), groups };
}

/** At most `limit` matches (all where it is negative), none empty and right behind another. As FindAll. */
export function findAll(regexp: Regexp, text: string, limit: number): Match[] {
  const matches: Match[] = [];
  let previousEnd = -1;
  for (let at = 0; at <= text.length && (limit < 0 || matches.length < limit); ) {
    const match = regexp.find(text, at);
    if (!match) break;
    if (match.end > match.start || match.start !== previousEnd) matches.push(match);
    previousEnd = match.end;
    at = match.end > at ? match.end : at + runeWidth(text, at);
  }
  return matches;
}

const runeWidth = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/** Every match replaced by what `replacement` makes of it. */
export function replaceAll(regexp: Regexp, text: string, replacement: (match: Match) => string): string {
  const parts: string[] = [];
  let copied = 0;
  for (const match of findAll(regexp, text, -1)) {
    parts.push(text.slice(copied, match.start), replacement(match));
    copied = match.end;
  }
  parts.push(text.slice(copied));
  return parts.join('');
}

/** The text between the matches, in at most `limit` parts (any number where it is negative). As Split. */
export function split(regexp: Regexp, pattern: string, text: string, limit: number): string[] | undefined {
  if (limit === 0) return undefined;
  if (pattern !== '' && text === '') return [''];
  const parts: string[] = [];
  let begin = 0;
  let end = 0;
  for (const match of findAll(regexp, text, limit)) {
    if (limit > 0 && parts.length === limit - 1) break;
    end = match.start;
    if (match.end !== 0) parts.push(text.slice(begin, end));
    begin = match.end;
  }
  if (end !== text.length) parts.push(text.slice(begin));
  return parts;
}

/** `$1`, `${1}`, `$name` and `${name}` filled in from a match; `$$` is a dollar. As Expand. */
export function expand(template: string, { groups }: Match, names: string[]): string {
  if (!template.includes('$')) return template;
  const references = /\$(?:\$|(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+)))/gu;
  return template.replace(references, (whole, braced: string | undefined, plain: string | undefined) => {
    if (whole === '$$') return '$';
    const name = (braced ?? plain)!;
    if (/^(?:0|[1-9]\d{0,7})$/.test(name)) return groups[Number(name)] ?? '';
    const at = names.findIndex((candidate, i) => candidate === name && groups[i] !== undefined);
    return at < 0 ? '' : groups[at]!;
  });
}

export const quoteMeta = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
