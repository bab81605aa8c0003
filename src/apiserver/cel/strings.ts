/** Strings: patterns in linear time, `format`, and the rest of the extension that Kubernetes loads. */
import type { Environment } from '@marcbachmann/cel-js';
import { isDns1035Label, isDns1123Label, isDns1123Subdomain } from '../../api/names.ts';
import { compileRegexp, findAll } from '../../regexp/regexp.ts';
import { checkFormat } from '../crd/formats.ts';
import { MATCHES } from './bounded.ts';
import { formatString } from './format-string.ts';
import { type Functions, register } from './signatures.ts';

const textsOf = (text: string, pattern: string, limit: number): string[] =>
  findAll(compileRegexp(pattern), text, limit).map(({ groups }) => groups[0]!);

const matches = (text: string, pattern: string): boolean => compileRegexp(pattern).find(text, 0) !== undefined;

const FUNCTIONS: Functions = {
  [`string.${MATCHES}(string): bool`]: matches,
  'matches(string, string): bool': matches,
  'string.find(string): string': (text: string, pattern: string) =>
    compileRegexp(pattern).find(text, 0)?.groups[0] ?? '',
  'string.findAll(string): list<string>': (text: string, pattern: string) => textsOf(text, pattern, -1),
  'string.findAll(string, int): list<string>': (text: string, pattern: string, limit: bigint) =>
    textsOf(text, pattern, Number(limit)),
  'string.charAt(int): string': (text: string, at: bigint) => {
    if (at < 0n || at > text.length) throw new Error(`index out of range: ${at}`);
    return text.charAt(Number(at));
  },
  'string.replace(string, string): string': (text: string, old: string, by: string) => replace(text, old, by, -1),
  'string.replace(string, string, int): string': (text: string, old: string, by: string, limit: bigint) =>
    replace(text, old, by, Number(limit)),
  'string.format(list): string': formatString,
};

const MOST_CHARACTERS = 1 << 20;

function replace(text: string, old: string, by: string, limit: number): string {
  const parts = text.split(old);
  const size = text.length + Math.min(parts.length, limit < 0 ? Number.POSITIVE_INFINITY : limit) * by.length;
  if (size > MOST_CHARACTERS) throw new Error('the replaced string is too long');
  if (limit < 0 || parts.length - 1 <= limit) return parts.join(by);
  return parts.slice(0, limit + 1).join(by) + old + parts.slice(limit + 1).join(old);
}

/** A named format: what it finds wrong with a text. */
class Format {
  readonly find: (text: string) => string[];
  constructor(find: (text: string) => string[]) {
    this.find = find;
  }
}

const byFormat =
  (name: string, told = `must be a valid ${name}`) =>
  (text: string): string[] =>
    checkFormat(name, text) ? [] : [told];

const FORMATS: Record<string, Format> = {
  dns1123Label: new Format(isDns1123Label),
  dns1123Subdomain: new Format(isDns1123Subdomain),
  dns1035Label: new Format(isDns1035Label),
  uri: new Format(byFormat('uri')),
  uuid: new Format(byFormat('uuid', 'does not match the UUID format')),
  byte: new Format(byFormat('byte', 'invalid base64')),
  date: new Format(byFormat('date', 'invalid date')),
  datetime: new Format(byFormat('date-time', 'invalid datetime')),
};

class FormatNamespace {}

export function registerStrings(environment: Environment, optional: (value: unknown) => unknown): void {
  environment.registerType('kubernetes.Format', { ctor: Format });
  environment.registerType('FormatNamespace', { ctor: FormatNamespace });
  environment.registerConstant('format', 'FormatNamespace', new FormatNamespace());
  register(environment, FUNCTIONS);
  for (const [name, format] of Object.entries(FORMATS))
    register(environment, { [`FormatNamespace.${name}(): kubernetes.Format`]: () => format });
  register(environment, {
    'FormatNamespace.named(string): optional<kubernetes.Format>': (_: unknown, name: string) =>
      optional(Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined),
    'kubernetes.Format.validate(string): optional<list<string>>': (format: Format, text: string) => {
      const found = format.find(text);
      return optional(found.length === 0 ? undefined : found);
    },
  });
  // An optional is never null, not even the empty one; but it may be asked.
  environment.registerOperator('optional<list<string>> == null', () => false);
}
