/** Flags as data: what one is called, what it takes, what it is when absent. Types read text as pflag does. */
import type { CommandContext } from './command.ts';
import { parseDuration } from './duration.ts';
import type { Environment } from './environment.ts';

export interface Flag {
  name: string;
  short?: string;
  type: FlagType;
  /** As one would type it. Lists and maps start empty. */
  default?: string | ((environment: Environment) => string);
  /** What the flag means when it stands without `=value`; a flag that has this never takes the next word. */
  bare?: string;
  help: string;
  /** Looks at what was given once all flags are read. Throws the reason why it is refused. */
  check?: (text: string, context: Pick<CommandContext, 'settings' | 'log'>) => Promise<unknown>;
  hidden?: boolean;
  /** What to use instead; the flag still works and is not shown. */
  deprecated?: string;
}

export type FlagValue = string | number | boolean | string[] | Record<string, string>;

export type FlagType =
  | 'bool'
  | 'string'
  | 'int'
  | 'uint'
  | 'float32'
  | 'duration'
  | 'stringArray'
  | 'strings'
  | 'stringToString'
  | 'format'
  | 'WaitStrategy'
  | 'postRendererString'
  | 'postRendererArgsSlice';

interface TypeRules {
  /** The value when neither given nor defaulted. */
  zero: FlagValue;
  /** Joins a text to what is there already; `first` is true for the first time the flag is given. Throws pflag's reason. */
  parse(text: string, before: FlagValue, first: boolean): FlagValue;
  /** The word after the flag's name in help; none for a bool. */
  word?: string;
}

const scalar = (zero: FlagValue, parse: (text: string) => FlagValue): TypeRules => ({ zero, parse });

export const FLAG_TYPES: Record<FlagType, TypeRules> = {
  bool: { ...scalar(false, parseBool), word: '' },
  string: scalar('', (text) => text),
  int: scalar(0, (text) => parseInteger('ParseInt', text)),
  uint: scalar(0, (text) => parseInteger('ParseUint', text)),
  float32: scalar(0, parseFloat32),
  duration: scalar(0, parseDuration),
  stringArray: { zero: [], parse: (text, before, first) => [...(first ? [] : (before as string[])), text] },
  strings: { zero: [], parse: (text, before, first) => [...(first ? [] : (before as string[])), ...parseCsv(text)] },
  stringToString: { zero: {}, parse: (text, before) => ({ ...(before as object), ...parsePairs(text) }) },
  format: scalar('table', parseFormat),
  WaitStrategy: scalar('hookOnly', parseWait),
  postRendererString: {
    zero: '',
    parse: (text, before, first) => {
      if (text === '') return before;
      if (!first && before !== '') throw new Error('cannot specify --post-renderer flag more than once');
      return text;
    },
  },
  postRendererArgsSlice: { zero: [], parse: (text, before) => [...(before as string[]), text] },
};

const BOOLS: Record<string, boolean> = {};
for (const word of ['1', 't', 'T', 'TRUE', 'true', 'True']) BOOLS[word] = true;
for (const word of ['0', 'f', 'F', 'FALSE', 'false', 'False']) BOOLS[word] = false;

const quote = (text: string) => JSON.stringify(text);

function parseBool(text: string): boolean {
  if (Object.hasOwn(BOOLS, text)) return BOOLS[text]!;
  throw new Error(`strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
}

/** Go's base 0: decimal, or 0x, 0o, 0b, and a leading 0 for octal. */
function parseInteger(function_: 'ParseInt' | 'ParseUint', text: string): number {
  const match = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]*|[1-9][0-9_]*)$/.exec(text);
  if (match === null || (match[1] !== '' && function_ === 'ParseUint'))
    throw new Error(`strconv.${function_}: parsing ${quote(text)}: invalid syntax`);
  const digits = match[2]!.replaceAll('_', '').replace(/^0(?=[0-7])/, '0o');
  const value = Number(digits) * (match[1] === '-' ? -1 : 1);
  if (Math.abs(value) > 2 ** 63 - 1)
    throw new Error(`strconv.${function_}: parsing ${quote(text)}: value out of range`);
  return value;
}

function parseFloat32(text: string): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text))
    throw new Error(`strconv.ParseFloat: parsing ${quote(text)}: invalid syntax`);
  return Math.fround(Number(text));
}

function parseFormat(text: string): string {
  if (['table', 'json', 'yaml'].includes(text)) return text;
  throw new Error('invalid format type');
}

function parseWait(text: string): string {
  if (['watcher', 'hookOnly', 'legacy', 'true', 'false'].includes(text)) return text;
  throw new Error(`invalid wait input ${quote(text)}. Valid inputs are watcher, hookOnly, and legacy`);
}

/** `a=1,b=2`; where there is but one `=` its value may hold commas. */
function parsePairs(text: string): Record<string, string> {
  const count = text.split('=').length - 1;
  const pairs = count > 1 ? parseCsv(text) : [text.replace(/^"+|"+$/g, '')];
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 0) throw new Error(`${pair} must be formatted as key=value`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** One line of comma-separated values, with double quotes around a field that holds commas. */
export function parseCsv(line: string): string[] {
  if (line === '') return [];
  const fields: string[] = [];
  for (let at = 0; ; ) {
    if (line[at] !== '"') {
      const end = line.indexOf(',', at);
      const field = end < 0 ? line.slice(at) : line.slice(at, end);
      if (field.includes('"')) throw csvError(at + field.indexOf('"') + 1, 'bare " in non-quoted-field');
      fields.push(field);
      if (end < 0) return fields;
      at = end + 1;
      continue;
    }
    let field = '';
    for (at++; ; ) {
      const end = line.indexOf('"', at);
      if (end < 0) throw csvError(line.length + 1, 'extraneous or missing " in quoted-field');
      field += line.slice(at, end);
      at = end + 1;
      if (line[at] !== '"') break;
      field += '"';
      at++;
    }
    fields.push(field);
    if (at >= line.length) return fields;
    if (line[at] !== ',') throw csvError(at, 'extraneous or missing " in quoted-field');
    at++;
  }
}

const csvError = (column: number, reason: string) => new Error(`parse error on line 1, column ${column}: ${reason}`);
