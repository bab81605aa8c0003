/** Brings the objects of a manifest into the cluster: by server-side apply, by patches computed here, or by replacing. */
import type { KubeObject } from '../api/object.ts';
import { isConflict, isNotFound, StatusError } from '../api/status.ts';
import type { Client } from '../client/types.ts';
import type { Logger } from '../log.ts';
import { deleteResource } from './delete.ts';
import { upgradeFieldManager } from './field-manager.ts';
import {
  atOnce,
  checkName,
  describeWithKind,
  identityOf,
  inKindOrder,
  type KubeResource,
  readResource,
} from './resource.ts';
import { clientSidePatch } from './three-way.ts';

export const FIELD_MANAGER = 'helm';

export interface ApplyOptions {
  serverSide: boolean;
  /** Takes fields over from other managers; server-side only. */
  forceConflicts?: boolean;
  log: Logger;
}

export interface UpdateOptions extends ApplyOptions {
  forceReplace?: boolean;
  /** Makes what was applied from here before belong to the server-side manager. */
  upgradeManager?: boolean;
  /** Patches custom resources against the live object as well, as when ownership is taken. */
  threeWayForCustom?: boolean;
}

/** What the server answered to the writes: the objects as they were then. */
export type Written = Map<KubeResource, KubeObject>;

/** What an update did, as far as it came. */
export interface UpdateResult {
  created: KubeResource[];
  written: Written;
  error?: Error;
}

/** Creates all; every one is tried, and the errors are thrown together. */
export async function createResources(
  client: Client,
  resources: KubeResource[],
  options: ApplyOptions,
): Promise<Written> {
  if (options.forceConflicts && !options.serverSide)
    throw new Error('invalid client create option(s): forceConflicts enabled when serverSideApply disabled');
  const written: Written = new Map();
  const errors = await inKindOrder(resources, (resource) =>
    createOne(client, resource, options).then(
      (object) => void written.set(resource, object),
      (error: unknown) => error as Error,
    ),
  );
  const failures = errors.filter((error) => error !== undefined);
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new Error(failures.map((error) => error.message).join('\n'), { cause: failures[0] });
  return written;
}

/** Creates what is missing, changes what is there, then deletes what only `originals` have. */
export async function updateResources(
  client: Client,
  originals: KubeResource[],
  targets: KubeResource[],
  options: UpdateOptions,
): Promise<UpdateResult> {
  const written: Written = new Map();
  const problem = optionsProblem(options);
  if (problem) return { created: [], written, error: new Error(problem) };
  const known = new Map([...originals].reverse().map((original) => [identityOf(original), original]));
  const created: KubeResource[] = [];
  const lookUps = new Map(await atOnce(targets, async (target) => [target, await lookUp(client, target)] as const));
  const outcomes = await inKindOrder(targets, (target) =>
    updateOne(client, known.get(identityOf(target)), target, lookUps.get(target), options, created).then(
      (object) => void written.set(target, object),
      (error: unknown) => error as Error,
    ),
  );
  const fatal = outcomes.find((error) => error instanceof CreateError);
  if (fatal) return { created, written, error: fatal };
  const failures = outcomes.filter((error) => error !== undefined);
  if (failures.length === 0) failures.push(...(await deleteLeftOvers(client, originals, targets, options.log)));
  if (failures.length === 0) return { created, written };
  return {
    created,
    written,
    error: new Error(failures.map((error) => error.message).join(' && '), { cause: failures[0] }),
  };
}

function optionsProblem({ serverSide, forceConflicts, forceReplace }: UpdateOptions): string | undefined {
  if (!serverSide && forceConflicts)
    return 'invalid client update option(s): forceConflicts enabled when serverSideApply disabled';
  if (forceConflicts && forceReplace) return 'invalid operation: cannot use force conflicts and force replace together';
  if (serverSide && forceReplace) return 'invalid operation: cannot use server-side apply and force replace together';
  return undefined;
}

/** A resource that could not be looked up or created: the rest of an update does not matter then. */
class CreateError extends Error {}

async function createOne(client: Client, target: KubeResource, options: ApplyOptions): Promise<KubeObject> {
  if (options.serverSide) return applyServerSide(client, target, options.forceConflicts ?? false);
  return client.create(target.resource, target.object, { fieldManager: FIELD_MANAGER });
}

/** The object as it is, undefined where there is none; an error is for the object's turn. */
const lookUp = (client: Client, target: KubeResource): Promise<KubeObject | Error | undefined> =>
  readResource(target, client).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    return new CreateError(`could not get information about the resource: ${(error as Error).message}`, {
      cause: error,
    });
  });

