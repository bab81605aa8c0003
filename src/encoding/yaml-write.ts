/**
 * Values → YAML, as go-yaml's emitter lays them out: block style throughout, `[]` and `{}` where a collection is empty,
 * every scalar in the plainest form that reads back as itself.
 */
import { byteLength } from '../template/utf8.ts';
import { isMap, type Value, type ValueMap } from '../template/value.ts';
import { MAX_DEPTH } from './yaml-scan.ts';

/** Where the two versions of go-yaml differ. */
export interface YamlDialect {
  /** Lists in maps stand two columns deeper than their key. */
  indentLists: boolean;
  /** Flow scalars are folded at the first space beyond this column. */
  width: number;
  /** A text with tabs and line breaks may stand in block style. */
  tabsInBlocks: boolean;
  /** Keys in their order. */
  keysOf(map: ValueMap): string[];
  /** A value that is neither text nor collection. */
  scalar(value: Value): string;
  /** Whether a text without quotes would be read as something else. */
  needsQuotes(text: string): boolean;
  /** What the reader would not take as text: the tag to write it under, and what to write. */
  tagged?(text: string): { tag: string; text: string } | undefined;
}

/** Ends in a newline. */
export function writeYaml(value: Value, dialect: YamlDialect): string {
  const writer = new Writer(dialect);
  writer.root(value);
  return writer.finish();
}

/** A key of more bytes takes the form `? key`. */
const MAX_SIMPLE_KEY = 128;
const STEP = 2;
/** The column that stands for a key, which is never folded and never in block style. */
const KEY = -1;

/** More characters than any document has: only a value that holds others again and again grows so. */
const MAX_LENGTH = 1 << 26;

class Writer {
  readonly #dialect: YamlDialect;
  #out = '';
  /** After a block scalar that ends in a line break, the next line has begun already. */
  #atLineStart = false;

  constructor(dialect: YamlDialect) {
    this.#dialect = dialect;
  }

  finish(): string {
    return this.#atLineStart ? this.#out : `${this.#out}\n`;
  }

  root(value: Value): void {
    if (isCollection(value)) this.#collection(value, 0, 0);
    else this.#out += this.#scalar(value, STEP, 0);
  }

  /** Writes from the column `indent` on, where the cursor stands. */
  #collection(value: Value[] | ValueMap, indent: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new Error(`yaml: exceeded max depth of ${MAX_DEPTH}`);
    if (this.#out.length > MAX_LENGTH) throw new Error(`yaml: the value takes more than ${MAX_LENGTH} characters`);
    if (Array.isArray(value)) this.#list(value, indent, depth);
    else this.#map(value, indent, depth);
  }

