/** Who owns which fields of an object: `metadata.managedFields`, kept as Kubernetes keeps it on every write. */
import {
  addNode,
  decodeFields,
  difference,
  encodeFields,
  type FieldSet,
  intersection,
  recursiveDifference,
  setOfPaths,
  union,
} from './field-set.ts';
import { compareFields, type FieldDiff, isSame } from './field-walks.ts';
import { isObject, type JsonObject } from './json.ts';
import type { MergeSchema } from './merge-schema.ts';
import type { KubeObject } from './object.ts';

export interface ManagedFieldsEntry {
  manager?: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time?: string;
  fieldsType: 'FieldsV1';
  fieldsV1: JsonObject;
  subresource?: string;
}

/** One owner while a write is under way. Its fields are decoded when they are first needed. */
export class Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  /** An applier is one whatever its version; an updater is another in each. */
  readonly id: string;
  time: string | undefined;
  #encoded: JsonObject | undefined;
  #fields: FieldSet | undefined;

  constructor(entry: Omit<ManagedFieldsEntry, 'fieldsType' | 'fieldsV1'>, fields: FieldSet | JsonObject) {
    this.name = entry.manager ?? '';
    this.operation = entry.operation;
    this.apiVersion = entry.apiVersion;
    this.subresource = entry.subresource ?? '';
    this.time = entry.time;
    const version = this.operation === 'Apply' ? '' : this.apiVersion;
    this.id = `${this.operation} ${version} ${this.subresource} ${this.name}`;
    if (fields instanceof Map) this.#fields = fields;
    else this.#encoded = fields;
  }

  get fields(): FieldSet {
    this.#fields ??= decodeFields(this.#encoded);
    return this.#fields;
  }

  set fields(fields: FieldSet) {
    if (fields === this.#fields) return;
    this.#fields = fields;
    this.#encoded = undefined;
  }

  encode(): ManagedFieldsEntry {
    const entry = {} as ManagedFieldsEntry;
    if (this.name !== '') entry.manager = this.name;
    entry.operation = this.operation;
    entry.apiVersion = this.apiVersion;
    if (this.time !== undefined) entry.time = this.time;
    entry.fieldsType = 'FieldsV1';
    entry.fieldsV1 = this.#encoded ?? encodeFields(this.#fields!);
    if (this.subresource !== '') entry.subresource = this.subresource;
    return entry;
  }
}

export type Managers = Map<string, Manager>;

export interface UpdateArguments {
  /** The object as it is stored; absent for a creation. */
  live?: KubeObject | undefined;
  /** The object to be stored, defaulted; its managedFields are what the client sent. */
  updated: KubeObject;
  manager: string;
  schema: MergeSchema;
  /** What an object of the type looks like with nothing set, as the decoder writes it. */
  empty: JsonObject;
  /** RFC 3339, to the second. */
  now: string;
  subresource?: string;
  /** Paths that this write leaves as they are, such as `['status']`, and that it therefore does not come to own. */
  resetFields?: readonly (readonly string[])[];
}

/** The managedFields that `updated` must carry; undefined for none. `updated` is not changed. */
export function updateManagedFields(args: UpdateArguments): ManagedFieldsEntry[] | undefined {
  const { live, updated } = args;
  const entries = startingEntries(args);
  // Whoever cleared the managers of an object is not tracked any more until someone applies.
  if (entries.length === 0 && live?.metadata.uid !== undefined) return undefined;
  const before = live ? withoutManagers(live) : args.empty;
  const diff = ignoreReset(compareFields(before, withoutManagers(updated), args.schema), args.resetFields);
  if (isSame(diff)) return entries.length === 0 ? undefined : (entries as ManagedFieldsEntry[]);
  const managers = decodeManagers(entries);
  recordUpdate(managers, diff, { ...args, apiVersion: updated.apiVersion });
  capUpdaters(managers);
  const encoded = encodeManagers(managers);
  return encoded.length === 0 ? undefined : encoded;
}

/** What the client sent where it sent something sound, else what is stored. An empty list, or one empty entry, resets. */
function startingEntries({ live, updated, subresource }: UpdateArguments): unknown[] {
  const stored = live?.metadata.managedFields ?? [];
  const given = updated.metadata.managedFields;
  if (subresource || given === undefined || given === null || given === stored) return stored;
  if (given.length === 0) return [];
  if (given.length === 1 && isObject(given[0]) && Object.keys(given[0]).length === 0) return [];
  return isSound(given) ? given : stored;
}

function isSound(entries: unknown[]): boolean {
  try {
    for (const manager of decodeManagers(entries).values()) void manager.fields;
    return true;
  } catch {
    return false;
  }
}

