/**
 * Kubernetes' built-in types as data: what a field is called, on the wire and in JSON, how its lists merge, and what
 * Go does with its zero value. A type is parsed from the table when it is first asked for, with everything it holds.
 *
 * The table has one line a type, as scripts/types.ts writes it:
 *
 *     core/v1.Volume |name 1  s|+ 2  .VolumeSource
 *     └ name       └ flags: R resource, C cluster-scoped, A atomic (server-side apply owns it as a whole)
 *     field: JSON name (or + for an inlined struct), protobuf number (0: none), flags, type, then in any order
 *            A | S | Mkey,key   list type atomic, set or map; A on a map is an atomic map
 *            ~[m][k][@key]      patch strategy merge, retainKeys, and the merge key
 *            =json              default
 *     flags: o omitempty, z omitzero, p pointer, ? optional
 *     type:  [ list of, { map of, one letter of SCALARS, oA oB oS a schema or an array, boolean or string array, or the
 *            name of a type (`.Name` in the same package)
 *     core/v1.Protocol =s TCP,UDP,SCTP      a named type with the values of its enum
 */
import type { GroupVersionKind } from './object.ts';
import { TYPES_TABLE } from './types-table.ts';

export type Type = StructType | ListType | MapType | ScalarType | UnionType;

export interface StructType {
  kind: 'struct';
  /** `core/v1.PodSpec` */
  name: string;
  /** As Go prints it: `v1.PodSpec`. */
  go: string;
  /** In Go's order, inlined structs flattened. */
  fields: Field[];
  byName: Map<string, Field>;
  /** Protobuf fields by number: inlined structs with a number of their own are messages of their own. */
  byNumber: Map<number, Field>;
  atomic: boolean;
  resource: boolean;
  clusterScoped: boolean;
}

export interface ListType {
  kind: 'list';
  go: string;
  items: Type;
}

export interface MapType {
  kind: 'map';
  go: string;
  values: Type;
}

/** One of the JSONSchemaPropsOr… types: an object is read as `struct`, a list as a list of it, the rest as it is. */
export interface UnionType {
  kind: 'union';
  go: string;
  or: 'array' | 'bool' | 'strings';
  struct: StructType;
}

export type ScalarKind =
  | 'string'
  | 'int32'
  | 'int64'
  | 'bool'
  | 'float64'
  | 'bytes'
  | 'quantity'
  | 'time'
  | 'microTime'
  | 'intOrString'
  | 'raw'
  | 'fieldsV1'
  | 'json';

export interface ScalarType {
  kind: ScalarKind;
  go: string;
  /** The values of an enum. */
  values?: string[];
}

export interface Field {
  name: string;
  number: number;
  type: Type;
  pointer: boolean;
  omitempty: boolean;
  omitzero: boolean;
  optional: boolean;
  listType?: 'atomic' | 'set' | 'map';
  listMapKeys?: string[];
  mapType?: 'atomic';
  patchStrategy?: 'merge' | 'replace';
  patchMergeKey?: string;
  retainKeys?: boolean;
  default?: unknown;
  /** An inlined struct: a message of its own in protobuf, part of its owner in JSON. */
  inlined?: true;
}

const SCALARS: Record<string, [ScalarKind, go: string]> = {
  s: ['string', 'string'],
  U: ['string', 'types.UID'],
  i: ['int32', 'int32'],
  l: ['int64', 'int64'],
  b: ['bool', 'bool'],
  f: ['float64', 'float64'],
  y: ['bytes', '[]uint8'],
  q: ['quantity', 'resource.Quantity'],
  t: ['time', 'v1.Time'],
  u: ['microTime', 'v1.MicroTime'],
  x: ['intOrString', 'intstr.IntOrString'],
  r: ['raw', 'runtime.RawExtension'],
  F: ['fieldsV1', 'v1.FieldsV1'],
  j: ['json', 'interface {}'],
};

const UNIONS: Record<string, [UnionType['or'], go: string]> = {
  oA: ['array', 'v1.JSONSchemaPropsOrArray'],
  oB: ['bool', 'v1.JSONSchemaPropsOrBool'],
  oS: ['strings', 'v1.JSONSchemaPropsOrStringArray'],
};

/** Kinds that every group version knows by the types of meta/v1. */
const META_KINDS =
  /^(DeleteOptions|CreateOptions|UpdateOptions|PatchOptions|ListOptions|GetOptions|Status|WatchEvent)$/;

let lines: Map<string, string> | undefined;
const parsed = new Map<string, Type>();

/** The type of a kind, undefined for custom and unknown ones: `{ group: 'apps', version: 'v1', kind: 'Deployment' }`. */
export function typeOf({ group, version, kind }: GroupVersionKind): StructType | undefined {
  const known = found.get(kind)?.find((each) => each.version === version && each.group === group);
  if (known !== undefined) return known.type;
  const type = findType(group, version, kind);
  // The groups of the kinds of meta/v1 are whatever a client writes: they are not kept.
  if (type !== undefined && !META_KINDS.test(kind))
    found.set(kind, [...(found.get(kind) ?? []), { group, version, type }]);
  return type;
}

/** Types that were asked for, by kind: every request asks for the same few several times. */
const found = new Map<string, { group: string; version: string; type: StructType }[]>();

function findType(group: string, version: string, kind: string): StructType | undefined {
  const type =
    typeNamed(`${packageOf(group)}/${version}.${kind}`) ??
    (META_KINDS.test(kind) ? typeNamed(`meta/v1.${kind}`) : undefined);
  return type?.kind === 'struct' ? type : undefined;
}

/** A type by the name it has in the table: `core/v1.PodSpec`. */
export function typeNamed(name: string): Type | undefined {
  const known = parsed.get(name);
  if (known) return known;
  const line = tableLines().get(name);
  return line === undefined ? undefined : parseLine(name, line);
}