  #list(list: Value[], indent: number, depth: number): void {
    for (let i = 0; i < list.length; i++) {
      if (i > 0) this.#newLine(indent);
      this.#out += '-';
      this.#inline(list[i], indent, depth);
    }
  }

  #map(map: ValueMap, indent: number, depth: number): void {
    const keys = this.#dialect.keysOf(map);
    for (let i = 0; i < keys.length; i++) {
      if (i > 0) this.#newLine(indent);
      const key = keys[i]!;
      if (isSimpleKey(key)) this.#simpleEntry(this.#scalar(key, 0, KEY), map[key], indent, depth);
      else {
        this.#out += '?';
        this.#inline(key, indent, depth);
        this.#newLine(indent);
        this.#out += ':';
        this.#inline(map[key], indent, depth);
      }
    }
  }

  /** After `key:`, collections begin on a line of their own. */
  #simpleEntry(key: string, value: Value, indent: number, depth: number): void {
    if (!isCollection(value)) {
      this.#out += `${key}: ${this.#scalar(value, indent + STEP, indent + key.length + 2)}`;
      return;
    }
    this.#out += `${key}:`;
    const deeper = Array.isArray(value) && !this.#dialect.indentLists ? indent : indent + STEP;
    this.#newLine(deeper);
    this.#collection(value, deeper, depth + 1);
  }

  /** After `-`, `?` or `:`, collections begin on the same line. */
  #inline(value: Value, indent: number, depth: number): void {
    this.#out += ' ';
    if (isCollection(value)) this.#collection(value, indent + STEP, depth + 1);
    else this.#out += this.#scalar(value, indent + STEP, indent + STEP);
  }

  #newLine(indent: number): void {
    this.#out += (this.#atLineStart ? '' : '\n') + spaces(indent);
    this.#atLineStart = false;
  }

  /** Further lines of the scalar are indented by `indent`; it begins at `column`, or is a KEY. */
  #scalar(value: Value, indent: number, column: number): string {
    if (Array.isArray(value)) return '[]';
    if (isMap(value)) return '{}';
    if (typeof value !== 'string') return this.#dialect.scalar(value);
    const tagged = this.#dialect.tagged?.(value);
    return tagged === undefined
      ? this.#text(value, indent, column, this.#dialect.needsQuotes(value))
      : `${tagged.tag} ${this.#text(tagged.text, indent, column, false)}`;
  }

  #text(text: string, indent: number, column: number, quotes: boolean): string {
    const width = column === KEY ? Number.POSITIVE_INFINITY : this.#dialect.width;
    const fits = column + text.length <= width;
    if (fits && !quotes && PLAIN.test(text)) return text;
    const shape = shapeOf(text);
    const wantsBlock = text.includes('\n');
    const allowsBlock = shape.block || (this.#dialect.tabsInBlocks && shape.blockWithTabs);
    if (wantsBlock && allowsBlock && column !== KEY) return this.#block(text, indent);
    const fold: Fold = { indent, column, width };
    if (quotes || wantsBlock) return doubleQuoted(text, fold);
    if (shape.plain) return fits ? text : folded(text, fold);
    return shape.single ? singleQuoted(text, fold) : doubleQuoted(text, fold);
  }

  /** `|`, the indentation where the text begins with space, and what becomes of the breaks at its end. */
  #block(text: string, indent: number): string {
    const first = text.charCodeAt(0);
    const hint = first === 0x20 || isBreak(first) ? String(STEP) : '';
    const last = text.length - 1;
    const endsInBreak = isBreak(text.charCodeAt(last));
    const keeps = endsInBreak && (last === 0 || isBreak(text.charCodeAt(last - 1)));
    this.#atLineStart = endsInBreak;
    return `|${hint}${keeps ? '+' : endsInBreak ? '' : '-'}\n${indented(text, spaces(indent))}`;
  }
}

const isCollection = (value: Value): value is Value[] | ValueMap =>
  Array.isArray(value) ? value.length > 0 : isMap(value) && hasKeys(value);

function hasKeys(map: ValueMap): boolean {
  for (const key in map) if (Object.hasOwn(map, key)) return true;
  return false;
}

function isSimpleKey(key: string): boolean {
  if (key.length > MAX_SIMPLE_KEY || BREAK.test(key)) return false;
  return key.length * 3 <= MAX_SIMPLE_KEY || byteLength(key) <= MAX_SIMPLE_KEY;
}

const BREAK = /[\n\r\x85\u2028\u2029]/;
const isBreak = (unit: number): boolean =>
  unit === 0x0a || unit === 0x0d || unit === 0x85 || unit === 0x2028 || unit === 0x2029;

