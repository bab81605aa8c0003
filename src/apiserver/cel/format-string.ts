/** `"%s has %d".format([…])`, as cel-go's extension of strings. */

const CLAUSE = /%(?:%|(?:\.(\d{1,3}))?([a-zA-Z]))/g;
const MOST_CHARACTERS = 1 << 20;

export function formatString(template: string, values: unknown[]): string {
  let next = 0;
  let size = template.length;
  return template.replace(CLAUSE, (clause, precision: string | undefined, verb: string | undefined) => {
    if (verb === undefined) return '%';
    if (next >= values.length) throw new Error(`index ${next} out of range`);
    const print = Object.hasOwn(VERBS, verb) ? VERBS[verb]! : undefined;
    if (print === undefined)
      throw new Error(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
    const text = print(values[next++], precision === undefined ? 6 : Number(precision), clause);
    size += text.length;
    if (size > MOST_CHARACTERS) throw new Error('the formatted string is too long');
    return text;
  });
}

const VERBS: Record<string, (value: unknown, precision: number, clause: string) => string> = {
  s: printed,
  d: (value, _precision, clause) =>
    typeof value === 'number' && !Number.isFinite(value) ? printed(value) : integer(value, clause).toString(),
  f: (value, precision) => float(value).toFixed(Math.min(precision, 100)),
  e: (value, precision) =>
    float(value)
      .toExponential(Math.min(precision, 100))
      .replace(/e([+-])(\d)$/, 'e$10$2'),
  b: (value, _precision, clause) =>
    typeof value === 'boolean' ? (value ? '1' : '0') : integer(value, clause).toString(2),
  o: (value, _precision, clause) => integer(value, clause).toString(8),
  x: (value, _precision, clause) => hexadecimal(value, clause),
  X: (value, _precision, clause) => hexadecimal(value, clause).toUpperCase(),
};

function integer(value: unknown, clause: string): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'object' && value !== null && typeof value.valueOf() === 'bigint')
    return value.valueOf() as bigint;
  throw new Error(`error during formatting: ${clause} clause can only be used on integers`);
}

function float(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  throw new Error('error during formatting: decimal clause can only be used on doubles');
}

function hexadecimal(value: unknown, clause: string): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return integer(value, clause).toString(16);
}

function printed(value: unknown): string {
  if (value === Number.POSITIVE_INFINITY) return 'Infinity';
  if (value instanceof Date) return value.toISOString().replace(/\.000Z$/, 'Z');
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (Array.isArray(value)) return `[${value.map(printed).join(', ')}]`;
  if (value instanceof Map) return `{${[...value].map(printedEntry).sort().join(', ')}}`;
  return String(value);
}

const printedEntry = ([key, value]: [unknown, unknown]): string => `${printed(key)}: ${printed(value)}`;
