/** Empties a namespace that is being deleted, tells what is left in it, and lets it go when nothing is. */
import { type Condition, setCondition } from '../api/conditions.ts';
import { equalJson } from '../api/json.ts';
import { type KubeObject, timestamp } from '../api/object.ts';
import { ignoreNotFound } from '../api/status.ts';
import { EVENTS, NAMESPACES } from '../client/resources.ts';
import type { Resource } from '../client/types.ts';
import type { AllResources } from './all-resources.ts';
import type { ControllerContext, ControllerDefinition } from './controller.ts';

export const namespaceController = (all: AllResources): ControllerDefinition => ({
  name: 'namespace-controller',
  component: 'namespace-controller',
  setUp(context) {
    const namespaces = context.informer(NAMESPACES);
    namespaces.onChange(({ object }) => {
      if (object.metadata.deletionTimestamp) context.enqueue(object.metadata.name);
    });
    all.onChange(({ type, object }) => {
      const { namespace } = object.metadata;
      if (!namespace || !namespaces.get(namespace)?.metadata.deletionTimestamp) return;
      if (type !== 'modified' || object.metadata.finalizers?.length) context.enqueue(namespace);
    });
    return async (key) => {
      await all.ready;
      const namespace = namespaces.byKey(key);
      if (namespace?.metadata.deletionTimestamp) await empty(context, all, namespace);
    };
  },
});

async function empty(context: ControllerContext, all: AllResources, namespace: KubeObject): Promise<void> {
  const { name } = namespace.metadata;
  for (const { resource, object } of contentOf(all, name))
    if (!object.metadata.deletionTimestamp)
      await context.client
        .delete(resource, object.metadata.name, name, { propagationPolicy: 'Background' })
        .catch(ignoreNotFound);
  const left = contentOf(all, name);
  if (left.length > 0) return tellWhatIsLeft(context, namespace, left);
  await context.client.deleteCollection(EVENTS, { namespace: name }).catch(ignoreNotFound);
  const finalizers = (namespace.spec?.finalizers ?? []).filter((each: string) => each !== 'kubernetes');
  await context.client
    .update(NAMESPACES, { ...namespace, spec: { ...namespace.spec, finalizers } }, { subresource: 'finalize' })
    .catch(ignoreNotFound);
}

interface Content {
  resource: Resource;
  object: KubeObject;
}

const contentOf = (all: AllResources, namespace: string): Content[] =>
  [...all.informers.values()]
    .filter(({ resource }) => resource.namespaced)
    .flatMap(({ resource, informer }) => informer.list(namespace).map((object) => ({ resource, object })));

async function tellWhatIsLeft(
  { client, clock }: ControllerContext,
  namespace: KubeObject,
  left: Content[],
): Promise<void> {
  const kinds = count(left.map(({ resource: { resource, group } }) => `${resource}.${group}`));
  const finalizers = count(left.flatMap(({ object }) => object.metadata.finalizers ?? []));
  const lastTransitionTime = timestamp(clock.now());
  const rows: Omit<Condition, 'lastTransitionTime'>[] = [
    good('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
    good(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    good(
      'NamespaceDeletionContentFailure',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    {
      type: 'NamespaceContentRemaining',
      status: 'True',
      reason: 'SomeResourcesRemain',
      message: `Some resources are remaining: ${kinds.map(([kind, n]) => `${kind} has ${n} resource instances`).join(', ')}`,
    },
    finalizers.length === 0
      ? good('NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished')
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${finalizers.map(([f, n]) => `${f} in ${n} resource instances`).join(', ')}`,
        },
  ];
  let conditions: Condition[] = namespace.status?.conditions ?? [];
  for (const row of rows) conditions = setCondition(conditions, { ...row, lastTransitionTime });
  if (equalJson(conditions, namespace.status?.conditions ?? [])) return;
  const status = { ...namespace.status, conditions };
  await client.update(NAMESPACES, { ...namespace, status }, { subresource: 'status' }).catch(ignoreNotFound);
}

const good = (type: string, reason: string, message: string) => ({ type, status: 'False' as const, reason, message });

function count(names: string[]): [name: string, count: number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
