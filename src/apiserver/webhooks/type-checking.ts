/** Tells in the status of a policy what in its expressions does not fit the types of the objects it is for. */
import { toApiVersion } from '../../api/object.ts';
import { type Type, typeOf } from '../../api/scheme.ts';
import type { Api } from '../call.ts';
import { type Declarations, loadedCel } from '../cel/language.ts';
import { escapeName } from '../cel/values.ts';
import { declareSchema, namesIn } from '../crd/rule-types.ts';
import type { Schema } from '../crd/schema.ts';
import type { ResourceType } from '../resources.ts';

// biome-ignore lint/suspicious/noExplicitAny: specs as the decoder leaves them.
type Loose = Record<string, any>;

export interface TypeChecking {
  expressionWarnings?: { fieldRef: string; warning: string }[];
}

export function checkTypes(api: Api, spec: Loose): TypeChecking {
  const types = typesToCheck(api, spec);
  const expressionWarnings: TypeChecking['expressionWarnings'] = [];
  for (const [fieldRef, expression] of expressionsOf(spec)) {
    const told = types.flatMap((type) => misfit(expression, type, api, spec));
    if (told.length > 0) expressionWarnings.push({ fieldRef, warning: told.join('\n') });
  }
  return expressionWarnings.length > 0 ? { expressionWarnings } : {};
}

const expressionsOf = ({ validations = [] }: Loose): [fieldRef: string, expression: string][] =>
  validations.flatMap((validation: Loose, i: number) =>
    ['expression', 'messageExpression'].flatMap((field) =>
      validation[field] ? [[`spec.validations[${i}].${field}`, validation[field]]] : [],
    ),
  );

const MOST_TYPES = 10;

/** Those that the constraints name in full, sorted. */
function typesToCheck({ types }: Api, { matchConstraints }: Loose): ResourceType[] {
  const found = new Map<string, ResourceType>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of matchConstraints?.resourceRules ?? []) {
    if ([...apiGroups, ...apiVersions].some((name: string) => name.includes('*'))) continue;
    for (const group of apiGroups)
      for (const version of apiVersions)
        for (const resource of resources) {
          const type = /[*/]/.test(resource) ? undefined : types.find(group, version, resource);
          if (type && found.size < MOST_TYPES) found.set(shown(type), type);
        }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, type]) => type);
}

const shown = ({ group, version, kind }: ResourceType): string => `${group}/${version}, Kind=${kind}`;

/** Whose types are not told beforehand. */
const OPEN = ['request', 'namespaceObject', 'variables', 'authorizer'];

function misfit(expression: string, type: ResourceType, api: Api, { paramKind }: Loose): string[] {
  const declarations = loadedCel()?.declare();
  if (declarations === undefined) return [];
  const words = namesIn([expression]);
  const object = declarations.variable(declareType(type, words, declarations));
  const names: Record<string, string> = { object, oldObject: object };
  for (const name of OPEN) names[name] = declarations.variable('dyn');
  const param =
    paramKind &&
    api.types.all().find((each) => each.kind === paramKind.kind && toApiVersion(each) === paramKind.apiVersion);
  if (paramKind) names['params'] = declarations.variable(param ? declareType(param, words, declarations) : 'dyn');
  try {
    declarations.check(expression, names);
    return [];
  } catch (error) {
    return [`${shown(type)}: ${(error as Error).message}\n`];
  }
}

function declareType(type: ResourceType, words: Set<string>, declarations: Declarations): string {
  const builtIn = typeOf(type);
  if (builtIn !== undefined) return declareBuiltIn(builtIn, words, declarations, 0);
  if (type.schema === undefined) return 'dyn';
  const meta = declarations.object({ name: 'string', generateName: 'string' });
  return declareSchema(type.schema as Schema, true, words, declarations, meta);
}

/** Types may hold themselves. */
const DEEPEST = 20;
const SCALARS: Record<string, string> = {
  string: 'string',
  quantity: 'string',
  int32: 'int',
  int64: 'int',
  bool: 'bool',
  float64: 'double',
  bytes: 'bytes',
  time: 'google.protobuf.Timestamp',
  microTime: 'google.protobuf.Timestamp',
};

function declareBuiltIn(type: Type, words: Set<string>, declarations: Declarations, depth: number): string {
  if (depth > DEEPEST) return 'dyn';
  const inside = (inner: Type): string => declareBuiltIn(inner, words, declarations, depth + 1);
  if (type.kind === 'list') return `list<${inside(type.items)}>`;
  if (type.kind === 'map') return `map<string, ${inside(type.values)}>`;
  if (type.kind !== 'struct') return SCALARS[type.kind] ?? 'dyn';
  const fields: Record<string, string> = {};
  for (const field of type.fields) {
    const name = escapeName(field.name);
    if (/^[A-Za-z_]\w*$/.test(name)) fields[name] = words.has(name) ? inside(field.type) : 'dyn';
  }
  return declarations.object(fields);
}
