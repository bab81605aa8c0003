/** The walks of server-side apply over typed values: which fields differ, which are there, merging and removing. */
import { formatFloat } from '../template/float.ts';
import { addNode, childrenOf, type FieldSet, keyElement, printElement, valueElement } from './field-set.ts';
import { equalJson, getOwn, isObject, type JsonObject, setOwn } from './json.ts';
import { DEDUCED, LEAF, type ListSchema, type MergeSchema, type Scalar } from './merge-schema.ts';
import { goText } from './patch-strategic.ts';

export interface FieldDiff {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

/** What must be done to `before` to make it `after`. */
export function compareFields(before: unknown, after: unknown, schema: MergeSchema): FieldDiff {
  const diff: Partial<FieldDiff> = {};
  compareInner(before, after, schema, diff);
  const { added = new Map(), modified = new Map(), removed = new Map() } = diff;
  return { added, modified, removed };
}

/** A difference while it is gathered: most objects have few, so sets are made when something goes into them. */
type Gathering = Partial<FieldDiff>;

function tell(diff: Gathering, kind: keyof FieldDiff, key: string, member: boolean, children?: FieldSet): void {
  if (!member && children === undefined) return;
  diff[kind] ??= new Map();
  addNode(diff[kind], key, member, children);
}

export const isSame = ({ added, modified, removed }: FieldDiff): boolean =>
  added.size === 0 && modified.size === 0 && removed.size === 0;

/** Whether a value is walked into, given its schema: a null or mistyped one is as empty as its schema. */
type Shape = 'leaf' | 'map' | 'list';

function shapeOf(schema: MergeSchema, value: unknown): Shape {
  if (schema.kind === 'deduced') return isObject(value) || value === null ? 'map' : 'leaf';
  if (schema.kind === 'leaf') return 'leaf';
  return schema.kind === 'struct' || schema.kind === 'map' ? 'map' : 'list';
}

function fieldSchemaOf(schema: MergeSchema, key: string): MergeSchema {
  if (schema.kind === 'struct') return schema.fields.get(key) ?? schema.others ?? DEDUCED;
  return schema.kind === 'map' ? schema.values : DEDUCED;
}

const EMPTY: JsonObject = {};
const asMap = (value: unknown): JsonObject => (isObject(value) ? value : EMPTY);
const asItems = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const isEmptyValue = (value: unknown, shape: Shape): boolean =>
  shape === 'map' ? Object.keys(asMap(value)).length === 0 : asItems(value).length === 0;

/** Compares two values that are both there; answers whether the place itself is modified. */
function compareInner(before: unknown, after: unknown, schema: MergeSchema, diff: Gathering): boolean {
  if (before === after) return false;
  const shape = shapeOf(schema, after);
  const other = shapeOf(schema, before);
  if (shape === 'leaf' && other === 'leaf') return !equalJson(before, after);
  if (shape !== other) {
    // A scalar became a map or the other way: modified, and what is below it came or went.
    if (shape === 'map') compareMaps(EMPTY, asMap(after), schema, diff);
    else compareMaps(asMap(before), EMPTY, schema, diff);
    return true;
  }
  if (isEmptyValue(before, shape) && isEmptyValue(after, shape)) return !equalJson(before, after);
  if (shape === 'map') compareMaps(asMap(before), asMap(after), schema, diff);
  else compareLists(asItems(before), asItems(after), schema, diff);
  return false;
}

function compareMaps(before: JsonObject, after: JsonObject, schema: MergeSchema, diff: Gathering): void {
  for (const key of Object.keys(after)) {
    const value = after[key];
    if (value !== undefined) compareAt(`f:${key}`, getOwn(before, key), value, fieldSchemaOf(schema, key), diff);
  }
  for (const key of Object.keys(before))
    if (before[key] !== undefined && getOwn(after, key) === undefined)
      compareAt(`f:${key}`, before[key], undefined, fieldSchemaOf(schema, key), diff);
}

function compareAt(key: string, before: unknown, after: unknown, schema: MergeSchema, diff: Gathering): void {
  if (before === undefined) tell(diff, 'added', key, true, everything(after, schema));
  else if (after === undefined) tell(diff, 'removed', key, true, everything(before, schema));
  else if (before !== after) {
    const inner: Gathering = {};
    const modified = compareInner(before, after, schema, inner);
    tell(diff, 'added', key, false, inner.added);
    tell(diff, 'modified', key, modified, inner.modified);
    tell(diff, 'removed', key, false, inner.removed);
  }
}

/** Every path below a value that came or went, the inner ones too. */
function everything(value: unknown, schema: MergeSchema): FieldSet | undefined {
  const shape = shapeOf(schema, value);
  if (shape === 'leaf' || isEmptyValue(value, shape)) return undefined;
  const set: FieldSet = new Map();
  if (shape === 'map') {
    const map = value as JsonObject;
    for (const key of Object.keys(map))
      if (map[key] !== undefined) addNode(set, `f:${key}`, true, everything(map[key], fieldSchemaOf(schema, key)));
    return set;
  }
  for (const [key, items] of groupItems(value as unknown[], schema))
    addNode(set, key, true, items.length === 1 ? everything(items[0], itemSchema(schema)) : undefined);
  return set;
}

function compareLists(before: unknown[], after: unknown[], schema: MergeSchema, diff: Gathering): void {
  const old = groupItems(before, schema);
  const now = groupItems(after, schema);
  const items = itemSchema(schema);
  for (const [key, values] of now) compareItems(key, old.get(key) ?? [], values, items, diff);
  for (const [key, values] of old) if (!now.has(key)) compareItems(key, values, [], items, diff);
}

/** Items that share a key with others count as one. */
function compareItems(key: string, before: unknown[], after: unknown[], items: MergeSchema, diff: Gathering): void {
  if (before.length <= 1 && after.length <= 1) compareAt(key, before[0], after[0], items, diff);
  else if (before.length >= 2 && after.length >= 2) {
    if (!equalJson(before, after)) tell(diff, 'modified', key, true);
  } else if (before.length >= 2) {
    if (after.length > 0) compareAt(key, undefined, after[0], items, diff);
    tell(diff, 'removed', key, true);
  } else {
    if (before.length > 0) compareAt(key, before[0], undefined, items, diff);
    tell(diff, 'added', key, true);
  }
}

const itemSchema = (schema: MergeSchema): MergeSchema => (schema.kind === 'list' ? schema.items : LEAF);

function groupItems(list: unknown[], schema: MergeSchema): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const item of list) {
    const key = elementOf(item, schema);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** The path element of a list item; throws with structured-merge-diff's text where it has none. */
function elementOf(item: unknown, schema: MergeSchema): string {
  if (schema.kind === 'list') return keyedElement(item, schema);
  if (isObject(item)) throw new ShapeError("associative list without keys has an element that's a map type");
  if (Array.isArray(item)) throw new ShapeError('not supported: associative list with lists as elements');
  if (item === null) throw new ShapeError("associative list without keys has an element that's an explicit null");
  return valueElement(item);
}

function keyedElement(item: unknown, { keys, defaults }: ListSchema): string {
  if (item === null) throw new ShapeError('associative list with keys may not have a null element');
  if (!isObject(item)) throw new ShapeError('associative list with keys may not have non-map elements');
  const fields: JsonObject = {};
  let count = 0;
  for (const key of keys) {
    const value = getOwn(item, key) ?? defaults.get(key);
    if (value === undefined) continue;
    fields[key] = value;
    count++;
  }
  if (count === 0) {
    const names = keys.map((key) => JSON.stringify(key)).join(' ');
    throw new ShapeError(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return keyElement(fields);
}

/** A list that is not what its schema promises, so that nobody can own its items. */
export class ShapeError extends Error {}

/** The fields that a configuration sets: leaves, items, and what is there but empty. */
export function fieldsOf(value: unknown, schema: MergeSchema): FieldSet {
  const set: FieldSet = new Map();
  const shape = shapeOf(schema, value);
  if (shape === 'map') {
    const map = asMap(value);
    for (const key of Object.keys(map)) addField(set, key, map[key], schema);
  } else if (shape === 'list') {
    for (const [key, items] of groupItems(asItems(value), schema))
      addNode(set, key, true, items.length === 1 ? fieldsOf(items[0], itemSchema(schema)) : undefined);
  }
  return set;
}

function addField(set: FieldSet, key: string, value: unknown, schema: MergeSchema): void {
  if (value === undefined) return;
  const inner = fieldSchemaOf(schema, key);
  const declared = schema.kind === 'struct' && schema.fields.has(key);
  const empty = value === null || (isObject(value) && Object.keys(value).length === 0);
  addNode(set, `f:${key}`, !declared || empty || shapeOf(inner, value) === 'leaf', fieldsOf(value, inner));
}

/** `applied` laid over `live`; lists keep the order of `applied` and the place of the items it does not name. */
export function mergeFields(live: unknown, applied: unknown, schema: MergeSchema): unknown {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  const shape = shapeOf(schema, applied);
  if (shape === 'leaf' || shapeOf(schema, live) !== shape) return applied;
  if (isEmptyValue(live, shape) && isEmptyValue(applied, shape)) return applied;
  if (shape === 'list') return mergeLists(asItems(live), asItems(applied), schema);
  const merged: JsonObject = { ...asMap(live) };
  const changes = asMap(applied);
  for (const key of Object.keys(changes))
    setOwn(merged, key, mergeFields(getOwn(merged, key), changes[key], fieldSchemaOf(schema, key)));
  return merged;
}

function mergeLists(live: unknown[], applied: unknown[], schema: MergeSchema): unknown[] {
  const liveKeys = live.map((item) => elementOf(item, schema));
  const appliedKeys = applied.map((item) => elementOf(item, schema));
  const liveCounts = groupItems(live, schema);
  const appliedIndex = new Map(appliedKeys.map((key, i) => [key, i]));
  const shared = appliedKeys.filter((key) => liveCounts.has(key));
  const merged: unknown[] = [];
  const take = (i: number) => {
    const before = liveCounts.get(appliedKeys[i]!);
    // Of repeated live items none is merged: the applied one replaces them.
    merged.push(mergeFields(before?.length === 1 ? before[0] : undefined, applied[i], itemSchema(schema)));
  };
  let [l, a, s] = [0, 0, 0];
  while (l < live.length || a < applied.length) {
    const key = liveKeys[l];
    if (l < live.length && a < applied.length) {
      if (key === appliedKeys[a]) {
        take(a);
        l++;
        a++;
        s++;
        continue;
      }
      if (appliedIndex.has(key!) && s < shared.length && shared[s] !== key) {
        l++;
        continue;
      }
    }
    if (l < live.length) {
      const place = appliedIndex.get(key!);
      if (place === undefined) {
        merged.push(live[l++]);
        continue;
      }
      if (place < a) l++;
    }
    if (a < applied.length) {
      take(a);
      if (appliedKeys[a] === shared[s]) s++;
      a++;
    }
  }
  return merged;
}

/** `value` without the members of `gone`. */
export function removeFields(value: unknown, gone: FieldSet, schema: MergeSchema): unknown {
  const shape = shapeOf(schema, value);
  if (shape === 'leaf' || isEmptyValue(value, shape)) return shape === 'leaf' ? value : undefined;
  if (shape === 'list') {
    const kept: unknown[] = [];
    for (const item of asItems(value)) {
      const node = gone.get(elementOf(item, schema));
      if (!node?.member) kept.push(node?.children ? removeFields(item, node.children, itemSchema(schema)) : item);
    }
    return kept.length > 0 ? kept : undefined;
  }
  const kept: JsonObject = {};
  const map = asMap(value);
  for (const key of Object.keys(map)) {
    const node = gone.get(`f:${key}`);
    if (node?.member) continue;
    const rest = node?.children ? removeFields(map[key], node.children, fieldSchemaOf(schema, key)) : map[key];
    setOwn(kept, key, rest === undefined ? null : rest);
  }
  return Object.keys(kept).length > 0 ? kept : undefined;
}

/** The set with every declared field on the way to a member as a member of its own. */
export function withNamedFields(set: FieldSet, schema: MergeSchema): FieldSet {
  const result: FieldSet = new Map();
  for (const [key, node] of set) {
    const name = key.slice(2);
    const isField = key.startsWith('f:');
    const declared = isField && schema.kind === 'struct' && schema.fields.has(name);
    const inner = isField ? fieldSchemaOf(schema, name) : itemSchema(schema);
    addNode(result, key, node.member || declared, withNamedFields(childrenOf(node), inner));
  }
  return result;
}

/** What keeps a configuration from being applied: wrong types, undeclared fields, repeated items, items without a key. */
export function findSchemaErrors(value: unknown, schema: MergeSchema, path = '', errors: string[] = []): string[] {
  const shape = shapeOf(schema, value);
  const why = misfitOf(value, schema, shape);
  if (why !== undefined) errors.push(`${path}: ${why}`);
  else if (schema.kind === 'leaf') {
    if (schema.inside) findSchemaErrors(value, schema.inside, path, errors);
    const { items } = schema;
    if (items) for (const [i, item] of asItems(value).entries()) findSchemaErrors(item, items, `${path}[${i}]`, errors);
  } else if (shape === 'map') {
    for (const key of Object.keys(asMap(value))) {
      if (schema.kind === 'struct' && !schema.fields.has(key) && !schema.others)
        errors.push(`${path}.${key}: field not declared in schema`);
      else findSchemaErrors(asMap(value)[key], fieldSchemaOf(schema, key), `${path}.${key}`, errors);
    }
  } else if (shape === 'list') {
    const seen = new Set<string>();
    asItems(value).forEach((item, i) => {
      let key: string;
      try {
        key = elementOf(item, schema);
      } catch (error) {
        errors.push(`${path}: element ${i}: ${(error as Error).message}`);
        return;
      }
      const printed = printElement(key);
      if (seen.has(key)) errors.push(`${path}: duplicate entries for key ${printed}`);
      else seen.add(key);
      findSchemaErrors(item, itemSchema(schema), path + printed, errors);
    });
  }
  return errors;
}

/** Why this is no value of its type, in the words of structured-merge-diff, which prints values as Go has them. */
function misfitOf(value: unknown, schema: MergeSchema, shape: Shape): string | undefined {
  if (value === null || value === undefined || schema.kind === 'deduced') return undefined;
  if (shape === 'map') return isObject(value) ? undefined : `expected map, got &{${goText(value)}}`;
  const isList = shape === 'list' || (schema.kind === 'leaf' && schema.items !== undefined);
  if (isList) return Array.isArray(value) ? undefined : `expected list, got &{${goText(value)}}`;
  const scalar = schema.kind === 'leaf' ? schema.scalar : undefined;
  return scalar === undefined || SCALARS[scalar].holds(value) ? undefined : SCALARS[scalar].refusal(value);
}

const SCALARS: Record<Scalar, { holds(value: unknown): boolean; refusal(value: unknown): string }> = {
  numeric: {
    holds: (value) => typeof value === 'number',
    refusal: (value) => `expected numeric (int or float), got ${goTypeOf(value)}`,
  },
  string: {
    holds: (value) => typeof value === 'string',
    refusal: (value) => `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`,
  },
  boolean: {
    holds: (value) => typeof value === 'boolean',
    refusal: (value) => `expected boolean, got &{${goText(value)}}`,
  },
  'any scalar': {
    holds: (value) => typeof value !== 'object',
    refusal: (value) => `expected any scalar, got &{${goText(value)}}`,
  },
};

const MAP = 'map[string]interface {}';
const LIST = '[]interface {}';
const goTypeOf = (value: unknown): string =>
  Array.isArray(value) ? LIST : isObject(value) ? MAP : typeof value === 'boolean' ? 'bool' : typeof value;

/** As %#v prints it. */
function goSyntax(value: unknown): string {
  if (typeof value === 'number') return formatFloat(value, 'g');
  if (value === null) return 'interface {}(nil)';
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `${LIST}{${value.map(goSyntax).join(', ')}}`;
  const entries = Object.entries(value as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${MAP}{${entries.map(([key, each]) => `${JSON.stringify(key)}:${goSyntax(each)}`).join(', ')}}`;
}
