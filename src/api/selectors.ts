/** Label and field selectors: the string grammar with Kubernetes' errors, LabelSelector objects, and matching. */
import { isLabelValue, isQualifiedName } from './names.ts';

export type Labels = Readonly<Record<string, string>>;

export type Operator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface Requirement {
  key: string;
  operator: Operator;
  values: string[];
}

/** A conjunction; empty matches everything. */
export interface LabelSelector {
  requirements: Requirement[];
}

/** `metav1.LabelSelector` as it stands in objects. */
export interface LabelSelectorObject {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** Parses `a=b,c in (d,e),!f`; throws with the text that `labels.Parse` gives. */
export function parseLabelSelector(text: string): LabelSelector {
  const requirements = new Parser(text).parse();
  return { requirements: sortByKey(requirements) };
}

/** As `metav1.LabelSelectorAsSelector`: absent matches nothing (undefined is returned), empty everything. */
export function fromLabelSelector(object: LabelSelectorObject | null | undefined): LabelSelector | undefined {
  if (object === null || object === undefined) return undefined;
  const requirements = Object.entries(object.matchLabels ?? {}).map(([key, value]) =>
    newRequirement(key, '=', [value]),
  );
  for (const { key, operator, values } of object.matchExpressions ?? []) {
    const known = EXPRESSION_OPERATORS.get(operator);
    if (known === undefined) throw new Error(`${JSON.stringify(operator)} is not a valid label selector operator`);
    requirements.push(newRequirement(key, known, [...(values ?? [])]));
  }
  return { requirements: sortByKey(requirements) };
}

/** The same for objects that nobody changes, parsed once each; a selector that cannot be read matches nothing. */
export function selectorOf(selector: LabelSelectorObject | undefined): LabelSelector | undefined {
  if (!selector) return undefined;
  let parsed = selectors.get(selector);
  if (!parsed) {
    try {
      parsed = fromLabelSelector(selector)!;
    } catch {
      return undefined;
    }
    selectors.set(selector, parsed);
  }
  return parsed;
}

const selectors = new WeakMap<LabelSelectorObject, LabelSelector>();

/** A selector of equalities, unchecked, as services and replication controllers have. */
export const fromLabels = (labels: Labels | null | undefined): LabelSelector => ({
  requirements: sortByKey(
    Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] })),
  ),
});

export function matchesLabels(selector: LabelSelector | undefined, labels: Labels | null | undefined): boolean {
  if (selector === undefined) return false;
  for (const requirement of selector.requirements) if (!meets(requirement, labels)) return false;
  return true;
}

/** The selector as text, as `labels.Selector.String` writes it; `/scale` has it in its status. */
export const printLabelSelector = (selector: LabelSelector): string =>
  selector.requirements.map(printRequirement).join(',');

function meets({ key, operator, values }: Requirement, labels: Labels | null | undefined): boolean {
  const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    default: {
      if (value === undefined || !isInt64(value)) return false;
      const [left, right] = [BigInt(value), BigInt(values[0]!)];
      return operator === 'gt' ? left > right : left < right;
    }
  }
}

