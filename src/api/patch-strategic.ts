/**
 * Strategic merge patches: lists merge by their key, and directives say what plain JSON cannot:
 *
 *     $patch: delete | replace | merge       this object, or in a list of maps the list
 *     $setElementOrder/KEY: […]              the order of list KEY after the merge
 *     $deleteFromPrimitiveList/KEY: […]      scalars to take from list KEY
 *     $retainKeys: […]                       every other field of this object goes
 *
 * Behaviour and texts are those of k8s.io/apimachinery's strategicpatch, which helm and kubectl make patches with.
 */
import { cloneJson, equalJson, getOwn, isObject, type JsonObject, setOwn } from './json.ts';
import type { Type } from './scheme.ts';

const PATCH = '$patch';
const RETAIN_KEYS = '$retainKeys';
const SET_ORDER = '$setElementOrder/';
const DELETE_SCALARS = '$deleteFromPrimitiveList/';

/** Answers a new object; throws an Error where the patch does not fit the type. */
export const applyStrategicPatch = (original: JsonObject, patch: JsonObject, type: Type): JsonObject =>
  mergeMap(cloneJson(original), cloneJson(patch), type, APPLY);

/**
 * The patch that brings `current` to `modified`, deleting what `original` had and `modified` no longer has. What others
 * changed in `current` is overwritten where `modified` speaks of it and kept elsewhere.
 */
export function createThreeWayPatch(
  original: JsonObject,
  modified: JsonObject,
  current: JsonObject,
  type: Type,
): JsonObject {
  const changes = diffMaps(current, modified, type, { changes: true, deletions: false });
  const deletions = diffMaps(original, modified, type, { changes: false, deletions: true });
  return mergeMap(cloneJson(deletions), cloneJson(changes), type, COMBINE);
}

interface FieldMeta {
  type: Type | undefined;
  strategy: 'merge' | 'replace' | undefined;
  mergeKey: string;
  retainKeys: boolean;
}

/** What the type says of a field that holds an object, or, with `list`, of the items of one that holds a list. */
function lookup(type: Type | undefined, key: string, list: boolean): FieldMeta {
  const plain = { strategy: undefined, mergeKey: '', retainKeys: false };
  if (type?.kind === 'union') type = type.struct;
  if (type?.kind === 'map') return { type: list ? itemsOf(type.values, type) : type.values, ...plain };
  if (type?.kind !== 'struct')
    throw new Error(`merging an object in json but data type is not struct, instead is: ${goKind(type)}`);
  const field = type.byName.get(key);
  if (!field) {
    const name = type.name.slice(type.name.lastIndexOf('.') + 1);
    throw new Error(`unable to find api field in struct ${name} for the json field ${JSON.stringify(key)}`);
  }
  return {
    type: list ? itemsOf(field.type, type) : field.type,
    strategy: field.patchStrategy,
    mergeKey: field.patchMergeKey ?? '',
    retainKeys: field.retainKeys ?? false,
  };
}

function itemsOf(type: Type, owner: Type): Type {
  if (type.kind === 'list') return type.items;
  if (type.kind === 'bytes' || type.kind === 'json' || type.kind === 'raw' || type.kind === 'union') return type;
  throw new Error(`expected slice or array type, but got: ${goKind(owner)}`);
}

const goKind = (type: Type | undefined): string =>
  type === undefined ? 'nil' : type.kind === 'list' ? 'slice' : type.kind;

// ── making patches ──────────────────────────────────────────────────────────────────────────────────────────────────

interface DiffOptions {
  /** Whether additions and changes go into the patch, and whether deletions do. */
  changes: boolean;
  deletions: boolean;
  retainKeys?: boolean;
}

function diffMaps(
  original: JsonObject,
  modified: JsonObject,
  type: Type | undefined,
  options: DiffOptions,
): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(modified)) {
    const [before, after] = [getOwn(original, key), modified[key]];
    if (before === undefined) {
      if (options.changes) setOwn(patch, key, after);
    } else if (key === PATCH) {
      if (typeof before !== 'string' || typeof after !== 'string')
        throw new Error(`invalid value for special key: ${PATCH}`);
      if (before !== after) patch[PATCH] = after;
    } else if (isObject(before) && isObject(after)) diffMapField(key, before, after, patch, type, options);
    else if (Array.isArray(before) && Array.isArray(after)) diffListField(key, before, after, patch, type, options);
    else if (options.changes && !equalJson(before, after)) setOwn(patch, key, after);
  }
  if (options.deletions) {
    for (const key of Object.keys(original)) if (!Object.hasOwn(modified, key)) setOwn(patch, key, null);
  }
  if (options.retainKeys) addRetainKeys(original, modified, patch);
  return patch;
}

