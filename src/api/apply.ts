/**
 * Server-side apply: lays a configuration over the live object, takes away what its manager no longer applies, and
 * refuses to change what others own. Behaviour and texts are those of structured-merge-diff and apimachinery's
 * managedfields; every manager is taken to be of the served version.
 */
import {
  difference,
  equalSets,
  type FieldSet,
  intersection,
  printPaths,
  recursiveDifference,
  setOfPaths,
  union,
} from './field-set.ts';
import {
  compareFields,
  fieldsOf,
  findSchemaErrors,
  mergeFields,
  removeFields,
  withNamedFields,
} from './field-walks.ts';
import { equalJson, isObject, type JsonObject } from './json.ts';
import {
  conflictsOf,
  decodeManagers,
  encodeManagers,
  ignoreReset,
  Manager,
  type Managers,
  ownedByAnyone,
  recordUpdate,
  STRIPPED,
  withoutManagers,
} from './managed-fields.ts';
import type { MergeSchema } from './merge-schema.ts';
import { gvkOf, type KubeObject } from './object.ts';
import { badRequest, failure, type StatusCause, type StatusError } from './status.ts';

export interface ApplyArguments {
  /** The object as it is stored; absent where the apply creates it. */
  live?: KubeObject | undefined;
  /** The configuration as the client sent it: only what it wants to own. */
  applied: KubeObject;
  manager: string;
  force: boolean;
  schema: MergeSchema;
  /** What an object of the type looks like with nothing set, as the decoder writes it. */
  empty: JsonObject;
  /** RFC 3339, to the second. */
  now: string;
  subresource?: string;
  /** Paths that an apply by this way cannot set, such as `['status']`. */
  resetFields?: readonly (readonly string[])[];
}

export interface Applied {
  /** The object with its managedFields, to be decoded, defaulted and validated; nothing of `live` was changed. */
  object: KubeObject;
  changed: boolean;
}

/** Throws a StatusError: 409 Conflict with a cause per field, 400 for what is no configuration, 500 for a misfit. */
export function serverSideApply(args: ApplyArguments): Applied {
  checkConfiguration(args);
  try {
    return apply(args);
  } catch (error) {
    if (!(error instanceof Conflicts)) throw error;
    const allowed = args.manager === 'kubectl' ? ownedByLastApplied(args) : undefined;
    const left = allowed ? error.without(allowed) : error;
    if (left.size > 0) throw left.toStatus();
    return apply({ ...args, force: true });
  }
}