function printRequirement({ key, operator, values }: Requirement): string {
  const all = [...values].sort().join(',');
  switch (operator) {
    case '!':
      return `!${key}`;
    case 'exists':
      return key;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${all})`;
    case 'gt':
      return `${key}>${all}`;
    case 'lt':
      return `${key}<${all}`;
    default:
      return `${key}${operator}${all}`;
  }
}

const EXPRESSION_OPERATORS = new Map<string, Operator>([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
]);

const isInt64 = (text: string): boolean => {
  if (!/^[+-]?[0-9]{1,30}$/.test(text)) return false;
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, value) === value;
};

const sortByKey = (requirements: Requirement[]): Requirement[] =>
  requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));

function newRequirement(key: string, operator: Operator, values: string[]): Requirement {
  const errors = isQualifiedName(key).length > 0 ? [`key: ${invalid(key, isQualifiedName(key).join('; '))}`] : [];
  const list = `[${values.map((value) => JSON.stringify(value)).join(',')}]`;
  if ((operator === 'in' || operator === 'notin') && values.length === 0)
    errors.push(`values: Invalid value: ${list}: for 'in', 'notin' operators, values set can't be empty`);
  if ((operator === 'exists' || operator === '!') && values.length > 0)
    errors.push(`values: Invalid value: ${list}: values set must be empty for exists and does not exist`);
  if (operator === 'gt' || operator === 'lt')
    values.forEach((value, i) => {
      if (!isInt64(value))
        errors.push(`values[${i}]: ${invalid(value, "for 'Gt', 'Lt' operators, the value must be an integer")}`);
    });
  values.forEach((value, i) => {
    const wrong = isLabelValue(value);
    if (wrong.length > 0) errors.push(`values[${i}][${key}]: ${invalid(value, wrong.join('; '))}`);
  });
  if (errors.length > 0) throw new Error(errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`);
  return { key, operator, values };
}

const invalid = (value: string, why: string): string => `Invalid value: ${JSON.stringify(value)}: ${why}`;

type Token = 'id' | 'in' | 'notin' | 'end' | 'error' | ')' | ',' | '!' | '==' | '=' | '>' | '<' | '!=' | '(';

const OPERATOR_TOKENS: Partial<Record<Token, Operator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

/** One token of look-ahead; `in` and `notin` are words except where an operator is due. */
class Parser {
  readonly #text: string;
  #at = 0;
  #next: { token: Token; text: string };

  constructor(text: string) {
    this.#text = text;
    this.#next = this.#scan();
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const { token, text } = this.#peek();
      if (token === 'end') return requirements;
      if (token !== 'id' && token !== '!')
        throw new Error(`found '${text}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.#requirement());
      const after = this.#take();
      if (after.token === 'end') return requirements;
      if (after.token !== ',') throw new Error(`found '${after.text}', expected: ',' or 'end of string'`);
      const follow = this.#peek();
      if (follow.token !== 'id' && follow.token !== '!')
        throw new Error(`found '${follow.text}', expected: identifier after ','`);
    }
  }

  #requirement(): Requirement {
    try {
      return this.#parseRequirement();
    } catch (error) {
      throw new Error(`unable to parse requirement: ${(error as Error).message}`);
    }
  }

  #parseRequirement(): Requirement {
    let { token, text: key } = this.#take();
    const absent = token === '!';
    if (absent) ({ token, text: key } = this.#take());
    if (token !== 'id') throw new Error(`found '${key}', expected: identifier`);
    const wrong = isQualifiedName(key);
    if (wrong.length > 0) throw new Error(`<nil>: ${invalid(key, wrong.join('; '))}`);
    if (absent) return newRequirement(key, '!', []);
    const next = this.#peek().token;
    if (next === 'end' || next === ',') return newRequirement(key, 'exists', []);
    const operator = this.#operator();
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()];
    return newRequirement(key, operator, [...new Set(values)].sort());
  }

  #operator(): Operator {
    const { token, text } = this.#next;
    this.#next = this.#scan();
    const operator = OPERATOR_TOKENS[token];
    if (operator === undefined) throw new Error(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`);
    return operator;
  }

  #values(): string[] {
    const open = this.#take();
    if (open.token !== '(') throw new Error(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.token === ')') {
      this.#take();
      return [''];
    }
    if (first.token !== 'id' && first.token !== ',')
      throw new Error(`found '${first.text}', expected: ',', ')' or identifier`);
    return this.#list();
  }

  /** Empty places count as the empty string: `(,a)`, `(a,)`, `(a,,b)`. */
  #list(): string[] {
    const values: string[] = [];
    for (;;) {
      const { token, text } = this.#take();
      if (token === 'id') {
        values.push(text);
        const after = this.#peek();
        if (after.token === ')') return this.#close(values);
        if (after.token !== ',') throw new Error(`found '${after.text}', expected: ',' or ')'`);
      } else if (token === ',') {
        if (values.length === 0) values.push('');
        const after = this.#peek().token;
        if (after === ')' || after === ',') values.push('');
        if (after === ')') return this.#close(values);
      } else throw new Error(`found '${text}', expected: ',', or identifier`);
    }
  }

  #close(values: string[]): string[] {
    this.#take();
    return values;
  }

  #exactValue(): string {
    const next = this.#peek().token;
    if (next === 'end' || next === ',') return '';
    const { token, text } = this.#take();
    if (token !== 'id') throw new Error(`found '${text}', expected: identifier`);
    return text;
  }

  #peek(): { token: Token; text: string } {
    const { token, text } = this.#next;
    return { token: token === 'in' || token === 'notin' ? 'id' : token, text };
  }

  #take(): { token: Token; text: string } {
    const taken = this.#peek();
    if (taken.token !== 'end') this.#next = this.#scan();
    return taken;
  }

  #scan(): { token: Token; text: string } {
    const text = this.#text;
    while (this.#at < text.length && ' \t\r\n'.includes(text[this.#at]!)) this.#at++;
    const start = this.#at;
    if (start >= text.length || text[start] === '\0') return { token: 'end', text: '' };
    const symbol = /^(==|!=|[=!(),<>])/.exec(text.slice(start, start + 2))?.[0];
    if (symbol !== undefined) {
      this.#at += symbol.length;
      return { token: symbol as Token, text: symbol };
    }
    while (this.#at < text.length && !'=!(),<> \t\r\n\0'.includes(text[this.#at]!)) this.#at++;
    const word = text.slice(start, this.#at);
    return { token: word === 'in' || word === 'notin' ? word : 'id', text: word };
  }
}

export interface FieldRequirement {
  field: string;
  value: string;
  negated: boolean;
}

export interface FieldSelector {
  requirements: FieldRequirement[];
}

/** Parses `metadata.name=a,status.phase!=Running`; throws with the texts of `fields.ParseSelector`. */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text).sort()) {
    if (term === '') continue;
    const match = /^([^=!]*?(?:!(?!=)[^=!]*?)*)(!=|==|=)/.exec(term);
    if (!match) throw new Error(`invalid selector: '${text}'; can't understand '${term}'`);
    requirements.push({
      field: match[1]!,
      value: unescapeValue(term.slice(match[0].length)),
      negated: match[2] === '!=',
    });
  }
  return { requirements };
}

/** `readField` answers the field's value, the empty string where the object has none. */
export function matchesFields(selector: FieldSelector, readField: (field: string) => string): boolean {
  return selector.requirements.every(({ field, value, negated }) => (readField(field) === value) !== negated);
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescapeValue(text: string): string {
  let value = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '\\') {
      const next = text[++i] ?? '';
      if (next === '' || !'\\,='.includes(next))
        throw new Error(`invalid field selector: invalid escape sequence: \\${next}`);
      value += next;
    } else if (c === ',' || c === '=')
      throw new Error(`invalid field selector: unescaped character in value: ${c.charCodeAt(0)}`);
    else value += c;
  }
  return value;
}