/** Every kind that is stored under a resource of its own. */
export function builtinKinds(): (GroupVersionKind & { clusterScoped: boolean })[] {
  const kinds = [];
  for (const [name, line] of tableLines()) {
    const flags = /^[RCA]*/.exec(line)![0];
    if (!flags.includes('R')) continue;
    const { pkg, kind } = splitName(name);
    const [short, version] = pkg.split('/') as [string, string];
    kinds.push({ group: GROUPS[short] ?? short, version, kind, clusterScoped: flags.includes('C') });
  }
  return kinds;
}

/** Groups whose name is longer than their package's. */
const GROUPS: Record<string, string> = {
  core: '',
  admissionregistration: 'admissionregistration.k8s.io',
  apiextensions: 'apiextensions.k8s.io',
  apiregistration: 'apiregistration.k8s.io',
  authentication: 'authentication.k8s.io',
  authorization: 'authorization.k8s.io',
  certificates: 'certificates.k8s.io',
  coordination: 'coordination.k8s.io',
  discovery: 'discovery.k8s.io',
  events: 'events.k8s.io',
  flowcontrol: 'flowcontrol.apiserver.k8s.io',
  networking: 'networking.k8s.io',
  node: 'node.k8s.io',
  rbac: 'rbac.authorization.k8s.io',
  resource: 'resource.k8s.io',
  scheduling: 'scheduling.k8s.io',
  storage: 'storage.k8s.io',
};
const PACKAGES = new Map(Object.entries(GROUPS).map(([pkg, group]) => [group, pkg]));

/** A group that no package has must not reach one by a like name: `apps` is a package, `core` is not a group. */
const packageOf = (group: string): string => PACKAGES.get(group) ?? (Object.hasOwn(GROUPS, group) ? '?' : group);

function tableLines(): Map<string, string> {
  if (lines) return lines;
  lines = new Map();
  for (const line of TYPES_TABLE.split('\n')) {
    const space = line.indexOf(' ');
    lines.set(line.slice(0, space), line.slice(space + 1));
  }
  return lines;
}

function splitName(name: string): { pkg: string; kind: string } {
  const dot = name.lastIndexOf('.');
  return { pkg: name.slice(0, dot), kind: name.slice(dot + 1) };
}

function parseLine(name: string, line: string): Type {
  const { pkg, kind } = splitName(name);
  const go = `${pkg.slice(pkg.indexOf('/') + 1)}.${kind}`;
  const alias = /^[RCA]*=(\S+) ?(.*)$/.exec(line);
  if (alias) {
    const values = alias[2] === '' ? undefined : alias[2]!.split(',');
    const type = { ...parseType(alias[1]!, pkg), go, ...(values && { values }) } as Type;
    parsed.set(name, type);
    return type;
  }
  const [flags, ...fields] = line.split('|');
  const type: StructType = {
    kind: 'struct',
    name,
    go,
    fields: [],
    byName: new Map(),
    byNumber: new Map(),
    atomic: flags!.includes('A'),
    resource: flags!.includes('R'),
    clusterScoped: flags!.includes('C'),
  };
  parsed.set(name, type); // before its fields: types hold themselves
  for (const text of fields) addField(type, parseField(text, pkg));
  return type;
}

function addField(type: StructType, field: Field): void {
  if (field.number > 0) type.byNumber.set(field.number, field);
  const flat = field.inlined && field.type.kind === 'struct' ? field.type.fields : [field];
  for (const each of flat) {
    type.fields.push(each);
    type.byName.set(each.name, each);
  }
}

function parseField(text: string, pkg: string): Field {
  const [name, number, flags, code, ...extras] = text.split(' ') as [string, string, string, string, ...string[]];
  const field: Field = {
    name,
    number: Number(number),
    type: parseType(code, pkg),
    pointer: flags.includes('p'),
    omitempty: flags.includes('o'),
    omitzero: flags.includes('z'),
    optional: flags.includes('?'),
  };
  if (name === '+') field.inlined = true;
  for (const extra of extras) addExtra(field, extra);
  return field;
}

function addExtra(field: Field, extra: string): void {
  const rest = extra.slice(1);
  if (extra[0] === 'S') field.listType = 'set';
  else if (extra[0] === 'M') {
    field.listType = 'map';
    field.listMapKeys = rest.split(',');
  } else if (extra[0] === '=') field.default = JSON.parse(rest);
  else if (extra[0] === 'A') {
    if (field.type.kind === 'list') field.listType = 'atomic';
    else field.mapType = 'atomic';
  } else {
    const [words, key] = rest.split('@') as [string, string?];
    field.patchStrategy = words.includes('m') ? 'merge' : 'replace';
    if (words.includes('k')) field.retainKeys = true;
    if (key !== undefined) field.patchMergeKey = key;
  }
}

function parseType(code: string, pkg: string): Type {
  if (code[0] === '[') {
    const items = parseType(code.slice(1), pkg);
    return { kind: 'list', items, go: `[]${items.go}` };
  }
  if (code[0] === '{') {
    const values = parseType(code.slice(1), pkg);
    return { kind: 'map', values, go: `map[string]${values.go}` };
  }
  const union = UNIONS[code];
  if (union) {
    const struct = typeNamed('apiextensions/v1.JSONSchemaProps') as StructType;
    return { kind: 'union', struct, or: union[0], go: union[1] };
  }
  const scalar = SCALARS[code];
  if (scalar) return { kind: scalar[0], go: scalar[1] };
  const type = typeNamed(code[0] === '.' ? pkg + code : code);
  if (!type) throw new Error(`types table: no type "${code}"`);
  return type;
}
