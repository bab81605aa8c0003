/**
 * OpenAPI documents of what is served: version 3 per group version, version 2 for all, as kubectl reads them to explain
 * fields, to make patches and to learn which query parameters the server knows. Descriptions are our own.
 */
import { descriptionOf } from './descriptions.ts';
import type { JsonObject } from './json.ts';
import { type GroupVersionKind, toApiVersion } from './object.ts';
import { Definitions, type Dialect } from './openapi-schema.ts';
import { typeNamed, typeOf } from './scheme.ts';

export interface DocumentedResource extends GroupVersionKind {
  /** Plural, as in paths. */
  resource: string;
  namespaced: boolean;
  verbs: readonly string[];
  subresources?: Readonly<
    Record<string, { verbs: readonly string[]; group?: string; version?: string; kind?: string }>
  >;
  /** Of a custom resource: its structural schema. */
  schema?: JsonObject;
}

const VERSION = 'v1.36.0';

/** The document of one group version; `resources` are those of that group version. */
export function openApiV3(resources: readonly DocumentedResource[]): JsonObject {
  const { definitions, paths } = describe(resources, 'v3');
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: VERSION },
    paths,
    components: { schemas: definitions.schemas },
  };
}

/** The document of everything. */
export function openApiV2(resources: readonly DocumentedResource[]): JsonObject {
  const { definitions, paths } = describe(resources, 'v2');
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: VERSION },
    paths,
    definitions: definitions.schemas,
  };
}

