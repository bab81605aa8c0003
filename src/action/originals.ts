/** What a release has in the cluster before it is changed. */
import { ownershipProblem } from '../kube/ownership.ts';
import { buildResources, identityOf, inKindOrder, type KubeResource, readResource } from '../kube/resource.ts';
import type { Release } from '../release/release.ts';
import type { ActionContext } from './context.ts';

/**
 * The objects of `base`, and those that revisions which did not succeed since have left: Helm forgets these, so that
 * nobody ever deletes them. Only what still belongs to the release counts.
 */
export async function originalsOf(context: ActionContext, base: Release, others: Release[]): Promise<KubeResource[]> {
  const { client, namespace, log } = context;
  const build = (release: Release) =>
    buildResources(client, release.manifest, namespace, { onVanished: (what) => log.warn('a kind is gone', { what }) });
  const originals = await build(base);
  for (const other of others) {
    if (other.revision === base.revision) continue;
    const known = new Set(originals.map(identityOf));
    const left = (await build(other)).filter((one) => !known.has(identityOf(one)));
    originals.push(...(await ownedOf(context, left, base)));
  }
  return originals;
}

async function ownedOf(
  { client }: ActionContext,
  resources: KubeResource[],
  release: Release,
): Promise<KubeResource[]> {
  const owned = await inKindOrder(resources, async (resource) => {
    const live = await readResource(resource, client).catch(() => undefined);
    return live && ownershipProblem(live, release) === undefined ? [resource] : [];
  });
  return owned.flat();
}