function addRetainKeys(original: JsonObject, modified: JsonObject, patch: JsonObject): void {
  const retained = Object.keys(modified).filter((key) => modified[key] !== null);
  const hasMore = Object.keys(original).some((key) => original[key] !== null && !Object.hasOwn(modified, key));
  if (retained.length > 0 && (Object.keys(patch).length > 0 || hasMore)) patch[RETAIN_KEYS] = sortScalars(retained);
}

function diffMapField(
  key: string,
  before: JsonObject,
  after: JsonObject,
  patch: JsonObject,
  type: Type | undefined,
  options: DiffOptions,
): void {
  if (equalJson(before, after)) return;
  const meta = lookup(type, key, false);
  if (meta.strategy === 'replace' && !meta.retainKeys) {
    if (options.changes) setOwn(patch, key, after);
    return;
  }
  const inner = diffMaps(before, after, meta.type, { ...options, retainKeys: meta.retainKeys });
  if (Object.keys(inner).length > 0) setOwn(patch, key, inner);
}

function diffListField(
  key: string,
  before: unknown[],
  after: unknown[],
  patch: JsonObject,
  type: Type | undefined,
  options: DiffOptions,
): void {
  if (equalJson(before, after)) return;
  const meta = lookup(type, key, true);
  if (meta.strategy !== 'merge') {
    if (options.changes) setOwn(patch, key, after);
    return;
  }
  const { items, deletions, order } = diffLists(before, after, meta, { ...options, retainKeys: meta.retainKeys });
  if (items.length > 0) setOwn(patch, key, items);
  if (deletions.length > 0) patch[DELETE_SCALARS + key] = deletions;
  if (order.length > 0) patch[SET_ORDER + key] = order;
}

interface ListDiff {
  items: unknown[];
  /** Scalars to delete. */
  deletions: unknown[];
  order: unknown[];
}

function diffLists(before: unknown[], after: unknown[], meta: FieldMeta, options: DiffOptions): ListDiff {
  if (before.length === 0) return { items: options.changes ? after : [], deletions: [], order: [] };
  return elementKind([before, after]) === 'map'
    ? diffMapLists(before as JsonObject[], after as JsonObject[], meta, options)
    : diffScalarLists(before, after, options);
}

function diffMapLists(before: JsonObject[], after: JsonObject[], meta: FieldMeta, options: DiffOptions): ListDiff {
  const { mergeKey } = meta;
  const old = indexByKey(before, mergeKey);
  const now = indexByKey(after, mergeKey);
  const items: JsonObject[] = [];
  for (const [id, item] of now) {
    const previous = old.get(id);
    if (previous === undefined) {
      if (options.changes) items.push(item);
      continue;
    }
    const inner = diffMaps(previous, item, meta.type, options);
    if (Object.keys(inner).length > 0) items.push({ ...inner, [mergeKey]: item[mergeKey] });
  }
  if (options.deletions) {
    const gone = [...old].filter(([id]) => !now.has(id)).map(([, item]) => item);
    for (const item of sortByKey(gone, mergeKey)) items.push({ [mergeKey]: item[mergeKey], [PATCH]: 'delete' });
  }
  const sameOrder = before.length === after.length && before.every((item, i) => item[mergeKey] === after[i]![mergeKey]);
  const ordered = options.changes ? items.length > 0 || !sameOrder : items.length > 0;
  return { items, deletions: [], order: ordered ? after.map((item) => ({ [mergeKey]: item[mergeKey] })) : [] };
}

function diffScalarLists(before: unknown[], after: unknown[], options: DiffOptions): ListDiff {
  const items = options.changes ? subtract(after, before) : [];
  const deletions = options.deletions ? [...new Set(sortScalars(subtract(before, after)))] : [];
  return { items, deletions, order: options.changes || deletions.length > 0 ? after : [] };
}

/** The items of `list` beyond those that `others` has, counted. */
function subtract(list: unknown[], others: unknown[]): unknown[] {
  const counts = new Map<string, number>();
  for (const item of others) counts.set(scalarText(item), (counts.get(scalarText(item)) ?? 0) + 1);
  return list.filter((item) => {
    const left = counts.get(scalarText(item)) ?? 0;
    counts.set(scalarText(item), left - 1);
    return left <= 0;
  });
}

