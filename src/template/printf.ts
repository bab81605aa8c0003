/** Go's fmt: Sprintf, Sprint and Sprintln over template values. */
import { formatFloat } from './float.ts';
import { type Format, newFormat } from './format.ts';
import { typeName } from './type.ts';
import { GoInt, type Value } from './value.ts';
import { formatValue } from './verb.ts';

/** fmt.Sprintf. A wrong verb or a missing argument is told inside the result, as Go does: `%!d(string=a)`. */
export function sprintf(format: string, args: readonly Value[]): string {
  return new Reader(format, args).all();
}

/** fmt.Sprint: the operands as `%v`, with a space between two that are not strings. */
export function sprint(args: readonly Value[]): string {
  let out = '';
  for (let i = 0; i < args.length; i++) {
    if (i > 0 && typeof args[i] !== 'string' && typeof args[i - 1] !== 'string') out += ' ';
    out += printed(args[i]);
  }
  return out;
}

/** fmt.Sprintln: the operands as `%v` with spaces between and a newline after. */
export const sprintln = (args: readonly Value[]): string => `${args.map(printed).join(' ')}\n`;

/** One value as `%v`. */
export function printed(value: Value): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'number':
      return formatFloat(value, 'g');
    default:
      return formatValue(newFormat(), value, 'v');
  }
}

/** No width, precision or argument of a `*` may be larger. */
const MAX_NUMBER = 1_000_000;

/** Reads a format string: `%` flags `[index]` width `.`precision `[index]` verb. */
class Reader {
  private readonly text: string;
  private readonly args: readonly Value[];
  private at = 0;
  /** Which argument comes next. */
  private next = 0;
  /** Whether an index was used anywhere, when unused arguments are not told. */
  private reordered = false;
  private goodIndex = true;
  private afterIndex = false;

  constructor(text: string, args: readonly Value[]) {
    this.text = text;
    this.args = args;
  }

  all(): string {
    let out = '';
    for (;;) {
      const percent = this.text.indexOf('%', this.at);
      if (percent < 0) break;
      out += this.text.slice(this.at, percent);
      this.at = percent + 1;
      out += this.directive();
    }
    return out + this.text.slice(this.at) + this.unused();
  }

  private directive(): string {
    const format = newFormat();
    this.goodIndex = true;
    this.flags(format);
    this.index();
    const problems = this.width(format) + this.precision(format);
    if (!this.afterIndex) this.index();
    if (this.at >= this.text.length) return `${problems}%!(NOVERB)`;
    const verb = String.fromCodePoint(this.text.codePointAt(this.at)!);
    this.at += verb.length;
    return problems + this.verb(format, verb);
  }

  private verb(format: Format, verb: string): string {
    if (verb === '%') return '%';
    if (!this.goodIndex) return `%!${verb}(BADINDEX)`;
    if (this.next >= this.args.length) return `%!${verb}(MISSING)`;
    if (verb === 'v') {
      // %#v and %+v are formats of their own, without flags.
      [format.sharpV, format.sharp] = [format.sharp, false];
      [format.plusV, format.plus] = [format.plus, false];
    }
    return formatValue(format, this.args[this.next++], verb);
  }

  private flags(format: Format): void {
    for (; ; this.at++) {
      const flag = FLAGS[this.text[this.at] ?? ''];
      if (flag === undefined) return;
      format[flag] = true;
    }
  }

  /** `[3]`: which argument comes next. */
  private index(): void {
    this.afterIndex = false;
    if (this.text[this.at] !== '[') return;
    this.reordered = true;
    const open = this.at;
    const close = this.text.indexOf(']', open);
    if (close < 0 || this.text.length - open < 3) {
      this.goodIndex = false;
      this.at++;
      return;
    }
    this.at++;
    const number = this.number(close);
    const good = number !== undefined && this.at === close;
    this.at = close + 1;
    this.afterIndex = good;
    if (good && number >= 1 && number <= this.args.length) this.next = number - 1;
    else this.goodIndex = false;
  }

  private width(format: Format): string {
    if (this.text[this.at] !== '*') {
      format.width = this.number(this.text.length);
      if (this.afterIndex && format.width !== undefined) this.goodIndex = false;
      return '';
    }
    const width = this.star();
    if (width === undefined) return '%!(BADWIDTH)';
    format.width = Math.abs(width);
    if (width < 0) {
      format.minus = true;
      format.zero = false;
    }
    return '';
  }

  private precision(format: Format): string {
    if (this.text[this.at] !== '.' || this.at + 1 >= this.text.length) return '';
    this.at++;
    if (this.afterIndex) this.goodIndex = false;
    this.index();
    if (this.text[this.at] !== '*') {
      format.precision = this.number(this.text.length) ?? 0;
      return '';
    }
    const precision = this.star();
    if (precision === undefined || precision < 0) return '%!(BADPREC)';
    format.precision = precision;
    return '';
  }

  /** The integer argument that a `*` stands for. */
  private star(): number | undefined {
    this.at++;
    this.afterIndex = false;
    if (this.next >= this.args.length) return undefined;
    const value = this.args[this.next++];
    const number = value instanceof GoInt ? value.value : value;
    if (typeof number !== 'bigint' || number > BigInt(MAX_NUMBER) || number < BigInt(-MAX_NUMBER)) return undefined;
    return Number(number);
  }

  /** Digits up to `end`; undefined where there are none, or too many, when all is skipped. */
  private number(end: number): number | undefined {
    let number: number | undefined;
    for (; this.at < end; this.at++) {
      const digit = this.text.charCodeAt(this.at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      if ((number ?? 0) > MAX_NUMBER) {
        this.at = end;
        return undefined;
      }
      number = (number ?? 0) * 10 + digit;
    }
    return number;
  }

  /** `%!(EXTRA type=value, …)` */
  private unused(): string {
    if (this.reordered || this.next >= this.args.length) return '';
    const extra = this.args
      .slice(this.next)
      .map((value) => (value === null || value === undefined ? '<nil>' : `${typeName(value)}=${printed(value)}`));
    return `%!(EXTRA ${extra.join(', ')})`;
  }
}

const FLAGS: Record<string, 'sharp' | 'zero' | 'plus' | 'minus' | 'space'> = {
  '#': 'sharp',
  '0': 'zero',
  '+': 'plus',
  '-': 'minus',
  ' ': 'space',
};
