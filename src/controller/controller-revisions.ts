/** ControllerRevisions: the templates that a StatefulSet or DaemonSet had, numbered, found again by their content. */
import { equalJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import { isAlreadyExists } from '../api/status.ts';
import { CONTROLLER_REVISIONS } from '../client/resources.ts';
import type { ControllerContext } from './controller.ts';
import { indexByController, ownedBy, ownerReference } from './ownership.ts';
import { templateHash } from './template-hash.ts';

export const REVISION_HASH = 'controller-revision-hash';

/** Where the hash stands on a revision itself: daemon sets have a label of their own. */
const HASH_LABELS: Record<string, string> = { StatefulSet: 'controller.kubernetes.io/hash' };

export interface Revisions {
  /** What the pods are to become. */
  update: KubeObject;
  all: KubeObject[];
  /** Changed when a new name was needed to avoid another's. */
  collisions: number;
}

export function watchRevisions(context: ControllerContext): void {
  indexByController(context.informer(CONTROLLER_REVISIONS));
}

/** Finds or makes the revision of the owner's present template, which becomes the highest. */
export async function syncRevisions(context: ControllerContext, owner: KubeObject): Promise<Revisions> {
  const all = ownedBy(context.informer(CONTROLLER_REVISIONS), owner).sort((a, b) => a.revision - b.revision);
  const data = dataOf(owner);
  const highest = all.at(-1)?.revision ?? 0;
  let collisions: number = owner.status?.collisionCount ?? 0;
  const known = all.findLast((revision) => equalJson(revision.data, data));
  if (known && known.revision === highest) return { update: known, all, collisions };
  if (known) {
    // Rolled back to: an old template becomes the newest revision again.
    const update = await context.client.update<KubeObject>(CONTROLLER_REVISIONS, { ...known, revision: highest + 1 });
    return { update, all: [...all.filter((revision) => revision !== known), update], collisions };
  }
  for (;;) {
    const hash = templateHash(data, collisions);
    try {
      const update = await context.client.create(CONTROLLER_REVISIONS, revisionOf(owner, data, hash, highest + 1));
      return { update, all: [...all, update], collisions };
    } catch (error) {
      if (!isAlreadyExists(error) || collisions > 100) throw error;
      collisions++;
    }
  }
}

/** Deletes the oldest revisions that no pod has, beyond the history that is kept. */
export async function trimRevisions(
  { client }: ControllerContext,
  { all, update }: Revisions,
  used: Set<string>,
  limit: number,
): Promise<void> {
  const unused = all.filter((revision) => revision !== update && !used.has(revision.metadata.name));
  for (const { metadata } of unused.slice(0, Math.max(0, unused.length - limit)))
    await client.delete(CONTROLLER_REVISIONS, metadata.name, metadata.namespace);
}

/** As kubectl reads it for `rollout history` and `undo`: a patch that replaces the template. */
const dataOf = ({ spec }: KubeObject) => ({ spec: { template: { ...spec.template, $patch: 'replace' } } });

export const templateOf = (revision: KubeObject): KubeObject => {
  const { $patch: _, ...template } = revision.data.spec.template;
  return template;
};

function revisionOf(owner: KubeObject, data: object, hash: string, revision: number): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${owner.metadata.name}-${hash}`,
      namespace: owner.metadata.namespace,
      labels: { ...owner.spec.template.metadata?.labels, [HASH_LABELS[owner.kind] ?? REVISION_HASH]: hash },
      ...(owner.metadata.annotations && { annotations: owner.metadata.annotations }),
      ownerReferences: [ownerReference(owner)],
    },
    data,
    revision,
  };
}