function indexByKey(list: JsonObject[], mergeKey: string): Map<string, JsonObject> {
  const index = new Map<string, JsonObject>();
  for (const item of list) {
    requireKey(item, mergeKey);
    if (!index.has(scalarText(item[mergeKey]))) index.set(scalarText(item[mergeKey]), item);
  }
  return index;
}

// ── merging ─────────────────────────────────────────────────────────────────────────────────────────────────────────

interface MergeOptions {
  /** Whether directives take effect; otherwise they are gathered into one patch. */
  parallelLists: boolean;
  ignoreUnmatchedNulls: boolean;
}

const APPLY: MergeOptions = { parallelLists: true, ignoreUnmatchedNulls: true };
const COMBINE: MergeOptions = { parallelLists: false, ignoreUnmatchedNulls: false };

/** Merges `patch` into `original`; both are ours to change. */
function mergeMap(original: JsonObject, patch: JsonObject, type: Type | undefined, options: MergeOptions): JsonObject {
  const directive = getOwn(patch, PATCH);
  if (directive !== undefined) return followDirective(directive, patch);
  applyRetainKeys(original, patch, options);
  applyElementOrders(original, patch, type, options);
  for (const key of Object.keys(patch)) mergeField(original, key, patch[key], type, options);
  return original;
}

function followDirective(directive: unknown, patch: JsonObject): JsonObject {
  if (directive === 'delete') return {};
  if (directive !== 'replace') throw badDirective(directive, patch);
  delete patch[PATCH];
  return patch;
}

function mergeField(
  original: JsonObject,
  patchKey: string,
  value: unknown,
  type: Type | undefined,
  options: MergeOptions,
): void {
  const deletesScalars = patchKey.startsWith(DELETE_SCALARS);
  if (deletesScalars && !options.parallelLists) {
    setOwn(original, patchKey, value);
    return;
  }
  const key = deletesScalars ? patchKey.slice(DELETE_SCALARS.length) : patchKey;
  if (value === null) {
    delete original[key];
    if (options.ignoreUnmatchedNulls) return;
  }
  const current = getOwn(original, key);
  if (isObject(current) && isObject(value)) {
    const meta = lookup(type, key, false);
    const replaces = meta.strategy === 'replace' && !meta.retainKeys;
    setOwn(original, key, replaces ? value : mergeMap(current, value, meta.type, options));
  } else if (Array.isArray(current) && Array.isArray(value)) {
    const meta = lookup(type, key, true);
    const merges = meta.strategy === 'merge' || deletesScalars;
    setOwn(original, key, merges ? mergeList(current, value, meta, options, deletesScalars) : value);
  } else if (!deletesScalars) {
    if (options.ignoreUnmatchedNulls) dropNulls(value);
    const kept = withoutDirectives(value);
    if (kept === undefined) delete original[key];
    else setOwn(original, key, kept);
  }
}

function applyRetainKeys(original: JsonObject, patch: JsonObject, { parallelLists }: MergeOptions): void {
  const retained = getOwn(patch, RETAIN_KEYS);
  if (retained === undefined) return;
  delete patch[RETAIN_KEYS];
  if (!parallelLists) {
    const before = getOwn(original, RETAIN_KEYS);
    if (before !== undefined && !equalJson(before, retained))
      throw new Error(
        `${goText(before)} and ${goText(retained)} are not deep equal: this may happen when calculating the 3-way diff patch`,
      );
    original[RETAIN_KEYS] = retained;
    return;
  }
  if (!Array.isArray(retained)) throw new Error('invalid patch format of retainKeys');
  const keys = new Set(retained);
  for (const key of Object.keys(patch)) {
    const isDirective = key.startsWith(DELETE_SCALARS) || key.startsWith(SET_ORDER);
    if (patch[key] !== null && !isDirective && !keys.has(key)) throw new Error('invalid patch format of retainKeys');
  }
  for (const key of Object.keys(original)) if (!keys.has(key)) delete original[key];
}

/** Merges every list for which the patch gives an order, and puts it in that order. */
function applyElementOrders(
  original: JsonObject,
  patch: JsonObject,
  type: Type | undefined,
  options: MergeOptions,
): void {
  for (const orderKey of Object.keys(patch)) {
    if (!orderKey.startsWith(SET_ORDER)) continue;
    const order = patch[orderKey];
    if (!options.parallelLists) {
      const before = getOwn(original, orderKey);
      if (before !== undefined && !equalJson(before, order))
        throw new Error('invalid patch format of setElementOrder list');
      original[orderKey] = order;
    }
    delete patch[orderKey];
    orderList(original, patch, orderKey.slice(SET_ORDER.length), asList(order), type, options);
  }
}

