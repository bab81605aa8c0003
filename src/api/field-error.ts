/** Findings of validation as Kubernetes words them; the constructors of its `field` package. */
import type { GroupVersionKind } from './object.ts';
import { invalid, type StatusCause, type StatusError } from './status.ts';

/** A finding on one field. `message` is what stands after the path. */
export type FieldError = StatusCause;

/** Where findings gather: the path of the value in hand, and the list that all paths of one object share. */
export class Findings {
  readonly path: string;
  readonly list: FieldError[];

  constructor(path = '', list: FieldError[] = []) {
    this.path = path;
    this.list = list;
  }

  /** The place of a field, of fields below it, or of an item. */
  at(...steps: (string | number)[]): Findings {
    let { path } = this;
    for (const step of steps) path += typeof step === 'number' ? `[${step}]` : path === '' ? step : `.${step}`;
    return new Findings(path, this.list);
  }

  /** The place of an entry of a map. */
  key(key: string): Findings {
    return new Findings(`${this.path}[${key}]`, this.list);
  }

  /** Looks at each item of a list at its own place. */
  items<T>(list: readonly T[] | undefined | null, look: (item: T, at: Findings) => void): void {
    let i = 0;
    for (const item of list ?? []) look(item, this.at(i++));
  }

  required(detail = ''): void {
    this.#add('FieldValueRequired', 'Required value', detail);
  }

  invalid(value: unknown, detail: string): void {
    this.#add('FieldValueInvalid', `Invalid value: ${valueText(value)}`, detail);
  }

  /** Invalid, without telling the value. */
  refuse(detail: string): void {
    this.#add('FieldValueInvalid', 'Invalid value', detail);
  }

  duplicate(value: unknown, detail = ''): void {
    this.#add('FieldValueDuplicate', `Duplicate value: ${valueText(value)}`, detail);
  }

  notFound(value: unknown, detail = ''): void {
    this.#add('FieldValueNotFound', `Not found: ${valueText(value)}`, detail);
  }

  forbidden(detail: string): void {
    this.#add('FieldValueForbidden', 'Forbidden', detail);
  }

  notSupported(value: unknown, supported: readonly string[]): void {
    const detail = supported.length === 0 ? '' : `supported values: ${supported.map(quote).join(', ')}`;
    this.#add('FieldValueNotSupported', `Unsupported value: ${valueText(value)}`, detail);
  }

  tooLong(limit: number): void {
    this.#add('FieldValueTooLong', 'Too long', `may not be more than ${limit} bytes`);
  }

  tooMany(count: number, limit: number): void {
    this.#add(
      'FieldValueTooMany',
      `Too many: ${count}`,
      `must have at most ${limit} ${limit === 1 ? 'item' : 'items'}`,
    );
  }

  typeInvalid(value: unknown, detail: string): void {
    this.#add('FieldValueTypeInvalid', `Invalid value: ${valueText(value)}`, detail);
  }

  /** One finding per message. */
  each(value: unknown, messages: readonly string[]): void {
    for (const message of messages) this.invalid(value, message);
  }

  #add(reason: string, text: string, detail: string): void {
    this.list.push({ reason, message: detail === '' ? text : `${text}: ${detail}`, field: this.path || '<nil>' });
  }
}

/** The refusal of an object for what `look` finds at one field. */
export function invalidField(
  kind: GroupVersionKind,
  name: string,
  field: string,
  look: (at: Findings) => void,
): StatusError {
  const at = new Findings(field);
  look(at);
  return invalid(kind, name, at.list);
}

const quote = (text: string): string => JSON.stringify(text);

function valueText(value: unknown): string {
  if (value === undefined) return 'null';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : JSON.stringify(value);
}
