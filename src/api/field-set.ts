/**
 * Sets of field paths, as managedFields hold them: a tree of path elements, each of which may itself be in the set.
 *
 *     f:NAME        a field            .NAME
 *     k:{"a":1}     a list item by key  [a=1]
 *     v:"x"         an item of a set    [="x"]
 *     i:0           an item by index    [0]
 */
import { canonicalJson, isObject, type JsonObject, setOwn } from './json.ts';

export type FieldSet = Map<string, FieldNode>;

export interface FieldNode {
  member: boolean;
  children?: FieldSet;
}

const SELF = '.';

/** Adds to `set` the element `key`, as a member or for the sake of what is below it. */
export function addNode(set: FieldSet, key: string, member: boolean, children?: FieldSet): void {
  if (!member && (children === undefined || children.size === 0)) return;
  const known = set.get(key);
  if (known === undefined) set.set(key, children ? { member, children } : { member });
  else {
    if (member) known.member = true;
    if (children) known.children = known.children ? union(known.children, children) : children;
  }
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0) return b;
  if (b.size === 0) return a;
  const result = new Map(a);
  for (const [key, node] of b) {
    const other = result.get(key);
    if (!other) result.set(key, node);
    else result.set(key, makeNode(other.member || node.member, union(childrenOf(other), childrenOf(node))));
  }
  return result;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = new Map();
  for (const [key, node] of a) {
    const other = b.get(key);
    if (other) addNode(result, key, node.member && other.member, intersection(childrenOf(node), childrenOf(other)));
  }
  return result;
}

/** What is in `a` and not in `b`, each path for itself. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (b.size === 0) return a;
  const result: FieldSet = new Map();
  for (const [key, node] of a) {
    const other = b.get(key);
    if (!other) result.set(key, node);
    else addNode(result, key, node.member && !other.member, difference(childrenOf(node), childrenOf(other)));
  }
  return result;
}

/** What is in `a` and neither in `b` nor below a member of `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = new Map();
  for (const [key, node] of a) {
    const other = b.get(key);
    if (!other) result.set(key, node);
    else if (!other.member) addNode(result, key, node.member, recursiveDifference(childrenOf(node), childrenOf(other)));
  }
  return result;
}

export const childrenOf = (node: FieldNode | undefined): FieldSet => node?.children ?? NOTHING;

const NOTHING: FieldSet = new Map();

const makeNode = (member: boolean, children: FieldSet): FieldNode =>
  children.size > 0 ? { member, children } : { member };

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a.size !== b.size) return false;
  for (const [key, node] of a) {
    const other = b.get(key);
    if (!other || other.member !== node.member || !equalSets(childrenOf(node), childrenOf(other))) return false;
  }
  return true;
}

/** A set of paths of field names. */
export function setOfPaths(paths: readonly (readonly string[])[]): FieldSet {
  const root: FieldSet = new Map();
  for (const path of paths) {
    let set = root;
    path.forEach((name, i) => {
      const node = set.get(`f:${name}`) ?? { member: false };
      set.set(`f:${name}`, node);
      if (i === path.length - 1) node.member = true;
      else set = node.children ??= new Map();
    });
  }
  return root;
}

/** The paths of the members as Kubernetes prints them, sorted: `.spec.containers[name="a"].image`. */
export function printPaths(set: FieldSet, prefix = '', printed: string[] = []): string[] {
  const keys = [...set.keys()].sort();
  for (const key of keys) if (set.get(key)!.member) printed.push(prefix + printElement(key));
  for (const key of keys) printPaths(childrenOf(set.get(key)), prefix + printElement(key), printed);
  return printed;
}

export function printElement(key: string): string {
  const value = key.slice(2);
  switch (key[0]) {
    case 'f':
      return `.${value}`;
    case 'k': {
      const fields = Object.entries(JSON.parse(value) as JsonObject);
      return `[${fields.map(([name, each]) => `${name}=${JSON.stringify(each)}`).join(',')}]`;
    }
    case 'v':
      return `[=${value}]`;
    default:
      return `[${value}]`;
  }
}

/** The path element of a list item by its key fields. */
export function keyElement(fields: JsonObject): string {
  const names = Object.keys(fields);
  if (names.length === 1) return `k:{${JSON.stringify(names[0])}:${JSON.stringify(fields[names[0]!])}}`;
  return `k:${canonicalJson(fields)}`;
}

export const valueElement = (value: unknown): string => `v:${canonicalJson(value)}`;

/** FieldsV1: what `managedFields[].fieldsV1` holds. */
export function encodeFields(set: FieldSet, isMember = false): JsonObject {
  const fields: JsonObject = {};
  if (isMember) fields[SELF] = {};
  for (const [key, { member, children }] of set)
    setOwn(fields, key, children === undefined || children.size === 0 ? {} : encodeFields(children, member));
  return fields;
}

/** Throws where the value is not FieldsV1. Depth is bounded by the body's. */
export function decodeFields(fields: unknown): FieldSet {
  const set: FieldSet = new Map();
  if (fields === null || fields === undefined) return set;
  if (!isObject(fields)) throw new Error('managedFields must be an object of path elements');
  for (const key of Object.keys(fields)) {
    if (key === SELF) continue;
    const inner = fields[key];
    if (!isObject(inner)) throw new Error(`managedFields: ${JSON.stringify(key)} must be an object`);
    const element = checkElement(key);
    const children = decodeFields(inner);
    addNode(set, element, Object.hasOwn(inner, SELF) || children.size === 0, children);
  }
  return set;
}

/** Elements are compared as text, so keys and values must be written in one way. */
function checkElement(key: string): string {
  if (key.startsWith('f:') || /^i:-?\d+$/.test(key)) return key;
  if (key.startsWith('v:')) return valueElement(JSON.parse(key.slice(2)));
  if (key.startsWith('k:')) {
    const fields: unknown = JSON.parse(key.slice(2));
    if (isObject(fields)) return keyElement(fields);
  }
  throw new Error(`managedFields: unknown path element ${JSON.stringify(key)}`);
}