/** Most texts: words of letters, digits and harmless signs, with single spaces between. */
const PLAIN = /^[A-Za-z0-9_/$(][\w./$()+=@%^~\\;<"'*&!|-]*(?:[ :][\w./$()+=@%^~\\;<"'*&!|-]+)*$/;

const SPACES = ' '.repeat(256);
const spaces = (count: number): string => (count <= 256 ? SPACES.slice(0, count) : ' '.repeat(count));

/** Every line with `indent` before it, but for empty ones. */
function indented(text: string, indent: string): string {
  return text.replace(/(^|[\n\r\x85\u2028\u2029])(?=[^\n\r\x85\u2028\u2029])/g, (_, before: string) => before + indent);
}

interface Shape {
  plain: boolean;
  single: boolean;
  block: boolean;
  blockWithTabs: boolean;
  breaks: boolean;
}

/** Which styles can hold a text, as yaml_emitter_analyze_scalar finds it. */
function shapeOf(text: string): Shape {
  if (text === '') return { plain: true, single: true, block: false, blockWithTabs: false, breaks: false };
  const breaks = BREAK.test(text);
  const special = UNPRINTABLE.test(text);
  const spaceBreak = breaks && SPACE_BREAK.test(text);
  const breakSpace = breaks && BREAK_SPACE.test(text);
  const endsInSpace = text.endsWith(' ');
  const tabs = text.includes('\t');
  const plain = !breaks && !special && !tabs && !endsInSpace && !text.startsWith(' ') && !INDICATORS.test(text);
  const blockWithTabs = !endsInSpace && !spaceBreak && !special;
  return {
    plain,
    single: !breakSpace && !spaceBreak && !special && !tabs,
    block: blockWithTabs && !tabs,
    blockWithTabs,
    breaks,
  };
}

/** Beyond the BMP nothing is printable to go-yaml. */
const UNPRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]/;
const SPACE_BREAK = / [\n\r\x85\u2028\u2029]/;
const BREAK_SPACE = /[\n\r\x85\u2028\u2029] /;

/** What a plain scalar of block context cannot begin with or contain. */
const INDICATORS = /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?:[ \t]|$))|:(?:[ \t]|$)|[ \t]#/;

/** Where a flow scalar begins, where its further lines do, and beyond which column a space becomes a line break. */
interface Fold {
  indent: number;
  column: number;
  width: number;
}

/** Line breaks here are LS or PS, since those with a newline stand in block style. */
function singleQuoted(text: string, fold: Fold): string {
  const quoted = text.replaceAll("'", "''");
  const short = fold.column + quoted.length < fold.width && !BREAK.test(quoted);
  return `'${short ? quoted : folded(quoted, { ...fold, column: fold.column + 1 })}'`;
}

/** A single space beyond the width becomes a line break; LS and PS are followed by the indentation. */
function folded(text: string, { indent, column, width }: Fold): string {
  const chars = Array.from(text);
  let out = '';
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!;
    const inner = i > 0 && i < chars.length - 1;
    if (char === ' ' && column > width && inner && chars[i - 1] !== ' ' && chars[i + 1] !== ' ') {
      out += `\n${spaces(indent)}`;
      column = indent;
    } else if (BREAK.test(char)) {
      out += BREAK.test(chars[i + 1] ?? char) ? char : char + spaces(indent);
      column = indent;
    } else {
      out += char;
      column++;
    }
  }
  return out;
}

function doubleQuoted(text: string, { indent, column, width }: Fold): string {
  // As go-yaml: with a byte order mark at the start, every character is escaped.
  const pattern = text.startsWith('\ufeff') ? /[\s\S]/gu : ESCAPED;
  if (column + text.length * 10 <= width || !text.includes(' ')) return `"${text.replace(pattern, escapeChar)}"`;
  const chars = Array.from(text);
  let out = '"';
  let at = column + 1;
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!.replace(pattern, escapeChar);
    if (char === ' ' && at > width && i > 0 && i < chars.length - 1 && chars[i - 1] !== ' ') {
      out += `\n${spaces(indent)}${chars[i + 1] === ' ' ? '\\' : ''}`;
      at = indent + (chars[i + 1] === ' ' ? 1 : 0);
    } else {
      out += char;
      at += char.length;
    }
  }
  return `${out}"`;
}

const ESCAPED = /[\x00-\x1f"\\\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|[\u{10000}-\u{10ffff}]/gu;

const ESCAPES = new Map([
  ['\0', '\\0'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['\x1b', '\\e'],
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\x85', '\\N'],
  ['\xa0', '\\_'],
  ['\u2028', '\\L'],
  ['\u2029', '\\P'],
]);

function escapeChar(char: string): string {
  const known = ESCAPES.get(char);
  if (known !== undefined) return known;
  const code = char.codePointAt(0)!;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
