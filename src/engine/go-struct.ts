/** Go structs for templates, made of a list of their fields. */
import { sprintf } from '../template/printf.ts';
import {
  GO_OBJECT,
  type GoFunction,
  type GoObject,
  type Signature,
  type Value,
  type ValueMap,
} from '../template/value.ts';

export interface StructField {
  name: string;
  value: Value;
  /** What JSON calls it: its name where absent. Null: not exported, so that only printing shows it. */
  json?: string | null;
}

export interface StructOptions {
  type: string;
  pointer?: boolean;
  fields: StructField[];
  methods?: Record<string, GoFunction>;
}

export function goStruct({ type, pointer = false, fields, methods = {} }: StructOptions): GoObject {
  const exported = fields.filter((field) => field.json !== null);
  const byName = new Map(exported.map((field) => [field.name, field.value]));
  return {
    [GO_OBJECT]: true,
    type: pointer ? `*${type}` : type,
    kind: pointer ? 'ptr' : 'struct',
    field: (name) => byName.get(name),
    method: (name) => (Object.hasOwn(methods, name) ? methods[name] : undefined),
    print: () => `${pointer ? '&' : ''}{${fields.map(({ value }) => printField(value)).join(' ')}}`,
    goString: () => `${pointer ? '&' : ''}${type}{${fields.map(goStringField).join(', ')}}`,
    toData: () => {
      const data: ValueMap = {};
      for (const { name, value, json } of exported) data[json ?? name] = value;
      return data;
    },
  };
}

const printField = (value: Value): string => (typeof value === 'string' ? value : (value as GoObject).print());

const goStringField = ({ name, value }: StructField): string => `${name}:${sprintf('%#v', [value])}`;

/** Declares a method with Go's types, for the errors about its arguments. */
export const method = (params: string[], body: (...args: never[]) => Value): GoFunction =>
  Object.assign((...args: Value[]) => body(...(args as never[])), { signature: { params } satisfies Signature });