function checkConfiguration({ live, applied, schema }: ApplyArguments): void {
  if (live && applied.apiVersion !== live.apiVersion)
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${applied.apiVersion}, expected: ${live.apiVersion}`,
    );
  if (applied.metadata?.managedFields !== undefined && applied.metadata.managedFields !== null)
    throw badRequest('metadata.managedFields must be nil');
  const errors = findSchemaErrors(applied, schema);
  if (errors.length > 0) throw misfit(applied, errors);
}

function misfit(applied: KubeObject, errors: string[]): StatusError {
  const { group, version, kind } = gvkOf(applied);
  const { namespace = '', name = '' } = applied.metadata ?? {};
  const subject = `${namespace}/${name}; ${group === '' ? '' : group}/${version}, Kind=${kind}`;
  const what = errors.length === 1 ? errors[0] : ['errors:', ...errors.map((error) => `  ${error}`)].join('\n');
  return failure(500, '', `failed to create typed patch object (${subject}): ${what}`);
}

function apply(args: ApplyArguments): Applied {
  const { live, applied, schema, now } = args;
  const before = withoutManagers(live ?? (args.empty as KubeObject));
  const managers = decodeManagers(live?.metadata.managedFields);
  if (managers.size === 0 && live) recordExisting(managers, before, args);
  const self = new Manager(
    {
      manager: args.manager,
      operation: 'Apply',
      apiVersion: applied.apiVersion,
      ...(args.subresource && { subresource: args.subresource }),
    },
    ownFields(args),
  );
  const last = managers.get(self.id);
  self.time = last?.time;
  managers.set(self.id, self);
  const merged = mergeFields(before, applied, schema);
  const object = (last ? prune(merged, last.fields, managers, schema) : merged) as KubeObject;
  takeOver(managers, before, object, self, args);
  const changed = live === undefined || !equalJson(before, object);
  if (changed) self.time = now;
  self.fields = difference(self.fields, STRIPPED);
  if (self.fields.size === 0) managers.delete(self.id);
  if (live && !changed && sameManagers(decodeManagers(live.metadata.managedFields), managers))
    return { object: live, changed: false };
  return { object: finish(object, managers, args), changed: true };
}

function ownFields({ applied, schema, resetFields }: ApplyArguments): FieldSet {
  const fields = fieldsOf(applied, schema);
  return resetFields && resetFields.length > 0 ? recursiveDifference(fields, setOfPaths(resetFields)) : fields;
}

/** Before the first apply no one was tracked: everything belongs to one manager of the past. */
function recordExisting(managers: Managers, before: KubeObject, args: ApplyArguments): void {
  const diff = ignoreReset(compareFields(args.empty, before, args.schema), args.resetFields);
  const { applied, now, subresource } = args;
  recordUpdate(managers, diff, {
    manager: 'before-first-apply',
    apiVersion: applied.apiVersion,
    now,
    ...(subresource && { subresource }),
  });
}

/** Takes from the others what the apply changes, or throws the conflicts. */
function takeOver(
  managers: Managers,
  before: KubeObject,
  after: KubeObject,
  self: Manager,
  args: ApplyArguments,
): void {
  const diff = ignoreReset(compareFields(before, after, args.schema), args.resetFields);
  const conflicts = conflictsOf(managers, diff, self.id);
  if (conflicts.size > 0 && !args.force) throw new Conflicts(conflicts, managers);
  for (const [id, manager] of managers) {
    if (manager === self) continue;
    const lost = conflicts.get(id);
    const kept = difference(lost ? difference(manager.fields, lost) : manager.fields, diff.removed);
    manager.fields = kept;
    if (kept.size === 0) managers.delete(id);
  }
}

/** Takes away what the manager applied last time, does not apply now, and no one else owns. */
function prune(merged: unknown, last: FieldSet, managers: Managers, schema: MergeSchema): unknown {
  const named = (set: FieldSet) => withNamedFields(set, schema);
  const before = named(fieldsOf(merged, schema));
  const bare = removeFields(merged, named(last), schema);
  const kept = union(named(fieldsOf(bare, schema)), named(ownedByAnyone(managers)));
  const pruned = removeFields(merged, difference(before, kept), schema);
  // What went with it but was never the manager's comes back.
  const gone = difference(before, named(fieldsOf(pruned, schema)));
  return removeFields(merged, intersection(gone, named(last)), schema);
}

function finish(object: KubeObject, managers: Managers, { live, applied, manager }: ApplyArguments): KubeObject {
  const metadata = { ...object.metadata };
  const managedFields = encodeManagers(managers);
  if (managedFields.length > 0) metadata.managedFields = managedFields;
  if (manager === 'kubectl' && live?.metadata.annotations?.[LAST_APPLIED])
    metadata.annotations = { ...metadata.annotations, [LAST_APPLIED]: lastAppliedText(applied) };
  return { ...object, metadata };
}

function sameManagers(a: Managers, b: Managers): boolean {
  if (a.size !== b.size) return false;
  for (const [id, manager] of a) {
    const other = b.get(id);
    if (!other || other.apiVersion !== manager.apiVersion || !equalSets(manager.fields, other.fields)) return false;
  }
  return true;
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function lastAppliedText(applied: KubeObject): string {
  const { [LAST_APPLIED]: _, ...annotations } = applied.metadata.annotations ?? {};
  const metadata = { ...applied.metadata, ...(applied.metadata.annotations && { annotations }) };
  return `${JSON.stringify({ ...applied, metadata })}\n`;
}

/**
 * The fields of the last client-side apply that are still as it left them: kubectl may take them over from itself
 * without a conflict.
 */
function ownedByLastApplied({ live, schema }: ApplyArguments): FieldSet | undefined {
  const text = live?.metadata.annotations?.[LAST_APPLIED];
  if (!live || !text) return undefined;
  let last: unknown;
  try {
    last = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(last) || last['apiVersion'] !== live.apiVersion) return undefined;
  const diff = compareFields(last, live, schema);
  return difference(fieldsOf(last, schema), union(diff.modified, union(diff.added, diff.removed)));
}

/** What an apply would take from whom. */
class Conflicts extends Error {
  readonly #lost: Map<string, FieldSet>;
  readonly #managers: Managers;

  constructor(lost: Map<string, FieldSet>, managers: Managers) {
    super('apply conflicts');
    this.#lost = lost;
    this.#managers = managers;
  }

  get size(): number {
    return this.#lost.size;
  }

  without(allowed: FieldSet): Conflicts {
    const left = new Map<string, FieldSet>();
    for (const [id, fields] of this.#lost) {
      const kept = difference(fields, allowed);
      if (kept.size > 0) left.set(id, kept);
    }
    return new Conflicts(left, this.#managers);
  }

  toStatus(): StatusError {
    const each = [...this.#lost]
      .map(([id, fields]) => ({ who: printManager(this.#managers.get(id)!), paths: printPaths(fields) }))
      .sort((a, b) => (a.who < b.who ? -1 : 1));
    const causes: StatusCause[] = each.flatMap(({ who, paths }) =>
      paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field })),
    );
    const text =
      causes.length === 1
        ? `Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`
        : `Apply failed with ${causes.length} conflicts: ${each
            .map(({ who, paths }) => [`conflicts with ${who}:`, ...paths.map((path) => `- ${path}`)].join('\n'))
            .join('\n')}`;
    return failure(409, 'Conflict', text, { causes });
  }
}

function printManager({ name, operation, apiVersion, subresource }: Manager): string {
  const who = JSON.stringify(name) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === 'Update' ? `${who} using ${apiVersion}` : who;
}