function orderList(
  original: JsonObject,
  patch: JsonObject,
  key: string,
  order: unknown[],
  type: Type | undefined,
  options: MergeOptions,
): void {
  const [current, changes] = [getOwn(original, key), getOwn(patch, key)];
  if (current !== undefined) asList(current);
  if (changes !== undefined) asList(changes);
  const meta = lookup(type, key, true);
  checkAgainstOrder((changes ?? []) as unknown[], order, meta.mergeKey);
  if (current === undefined && changes === undefined) return;
  const server = (current ?? []) as unknown[];
  let merged: unknown[];
  if (changes === undefined) merged = server;
  else if (current === undefined) merged = withoutDirectives(changes) as unknown[];
  else if (meta.strategy === 'merge') merged = mergeList([...server], changes as unknown[], meta, options, false);
  else merged = changes as unknown[];
  delete patch[key];
  const ranked = current === undefined ? server : serverOrder(server, (changes ?? []) as unknown[], meta.mergeKey);
  setOwn(original, key, arrange(merged, order, ranked, meta.mergeKey));
}

/**
 * As Go, which deletes and appends in place: where items were deleted, as many added ones count as the server's own.
 */
function serverOrder(server: unknown[], changes: unknown[], mergeKey: string): unknown[] {
  const deletes = mergeKey === '' ? [] : changes.filter((item) => isObject(item) && item[PATCH] === 'delete');
  if (deletes.length === 0) return server;
  const gone = new Set(deletes.map((item) => idOf(item, mergeKey)));
  const kept = server.filter((item) => !gone.has(idOf(item, mergeKey)));
  const known = new Set(kept.map((item) => idOf(item, mergeKey)));
  const added = changes.filter((item) => isObject(item) && !(PATCH in item) && !known.has(idOf(item, mergeKey)));
  return [...kept, ...added].slice(0, server.length);
}

function asList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const kinds: Record<string, string> = { string: 'string', number: 'float64', boolean: 'bool' };
  const kind = value === null ? '%!s(<nil>)' : (kinds[typeof value] ?? 'map[string]interface {}');
  throw new Error(`expected a []interface {}, but received a ${kind}`);
}