/** What `/openapi/v3` answers; `hashOf` gives a text that changes with the document. */
export function openApiV3Index(groupVersions: readonly string[], hashOf: (path: string) => string): JsonObject {
  const paths: JsonObject = {};
  for (const groupVersion of groupVersions) {
    const path = groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(path)}` };
  }
  return { paths };
}

function describe(resources: readonly DocumentedResource[], dialect: Dialect) {
  const definitions = new Definitions(dialect);
  const paths: JsonObject = {};
  for (const resource of resources) {
    const name = defineKind(definitions, resource);
    for (const [path, verbs] of pathsOf(resource)) paths[path] = pathItem(definitions, resource, verbs, path, name);
  }
  return { definitions, paths };
}

/** The name of the schema of the resource's kind, with its list's where it can be listed. */
function defineKind(definitions: Definitions, resource: DocumentedResource): string | undefined {
  const type = typeOf(resource);
  if (!type) return resource.schema && defineCustom(definitions, resource, resource.schema);
  const list = resource.verbs.includes('list') ? typeNamed(`${type.name}List`) : undefined;
  if (list?.kind === 'struct') definitions.add(list);
  for (const { group, version, kind } of Object.values(resource.subresources ?? {})) {
    const own = kind
      ? typeOf({ group: group ?? resource.group, version: version ?? resource.version, kind })
      : undefined;
    if (own) definitions.add(own);
  }
  return definitions.add(type);
}

function defineCustom(
  definitions: Definitions,
  { group, version, kind }: GroupVersionKind,
  schema: JsonObject,
): string {
  const name = [...group.split('.').reverse(), version, kind].join('.');
  const meta = typeNamed('meta/v1.ObjectMeta');
  const shown = definitions.dialect === 'v2' ? (toV2(schema) as JsonObject) : schema;
  const own = (shown['properties'] ?? {}) as Record<string, JsonObject>;
  const told = (field: string) => ({ description: own[field]?.['description'] ?? descriptionOf('', field, true) });
  const properties = {
    ...own,
    apiVersion: { ...told('apiVersion'), type: 'string' },
    kind: { ...told('kind'), type: 'string' },
    ...(meta?.kind === 'struct' && { metadata: definitions.reference(definitions.add(meta)) }),
  };
  definitions.schemas[name] = {
    ...shown,
    type: 'object',
    properties,
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
  };
  return name;
}

/** Keywords that version 2 does not have. A schema that cannot be told without them is told as anything. */
const ONLY_V3 = new Set(['nullable', 'oneOf', 'anyOf', 'allOf', 'not', 'x-kubernetes-validations', 'default']);

function toV2(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toV2);
  if (typeof schema !== 'object' || schema === null) return schema;
  const source = schema as JsonObject;
  if (source['x-kubernetes-preserve-unknown-fields'] === true) return { type: source['type'] ?? 'object' };
  const entries = Object.entries(source).filter(([key]) => !ONLY_V3.has(key));
  return Object.fromEntries(
    entries.map(([key, value]) => [key, key === 'properties' ? mapValues(value as JsonObject, toV2) : toV2(value)]),
  );
}

const mapValues = (object: JsonObject, map: (value: unknown) => unknown): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));

/** Paths with the verbs that each serves. */
function pathsOf({ resource, namespaced, verbs, subresources, ...gvk }: DocumentedResource): [string, string[]][] {
  const root = `${gvk.group === '' ? '/api' : '/apis'}/${toApiVersion(gvk)}`;
  const collection = `${root}/${namespaced ? 'namespaces/{namespace}/' : ''}${resource}`;
  const object = `${collection}/{name}`;
  const having = (...wanted: string[]) => wanted.filter((verb) => verbs.includes(verb));
  const paths: [string, string[]][] = [
    [collection, having('list', 'create', 'deletecollection')],
    [object, having('get', 'update', 'delete', 'patch')],
  ];
  if (namespaced) paths.push([`${root}/${resource}`, having('list')]);
  for (const [name, each] of Object.entries(subresources ?? {})) paths.push([`${object}/${name}`, [...each.verbs]]);
  return paths.filter(([, served]) => served.length > 0);
}

const METHODS: Record<string, [method: string, action: string]> = {
  get: ['get', 'get'],
  list: ['get', 'list'],
  create: ['post', 'post'],
  update: ['put', 'put'],
  patch: ['patch', 'patch'],
  delete: ['delete', 'delete'],
  deletecollection: ['delete', 'deletecollection'],
};

const PARAMETERS: Record<string, string[]> = {
  list: ['allowWatchBookmarks', 'continue', 'fieldSelector', 'labelSelector', 'limit', 'resourceVersion', 'watch'],
  create: ['dryRun', 'fieldManager', 'fieldValidation'],
  update: ['dryRun', 'fieldManager', 'fieldValidation'],
  patch: ['dryRun', 'fieldManager', 'fieldValidation', 'force'],
  delete: ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy'],
  deletecollection: ['dryRun', 'fieldSelector', 'labelSelector', 'propagationPolicy'],
};
const PARAMETER_TYPES: Record<string, string> = {
  allowWatchBookmarks: 'boolean',
  force: 'boolean',
  watch: 'boolean',
  orphanDependents: 'boolean',
  limit: 'integer',
  gracePeriodSeconds: 'integer',
};

function pathItem(
  definitions: Definitions,
  resource: DocumentedResource,
  verbs: string[],
  path: string,
  schema: string | undefined,
): JsonObject {
  const item: JsonObject = {};
  for (const verb of verbs) {
    const known = METHODS[verb];
    if (!known || item[known[0]]) continue;
    item[known[0]] = operation(definitions, resource, verb, known[1], schema);
  }
  const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  if (named.length > 0) item['parameters'] = named.map((name) => parameter(definitions.dialect, name, 'path'));
  return item;
}

function operation(
  definitions: Definitions,
  { group, version, kind }: GroupVersionKind,
  verb: string,
  action: string,
  schema: string | undefined,
): JsonObject {
  const content = schema === undefined ? undefined : definitions.reference(schema);
  const ok: JsonObject = { description: 'OK' };
  if (content && definitions.dialect === 'v3') ok['content'] = { 'application/json': { schema: content } };
  else if (content) ok['schema'] = content;
  return {
    parameters: (PARAMETERS[verb] ?? []).map((name) => parameter(definitions.dialect, name, 'query')),
    responses: { '200': ok },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
}

function parameter(dialect: Dialect, name: string, place: 'path' | 'query'): JsonObject {
  const type = { type: PARAMETER_TYPES[name] ?? 'string', uniqueItems: true };
  return {
    name,
    in: place,
    ...(place === 'path' && { required: true }),
    ...(dialect === 'v3' ? { schema: type } : type),
  };
}
