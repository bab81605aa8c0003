/** What the rules of a schema may say of its values, told to the language so that it finds mistakes before there is a value. */
import type { Cel, Declarations } from '../cel/language.ts';
import { escapeName } from '../cel/values.ts';
import { additionalOf, isEmbedded, isIntOrString, preserves, type Schema } from './schema.ts';

export interface RuleTypes {
  /** The type of an expression over values of a schema with rules. Throws `compilation failed: …`. */
  check(expression: string, schema: Schema, optionalOldSelf: boolean): string;
}

/** Everything is declared before the first check, as the language wants it. */
export function createRuleTypes(cel: Cel, root: Schema): RuleTypes {
  const declarations = cel.declare();
  const meta = declarations.object({ name: 'string', generateName: 'string' });
  const variables = new Map<Schema, { self: string; oldSelf: string; optionalOldSelf: string }>();
  forRules(root, (schema) => {
    const type = declareSchema(schema, schema === root, wordsIn(schema), declarations, meta);
    variables.set(schema, {
      self: declarations.variable(type),
      oldSelf: declarations.variable(type),
      optionalOldSelf: declarations.variable(`optional<${type}>`),
    });
  });
  return {
    check(expression, schema, isOptional) {
      const { self, oldSelf, optionalOldSelf } = variables.get(schema)!;
      return declarations.check(expression, { self, oldSelf: isOptional ? optionalOldSelf : oldSelf });
    },
  };
}

function forRules(schema: Schema, tell: (schema: Schema) => void): void {
  if ((schema['x-kubernetes-validations']?.length ?? 0) > 0) tell(schema);
  for (const inner of [...Object.values(schema.properties ?? {}), additionalOf(schema), schema.items])
    if (inner) forRules(inner, tell);
}

const wordsIn = (schema: Schema): Set<string> =>
  namesIn(
    schema['x-kubernetes-validations']!.flatMap(({ rule, messageExpression }) => [rule, messageExpression ?? '']),
  );

/** What no expression names is not looked into. */
export const namesIn = (expressions: string[]): Set<string> =>
  new Set(expressions.flatMap((expression = '') => expression.match(/[A-Za-z_]\w*/g) ?? []));

/** Where the schema leaves open what a value is, so does its type. */
export function declareSchema(
  schema: Schema,
  isRoot: boolean,
  words: Set<string>,
  declarations: Declarations,
  meta: string,
): string {
  const typeOf = (inner: Schema): string => declareSchema(inner, false, words, declarations, meta);
  if (isIntOrString(schema) || schema.nullable === true) return 'dyn';
  if (schema.type === 'array') return schema.items ? `list<${typeOf(schema.items)}>` : 'dyn';
  if (schema.type !== 'object') return scalarType(schema);
  const additional = additionalOf(schema);
  if (additional) return `map<string, ${typeOf(additional)}>`;
  if (preserves(schema) && !schema.properties) return 'dyn';
  const fields: Record<string, string> = {};
  for (const [property, inner] of Object.entries(schema.properties ?? {})) {
    const name = escapeName(property);
    if (/^[A-Za-z_]\w*$/.test(name)) fields[name] = words.has(name) ? typeOf(inner) : 'dyn';
  }
  const isResource = isRoot || isEmbedded(schema);
  return declarations.object({
    ...fields,
    ...(isResource && { apiVersion: 'string', kind: 'string', metadata: meta }),
  });
}

const FORMATS: Record<string, string> = {
  byte: 'bytes',
  date: 'google.protobuf.Timestamp',
  'date-time': 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
};
const SCALARS: Record<string, string> = { integer: 'int', number: 'double', boolean: 'bool' };

const scalarType = ({ type = '', format = '' }: Schema): string =>
  type === 'string' ? (FORMATS[format] ?? 'string') : (SCALARS[type] ?? 'dyn');