function checkAgainstOrder(changes: unknown[], order: unknown[], mergeKey: string): void {
  if (changes.length === 0 || order.length === 0) return;
  const wanted = changes.filter((item) => !isObject(item) || getOwn(item, PATCH) === undefined);
  let at = 0;
  for (const item of order) if (at < wanted.length && idOf(wanted[at], mergeKey) === idOf(item, mergeKey)) at++;
  if (at < wanted.length)
    throw new Error(
      `The order in patch list:\n${goText(changes)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
    );
}

function mergeList(
  original: unknown[],
  patch: unknown[],
  meta: FieldMeta,
  options: MergeOptions,
  deletesScalars: boolean,
): unknown[] {
  if (original.length === 0 && patch.length === 0) return original;
  if (elementKind([original, patch]) !== 'map') {
    if (deletesScalars && options.parallelLists) {
      const gone = new Set(patch);
      return original.filter((item) => !gone.has(item));
    }
    return arrange([...new Set([...original, ...patch])], patch, original, '');
  }
  if (meta.mergeKey === '') throw new Error(`cannot merge lists without merge key for ${goKind(meta.type)}`);
  const special = applyListDirectives(original as JsonObject[], patch as JsonObject[], meta.mergeKey);
  const merged = mergeItems(special.original, special.patch, meta, options);
  return arrange(merged, special.patch, special.original, meta.mergeKey);
}

/** Takes out the items that a patch deletes, or all of them where it replaces the list. */
function applyListDirectives(original: JsonObject[], patch: JsonObject[], mergeKey: string) {
  const plain: JsonObject[] = [];
  const deleted = new Set<string>();
  let replaces = false;
  for (const item of patch) {
    const directive = getOwn(item, PATCH);
    if (directive === undefined) plain.push(item);
    else if (directive === 'delete') {
      requireKey(item, mergeKey);
      deleted.add(scalarText(item[mergeKey]));
    } else if (directive === 'replace') replaces = true;
    else if (directive === 'merge') throw new Error('merging lists cannot yet be specified in the patch');
    else throw badDirective(directive, item);
  }
  if (replaces) return { original: plain, patch: [] };
  return { original: original.filter((item) => !deleted.has(scalarText(getOwn(item, mergeKey)))), patch: plain };
}

function mergeItems(original: JsonObject[], patch: JsonObject[], meta: FieldMeta, options: MergeOptions): JsonObject[] {
  const merged = [...original];
  const index = new Map(merged.map((item, i) => [scalarText(getOwn(item, meta.mergeKey)), i]));
  for (const item of patch) {
    requireKey(item, meta.mergeKey);
    const id = scalarText(item[meta.mergeKey]);
    const at = index.get(id);
    if (at === undefined) index.set(id, merged.push(item) - 1);
    else merged[at] = mergeMap(merged[at]!, item, meta.type, options);
  }
  return merged;
}

/**
 * Items named in `order` come in that order; the others keep theirs among themselves and their place before the items
 * that followed them on the server.
 */
function arrange(merged: unknown[], order: unknown[], server: unknown[], mergeKey: string): unknown[] {
  const rank = ranks(order, mergeKey);
  const serverRank = ranks(server, mergeKey);
  const by = (of: Map<string, number>) => (a: unknown, b: unknown) =>
    (of.get(idOf(a, mergeKey)) ?? of.size) - (of.get(idOf(b, mergeKey)) ?? of.size);
  const named = merged.filter((item) => rank.has(idOf(item, mergeKey))).sort(by(rank));
  const others = merged.filter((item) => !rank.has(idOf(item, mergeKey))).sort(by(serverRank));
  const arranged: unknown[] = [];
  let next = 0;
  for (const item of named) {
    const place = serverRank.get(idOf(item, mergeKey));
    while (place !== undefined && next < others.length) {
      const other = serverRank.get(idOf(others[next], mergeKey));
      if (other === undefined || other >= place) break;
      arranged.push(others[next++]);
    }
    arranged.push(item);
  }
  return [...arranged, ...others.slice(next)];
}

function ranks(list: unknown[], mergeKey: string): Map<string, number> {
  const rank = new Map<string, number>();
  list.forEach((item, i) => {
    const id = idOf(item, mergeKey);
    if (!rank.has(id)) rank.set(id, i);
  });
  return rank;
}

function idOf(item: unknown, mergeKey: string): string {
  if (mergeKey === '') return scalarText(item);
  if (!isObject(item)) throw new Error(`expected a map[string]interface {}, but received a ${typeof item}`);
  requireKey(item, mergeKey);
  return scalarText(item[mergeKey]);
}

// ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function requireKey(item: JsonObject, mergeKey: string): void {
  if (!Object.hasOwn(item, mergeKey))
    throw new Error(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
}

const badDirective = (directive: unknown, map: JsonObject): Error =>
  new Error(`unknown patch type: ${goText(directive)} in map: ${goText(map)}`);

/** Whether the lists hold maps or scalars; every item must be of one type. */
function elementKind(lists: unknown[][]): 'map' | 'scalar' {
  let kind: string | undefined;
  for (const list of lists)
    for (const item of list) {
      if (Array.isArray(item)) throw new Error('lists of lists are not supported');
      const own = isObject(item) ? 'map' : typeof item;
      if (kind !== undefined && own !== kind) throw new Error(`list element types are not identical: ${goText(lists)}`);
      kind = own;
    }
  if (kind === undefined) throw new Error('no elements in any of the given slices');
  return kind === 'map' ? 'map' : 'scalar';
}

function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, PATCH)) return undefined;
  for (const key of Object.keys(value)) {
    const kept = withoutDirectives(value[key]);
    if (kept === undefined) delete value[key];
    else setOwn(value, key, kept);
  }
  return value;
}

function dropNulls(value: unknown): void {
  if (Array.isArray(value)) value.forEach(dropNulls);
  else if (isObject(value))
    for (const key of Object.keys(value)) {
      if (value[key] === null) delete value[key];
      else dropNulls(value[key]);
    }
}

const scalarText = (value: unknown): string => `${typeof value}:${String(value)}`;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const sortScalars = (list: unknown[]): unknown[] => [...list].sort((a, b) => byText(String(a), String(b)));
const sortByKey = (list: JsonObject[], key: string): JsonObject[] =>
  list.sort((a, b) => byText(String(a[key]), String(b[key])));

/** A JSON value as Go prints it with `%v`. */
/** A value as Go prints it with `%v`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isObject(value)) return String(value);
  const fields = Object.keys(value)
    .sort()
    .map((key) => `${key}:${goText(value[key])}`);
  return `map[${fields.join(' ')}]`;
}