async function updateOne(
  client: Client,
  original: KubeResource | undefined,
  target: KubeResource,
  live: KubeObject | Error | undefined,
  options: UpdateOptions,
  created: KubeResource[],
): Promise<KubeObject> {
  if (live instanceof Error) throw live;
  if (!live) {
    created.push(target);
    return createOne(client, target, options).catch((error: unknown) => {
      throw new CreateError(`failed to create resource: ${(error as Error).message}`, { cause: error });
    });
  }
  if (!original)
    options.log.warn('resource exists on cluster but not in original release, using cluster state as baseline', {
      namespace: target.namespace ?? '',
      name: target.name,
      kind: target.object.kind,
    });
  return changeOne(client, original?.object ?? live, target, live, options);
}

async function changeOne(
  client: Client,
  original: KubeObject,
  target: KubeResource,
  live: KubeObject,
  options: UpdateOptions,
): Promise<KubeObject> {
  if (options.forceReplace) return replace(client, target, live);
  if (options.serverSide) {
    if (options.upgradeManager) await upgradeFieldManager(client, target, live, FIELD_MANAGER);
    return applyServerSide(client, target, options.forceConflicts ?? false);
  }
  return patchClientSide(client, original, target, live, options.threeWayForCustom ?? false);
}

async function applyServerSide(client: Client, target: KubeResource, force: boolean): Promise<KubeObject> {
  try {
    checkName(target);
    return await client.patch(target.resource, target.name, target.namespace, target.object, {
      type: 'apply',
      fieldManager: FIELD_MANAGER,
      fieldValidation: 'Strict',
      force,
    });
  } catch (error) {
    const why = (error as Error).message;
    if (error instanceof StatusError && error.code === 415)
      throw new Error(`server-side apply not available on the server: ${why}`, { cause: error });
    const what = isConflict(error) ? 'conflict occurred while applying object' : 'server-side apply failed for object';
    throw new Error(`${what} ${describeWithKind(target)}: ${why}`, { cause: error });
  }
}

async function replace(client: Client, target: KubeResource, live: KubeObject): Promise<KubeObject> {
  const { resourceVersion } = live.metadata;
  const object = { ...target.object, metadata: { ...target.object.metadata, resourceVersion } } as KubeObject;
  return client
    .update(target.resource, object, { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict' })
    .catch((error: unknown) => {
      throw new Error(`failed to replace object: ${(error as Error).message}`, { cause: error });
    });
}

async function patchClientSide(
  client: Client,
  original: KubeObject,
  target: KubeResource,
  live: KubeObject,
  threeWayForCustom: boolean,
): Promise<KubeObject> {
  const { type, patch } = clientSidePatch(original, target.object, live, threeWayForCustom);
  if (Object.keys(patch).length === 0) return live;
  return client
    .patch(target.resource, target.name, target.namespace, patch, { type, fieldManager: FIELD_MANAGER })
    .catch((error: unknown) => {
      const why = (error as Error).message;
      throw new Error(`cannot patch ${JSON.stringify(target.name)} with kind ${target.object.kind}: ${why}`, {
        cause: error,
      });
    });
}

/** Objects marked so stay when their release no longer has them. */
export const RESOURCE_POLICY = 'helm.sh/resource-policy';

async function deleteLeftOvers(
  client: Client,
  originals: KubeResource[],
  targets: KubeResource[],
  log: Logger,
): Promise<Error[]> {
  const wanted = new Set(targets.map(identityOf));
  const left = originals.filter((original) => !wanted.has(identityOf(original)));
  const errors = await inKindOrder(left, async (resource) => {
    const live = await readResource(resource, client).catch(() => undefined);
    if (live === undefined) return undefined;
    if (live.metadata.annotations?.[RESOURCE_POLICY] === 'keep') {
      log.debug('skipping delete due to annotation', { name: resource.name, kind: resource.object.kind });
      return undefined;
    }
    return deleteResource(client, resource).then(
      () => undefined,
      (error: unknown) => (isNotFound(error) ? undefined : deletionError(resource, error as Error)),
    );
  });
  return errors.filter((error) => error !== undefined);
}

const deletionError = ({ namespace, name, object }: KubeResource, cause: Error) =>
  new Error(
    `failed to delete resource namespace=${namespace ?? ''}, name=${name}, kind=${object.kind}: ${cause.message}`,
    { cause },
  );
