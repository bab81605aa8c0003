/** Which release an object belongs to: the label and the annotations that say so. */
import type { KubeObject } from '../api/object.ts';
import { isNotFound } from '../api/status.ts';
import type { Client } from '../client/types.ts';
import { atOnce, describeResource, isNameGenerated, type KubeResource, readResource } from './resource.ts';

export interface Owner {
  name: string;
  namespace: string;
}

const LABEL = 'app.kubernetes.io/managed-by';
const RELEASE_NAME = 'meta.helm.sh/release-name';
const RELEASE_NAMESPACE = 'meta.helm.sh/release-namespace';

export const markOwned = (resources: KubeResource[], owner: Owner): KubeResource[] =>
  resources.map((resource) => ({ ...resource, object: withOwner(resource.object, owner) }));

const withOwner = (object: KubeObject, { name, namespace }: Owner): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    labels: { ...object.metadata.labels, [LABEL]: 'Helm' },
    annotations: { ...object.metadata.annotations, [RELEASE_NAME]: name, [RELEASE_NAMESPACE]: namespace },
  },
});

/**
 * Those of `resources` that exist. Throws for the first that belongs to no release or to another one, unless ownership
 * is to be taken.
 */
export async function existingResources(
  client: Client,
  resources: KubeResource[],
  owner: Owner,
  { takeOwnership = false } = {},
): Promise<KubeResource[]> {
  const found = await atOnce(resources, async (resource) => {
    if (isNameGenerated(resource)) return undefined;
    const live = await lookUp(client, resource);
    const problem = live && !takeOwnership ? ownershipProblem(live, owner) : undefined;
    return { resource, live, problem };
  });
  const foreign = found.find((entry) => entry?.problem !== undefined);
  if (foreign)
    throw new Error(
      `${describeResource(foreign.resource)} exists and cannot be imported into the current release: ${foreign.problem}`,
    );
  return found.flatMap((entry) => (entry?.live ? [entry.resource] : []));
}

async function lookUp(client: Client, resource: KubeResource): Promise<KubeObject | undefined> {
  try {
    return await readResource(resource, client);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    const why = (error as Error).message;
    throw new Error(`could not get information about the resource ${describeResource(resource)}: ${why}`, {
      cause: error,
    });
  }
}

/** What an object lacks to belong to `owner`, in Helm's words. */
export function ownershipProblem(object: KubeObject, { name, namespace }: Owner): string | undefined {
  const { labels = {}, annotations = {} } = object.metadata;
  const problems = [
    missing('label', labels, LABEL, 'Helm'),
    missing('annotation', annotations, RELEASE_NAME, name),
    missing('annotation', annotations, RELEASE_NAMESPACE, namespace),
  ].filter((problem) => problem !== undefined);
  return problems.length === 0 ? undefined : `invalid ownership metadata; ${problems.join('; ')}`;
}

function missing(what: string, map: Record<string, string>, key: string, wanted: string): string | undefined {
  const quoted = JSON.stringify;
  if (!Object.hasOwn(map, key))
    return `${what} validation error: missing key ${quoted(key)}: must be set to ${quoted(wanted)}`;
  if (map[key] === wanted) return undefined;
  return `${what} validation error: key ${quoted(key)} must equal ${quoted(wanted)}: current value is ${quoted(map[key])}`;
}