/** Gives the changed fields to the manager and takes them from all others. */
export function recordUpdate(
  managers: Managers,
  diff: FieldDiff,
  { manager, apiVersion, subresource, now }: { manager: string; apiVersion: string; subresource?: string; now: string },
): void {
  const changed = union(diff.modified, diff.added);
  const gone = union(changed, diff.removed);
  for (const [id, other] of managers) {
    other.fields = difference(other.fields, gone);
    if (other.fields.size === 0) managers.delete(id);
  }
  const own = difference(changed, STRIPPED);
  if (own.size === 0) return;
  const name = manager === '' ? 'unknown' : manager;
  const entry = {
    manager: name,
    operation: 'Update' as const,
    apiVersion,
    time: now,
    ...(subresource && { subresource }),
  };
  const next = new Manager(entry, own);
  const previous = managers.get(next.id);
  if (previous) next.fields = union(own, previous.fields);
  managers.set(next.id, next);
}

/** Fields that no one owns: every object has them. */
export const STRIPPED: FieldSet = setOfPaths([
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ['metadata', 'name'],
  ['metadata', 'namespace'],
  ['metadata', 'creationTimestamp'],
  ['metadata', 'selfLink'],
  ['metadata', 'uid'],
  ['metadata', 'clusterName'],
  ['metadata', 'generation'],
  ['metadata', 'managedFields'],
  ['metadata', 'resourceVersion'],
]);

export function ignoreReset(diff: FieldDiff, paths: readonly (readonly string[])[] | undefined): FieldDiff {
  if (paths === undefined || paths.length === 0) return diff;
  const reset = setOfPaths(paths);
  return {
    added: recursiveDifference(diff.added, reset),
    modified: recursiveDifference(diff.modified, reset),
    removed: recursiveDifference(diff.removed, reset),
  };
}

export function withoutManagers(object: KubeObject): KubeObject {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

const MAX_UPDATERS = 10;

/** Folds the oldest updaters into one when there are too many, so that managedFields stay small. */
function capUpdaters(managers: Managers): void {
  const updaters = [...managers.values()].filter(({ operation }) => operation === 'Update');
  let count = updaters.length;
  if (count <= MAX_UPDATERS) return;
  updaters.sort((a, b) => secondsOf(a) - secondsOf(b) || (a.id < b.id ? -1 : 1));
  const first = new Map<string, Manager>();
  for (const manager of updaters) {
    if (count <= MAX_UPDATERS) return;
    const { apiVersion, time } = manager;
    const oldest = first.get(apiVersion);
    if (oldest === undefined) {
      first.set(apiVersion, manager);
      continue;
    }
    const entry = { manager: 'ancient-changes', operation: 'Update' as const, apiVersion, ...(time && { time }) };
    const bucket = new Manager(entry, manager.fields);
    const known = managers.get(bucket.id) ?? oldest;
    managers.delete(known.id);
    managers.delete(manager.id);
    bucket.fields = union(known.fields, manager.fields);
    managers.set(bucket.id, bucket);
    count--;
  }
}

const secondsOf = ({ time }: Manager): number => (time === undefined ? 0 : Math.floor(Date.parse(time) / 1000));

/** Throws where an entry is not one. */
export function decodeManagers(entries: unknown[] | undefined): Managers {
  const managers: Managers = new Map();
  for (const [i, each] of (entries ?? []).entries()) {
    const entry = (isObject(each) ? each : {}) as unknown as ManagedFieldsEntry;
    if (entry.operation !== 'Apply' && entry.operation !== 'Update')
      throw new Error('operation must be `Apply` or `Update`');
    if (!entry.apiVersion) throw new Error('apiVersion must not be empty');
    if (!entry.fieldsType) throw new Error(`missing fieldsType in managed fields entry ${i}`);
    if (entry.fieldsType !== 'FieldsV1')
      throw new Error(`invalid fieldsType ${JSON.stringify(entry.fieldsType)} in managed fields entry ${i}`);
    const manager = new Manager(entry, entry.fieldsV1 ?? {});
    managers.set(manager.id, manager);
  }
  return managers;
}

/** Appliers first, then by time, name, version and subresource. */
export const encodeManagers = (managers: Managers): ManagedFieldsEntry[] =>
  [...managers.values()]
    .sort(
      (a, b) =>
        byText(a.operation, b.operation) ||
        secondsOf(a) - secondsOf(b) ||
        byText(a.name, b.name) ||
        byText(a.apiVersion, b.apiVersion) ||
        byText(a.subresource, b.subresource),
    )
    .map((manager) => manager.encode());

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What each of the others would lose to a change. */
export function conflictsOf(managers: Managers, diff: FieldDiff, self: string): Map<string, FieldSet> {
  const changed = union(diff.modified, diff.added);
  const conflicts = new Map<string, FieldSet>();
  for (const [id, manager] of managers) {
    if (id === self) continue;
    const lost = intersection(manager.fields, changed);
    if (lost.size > 0) conflicts.set(id, lost);
  }
  return conflicts;
}

/** All that anyone owns. */
export function ownedByAnyone(managers: Managers): FieldSet {
  const all: FieldSet = new Map();
  for (const { fields } of managers.values())
    for (const [key, node] of fields) addNode(all, key, node.member, node.children);
  return all;
}
