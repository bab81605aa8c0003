/** Built-in types as OpenAPI schemas, by the names that Kubernetes gives them. */
import { descriptionOf } from './descriptions.ts';
import type { JsonObject } from './json.ts';
import { builtinKinds, type Field, type StructType, type Type, typeOf } from './scheme.ts';

export type Dialect = 'v2' | 'v3';

/** Schemas by name, gathered as types refer to each other. */
export class Definitions {
  readonly schemas: Record<string, JsonObject> = {};
  readonly dialect: Dialect;

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  /** The name of a type's schema, which is added with all it refers to. */
  add(type: StructType): string {
    const name = schemaName(type.name);
    if (this.schemas[name]) return name;
    const schema: JsonObject = {};
    this.schemas[name] = schema; // before its fields: types hold themselves
    Object.assign(schema, this.#struct(type));
    return name;
  }

  /** A reference as the dialect writes it. */
  reference(name: string): JsonObject {
    return { $ref: `${this.dialect === 'v2' ? '#/definitions/' : '#/components/schemas/'}${name}` };
  }

  #struct(type: StructType): JsonObject {
    const description = descriptionOf(type.name);
    const schema: JsonObject = { ...(description !== undefined && { description }), type: 'object' };
    const properties: JsonObject = {};
    const isKind = kindsOf(type.name) !== undefined;
    for (const field of type.fields) properties[field.name] = this.#field(field, type, isKind);
    if (type.fields.length > 0) schema['properties'] = properties;
    const required = type.fields.filter(({ optional }) => !optional).map(({ name }) => name);
    if (required.length > 0) schema['required'] = required.sort();
    const kinds = kindsOf(type.name);
    if (kinds) schema['x-kubernetes-group-version-kind'] = kinds;
    if (type.atomic) schema['x-kubernetes-map-type'] = 'atomic';
    return schema;
  }

  #field(field: Field, owner: StructType, isKind: boolean): JsonObject {
    const schema = this.#type(field.type);
    const extra: JsonObject = {};
    const description = descriptionOf(owner.name, field.name, isKind);
    if (description !== undefined) extra['description'] = description;
    if (field.listType) extra['x-kubernetes-list-type'] = field.listType;
    if (field.listMapKeys) extra['x-kubernetes-list-map-keys'] = field.listMapKeys;
    if (field.mapType) extra['x-kubernetes-map-type'] = field.mapType;
    if (field.patchMergeKey) extra['x-kubernetes-patch-merge-key'] = field.patchMergeKey;
    if (field.patchStrategy)
      extra['x-kubernetes-patch-strategy'] = [
        ...(field.patchStrategy === 'merge' ? ['merge'] : []),
        ...(field.retainKeys ? ['retainKeys'] : []),
      ].join(',');
    if (field.default !== undefined) extra['default'] = field.default;
    const bare = '$ref' in schema && this.dialect === 'v3' && Object.keys(extra).length > 0;
    return bare ? { allOf: [schema], ...extra } : { ...schema, ...extra };
  }

  #type(type: Type): JsonObject {
    switch (type.kind) {
      case 'struct':
        return this.reference(this.add(type));
      case 'list':
        return { type: 'array', items: this.#type(type.items) };
      case 'map':
        return { type: 'object', additionalProperties: this.#type(type.values) };
      case 'string':
        return this.dialect === 'v3' && type.values ? { type: 'string', enum: type.values } : { type: 'string' };
      case 'union':
        return this.#named(UNION_NAMES[type.or], {});
      default: {
        const known = SCALARS[type.kind]!;
        if (known.name === undefined) return known.v2;
        return this.#named(known.name, (this.dialect === 'v3' && known.v3) || known.v2);
      }
    }
  }

  #named(name: string, schema: JsonObject): JsonObject {
    this.schemas[name] ??= schema;
    return this.reference(name);
  }
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.';

const UNION_NAMES = {
  array: `${EXTENSIONS}JSONSchemaPropsOrArray`,
  bool: `${EXTENSIONS}JSONSchemaPropsOrBool`,
  strings: `${EXTENSIONS}JSONSchemaPropsOrStringArray`,
};

const SCALARS: Partial<Record<Type['kind'], { name?: string; v2: JsonObject; v3?: JsonObject }>> = {
  int32: { v2: { type: 'integer', format: 'int32' } },
  int64: { v2: { type: 'integer', format: 'int64' } },
  bool: { v2: { type: 'boolean' } },
  float64: { v2: { type: 'number', format: 'double' } },
  bytes: { v2: { type: 'string', format: 'byte' } },
  quantity: {
    name: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
    v2: { type: 'string' },
    v3: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  },
  time: { name: `${META}Time`, v2: { type: 'string', format: 'date-time' } },
  microTime: { name: `${META}MicroTime`, v2: { type: 'string', format: 'date-time' } },
  intOrString: {
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    v2: { type: 'string', format: 'int-or-string' },
    v3: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  },
  raw: { name: 'io.k8s.apimachinery.pkg.runtime.RawExtension', v2: { type: 'object' } },
  fieldsV1: { name: `${META}FieldsV1`, v2: { type: 'object' } },
  json: { name: `${EXTENSIONS}JSON`, v2: {} },
};

/** `core/v1.Pod` → `io.k8s.api.core.v1.Pod`. */
function schemaName(typeName: string): string {
  const [pkg, rest] = typeName.split('/') as [string, string];
  if (pkg === 'meta') return `${META}${rest.slice('v1.'.length)}`;
  if (pkg === 'apiextensions') return `${EXTENSIONS}${rest.slice('v1.'.length)}`;
  if (pkg === 'apiregistration') return `io.k8s.kube-aggregator.pkg.apis.apiregistration.${rest}`;
  return `io.k8s.api.${pkg}.${rest}`;
}

let kinds: Map<string, JsonObject[]> | undefined;

function kindsOf(typeName: string): JsonObject[] | undefined {
  if (!kinds) {
    kinds = new Map();
    for (const { group, version, kind } of builtinKinds()) {
      const type = typeOf({ group, version, kind })!;
      kinds.set(type.name, [{ group, version, kind }]);
      kinds.set(`${type.name}List`, [{ group, version, kind: `${kind}List` }]);
    }
    kinds.set('autoscaling/v1.Scale', [{ group: 'autoscaling', version: 'v1', kind: 'Scale' }]);
  }
  return kinds.get(typeName);
}
