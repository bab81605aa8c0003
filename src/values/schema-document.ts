/** A JSON schema document: its resources by address, the draft each is written in, and what a reference points to. */
import { getKey, isMap, type Value, type ValueMap } from '../template/value.ts';

export type Draft = 4 | 6 | 7 | 2019 | 2020;
export type Schema = boolean | ValueMap;

/** A schema with an address of its own; anchors and pointers count from it. */
export interface Resource {
  url: string;
  draft: Draft;
  schema: Schema;
  anchors: Map<string, Schema>;
  dynamicAnchors: Map<string, Schema>;
  /** References from here that were followed before. */
  references: Map<string, Schema>;
}

export const ROOT_URL = 'file:///values.schema.json';

const DRAFTS: [pattern: RegExp, draft: Draft][] = [
  [/^https?:\/\/json-schema\.org\/draft-04\/schema$/, 4],
  [/^https?:\/\/json-schema\.org\/draft-06\/schema$/, 6],
  [/^https?:\/\/json-schema\.org\/draft-07\/schema$/, 7],
  [/^https?:\/\/json-schema\.org\/draft\/2019-09\/schema$/, 2019],
  [/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema$/, 2020],
  [/^https?:\/\/json-schema\.org\/schema$/, 2020],
];
const LATEST: Draft = 2020;

/** The draft that a `$schema` names, undefined where it is none of the known ones. */
export function draftOf(address: string): Draft | undefined {
  const plain = address.replace(/#$/, '');
  return DRAFTS.find(([pattern]) => pattern.test(plain))?.[1];
}

export const isSchema = (value: Value): value is Schema => typeof value === 'boolean' || isMap(value);

/** The draft of a document; the latest where it names none that is known. */
export const draftNamed = (document: Value): Draft =>
  (isMap(document) && typeof document.$schema === 'string' && draftOf(document.$schema)) || LATEST;

export class SchemaDocument {
  readonly root: Schema;
  /** Whether any schema here asks for what the others have not looked at. */
  usesUnevaluated = false;
  readonly #resources = new Map<string, Resource>();
  readonly #owners = new WeakMap<object, Resource>();
  readonly #locations = new WeakMap<object, string>();

  constructor(root: Schema, url = ROOT_URL) {
    this.root = root;
    const resource = this.#add(url, draftNamed(root), root);
    this.#index(root, resource, `${url}#`);
    if (isMap(root)) this.#resources.set(url, this.#owners.get(root)!);
  }

  /** The resource that a schema belongs to. */
  resourceOf(schema: Schema): Resource {
    const resource = typeof schema === 'object' ? this.#owners.get(schema) : undefined;
    return resource ?? this.#resources.values().next().value!;
  }

  locationOf(schema: Schema): string {
    return (typeof schema === 'object' ? this.#locations.get(schema) : undefined) ?? `${ROOT_URL}#`;
  }

  /** What `reference` points to, seen from `from`. Throws the library's words where it points nowhere. */
  resolve(reference: string, from: Resource): Schema {
    const known = from.references.get(reference);
    if (known !== undefined) return known;
    const found = this.#find(reference, from);
    from.references.set(reference, found);
    return found;
  }

  #find(reference: string, from: Resource): Schema {
    const [address, fragment = ''] = splitFragment(absolute(reference, from.url));
    const resource = this.#resources.get(address);
    if (resource === undefined) throw new UnknownResource(address);
    const decoded = decode(fragment);
    if (decoded === '') return resource.schema;
    const found = decoded.startsWith('/')
      ? this.#pointed(resource, decoded)
      : (resource.anchors.get(decoded) ?? resource.dynamicAnchors.get(decoded));
    if (found !== undefined) return found;
    const target = JSON.stringify(`${address}#${fragment}`);
    if (decoded.startsWith('/')) throw new Error(`json-pointer in ${target} not found`);
    throw new Error(`anchor in ${target} not found in schema ${JSON.stringify(address)}`);
  }

  has(address: string): boolean {
    return this.#resources.has(address);
  }

  /** Adds another document, under its own address. */
  include(address: string, schema: Schema): void {
    this.#index(schema, this.#add(address, draftNamed(schema), schema), `${address}#`);
  }

  #pointed(resource: Resource, pointer: string): Schema | undefined {
    let value: Value = resource.schema;
    for (const token of pointer.slice(1).split('/')) {
      const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
      if (Array.isArray(value)) value = /^\d+$/.test(key) ? value[Number(key)] : undefined;
      else value = isMap(value) ? getKey(value, key) : undefined;
    }
    if (!isMap(value)) return typeof value === 'boolean' ? value : undefined;
    // A pointer may reach into a place where no schema was expected.
    if (!this.#owners.has(value)) this.#index(value, resource, `${resource.url}#${pointer}`);
    return value;
  }

  #add(url: string, draft: Draft, schema: Schema): Resource {
    const resource = { url, draft, schema, anchors: new Map(), dynamicAnchors: new Map(), references: new Map() };
    this.#resources.set(url, resource);
    return resource;
  }

  /** Finds the identified and anchored schemas within `value`. */
  #index(value: Value, parent: Resource, location: string): void {
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) this.#index(item, parent, `${location}/${i}`);
      return;
    }
    if (!isMap(value) || this.#owners.has(value)) return;
    const resource = this.#ownResource(value, parent);
    this.#owners.set(value, resource);
    this.#locations.set(value, location);
    if (isSchema(value.unevaluatedProperties) || isSchema(value.unevaluatedItems)) this.usesUnevaluated = true;
    if (typeof value.$anchor === 'string') resource.anchors.set(value.$anchor, value);
    if (typeof value.$dynamicAnchor === 'string') resource.dynamicAnchors.set(value.$dynamicAnchor, value);
    for (const key of Object.keys(value))
      if (!DATA.has(key)) this.#index(value[key], resource, `${location}/${escapeToken(key)}`);
  }

  #ownResource(schema: ValueMap, parent: Resource): Resource {
    const id = parent.draft === 4 ? schema.id : schema.$id;
    // Before 2019, what stands beside a $ref is ignored.
    if (typeof id !== 'string' || (parent.draft < 2019 && typeof schema.$ref === 'string')) return parent;
    const [address, fragment] = splitFragment(absolute(id, parent.url));
    if (fragment && parent.draft < 2019) parent.anchors.set(decode(fragment), schema);
    if (address === parent.url) return parent;
    const draft = typeof schema.$schema === 'string' ? (draftOf(schema.$schema) ?? parent.draft) : parent.draft;
    return this.#add(address, draft, schema);
  }
}

/** A reference to a document that must be fetched first. */
export class UnknownResource extends Error {
  readonly address: string;
  constructor(address: string) {
    super(`failing loading ${JSON.stringify(address)}`);
    this.address = address;
  }
}

/** Keywords that hold data and no schemas. */
const DATA = new Set(['enum', 'const', 'default', 'examples', 'required']);

function absolute(reference: string, base: string): string {
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(reference)) return reference;
  if (reference.startsWith('#')) return base + reference;
  try {
    return new URL(reference, base).href;
  } catch {
    return reference;
  }
}

function splitFragment(address: string): [address: string, fragment?: string] {
  const hash = address.indexOf('#');
  return hash < 0 ? [address] : [address.slice(0, hash), address.slice(hash + 1)];
}

function decode(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

export const escapeToken = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1');
