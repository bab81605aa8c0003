/** Custom resources: what a definition defines is served from the moment it is stored, and goes with it. */
import type { Condition } from '../api/conditions.ts';
import { cloneJson, type JsonObject } from '../api/json.ts';
import { type KubeObject, timestamp } from '../api/object.ts';
import { followGroupVersion } from './api-services.ts';
import type { Api, Draft } from './call.ts';
import { type CompiledCrd, type CompiledVersion, compileCrd } from './crd/compile.ts';
import { type Converter, createConverter } from './crd/conversion.ts';
import type { CustomResourceDefinition } from './crd/schema.ts';
import type { ResourceType } from './resources.ts';

const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

type Parts = Pick<Api, 'objects' | 'types' | 'clock' | 'log' | 'postJson'>;

/** Serves the definitions in the store, and those to come. */
export function serveCustomResources(api: Parts): void {
  const type = definitions(api);
  const follow = ({ spec }: KubeObject) => {
    for (const { name } of spec.versions) followGroupVersion(api, spec.group, name);
  };
  const serve = (definition: KubeObject) => {
    try {
      api.types.set(definition.metadata.name, typesOf(api, definition));
      follow(definition);
    } catch (error) {
      api.log.error('serve custom resource', { definition: definition.metadata.name, error });
    }
  };
  for (const definition of api.objects.all(type)) serve(definition);
  api.objects.observe((changed, object, deleted) => {
    if (changed.storage === type.storage) {
      if (!deleted) return serve(object);
      api.types.set(object.metadata.name, []);
      follow(object);
    } else if (deleted && changed.definition !== undefined) finishCleanup(api, changed.definition);
  });
}

const definitions = ({ types }: Pick<Parts, 'types'>): ResourceType =>
  types.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')!;

function typesOf(api: Parts, definition: KubeObject): ResourceType[] {
  const crd = definition as unknown as CustomResourceDefinition;
  const compiled = compileCrd(crd);
  const converter = createConverter(api, compiled, crd.spec.conversion);
  return compiled.versions
    .filter(({ served }) => served)
    .map((version) => toResourceType(crd, compiled, version, converter));
}

function toResourceType(
  { metadata, spec }: CustomResourceDefinition,
  { group, kind, namespaced, storage }: CompiledCrd,
  version: CompiledVersion,
  converter: Converter,
): ResourceType {
  const { plural, singular = kind.toLowerCase(), shortNames = [], categories = [], listKind } = spec.names;
  const part = { verbs: ['get', 'patch', 'update'] } as ResourceType['subresources'][string];
  return {
    group,
    version: version.name,
    resource: plural,
    kind,
    ...(listKind && { listKind }),
    singular,
    namespaced,
    verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    shortNames,
    categories,
    subresources: {
      ...(version.hasStatus && { status: part }),
      ...(version.scale && { scale: { ...part, group: 'autoscaling', version: 'v1', kind: 'Scale' } }),
    },
    storage: { group, version: storage.name, resource: plural },
    countsGeneration: true,
    virtual: false,
    definition: metadata.name,
    decode: version.decode,
    validate: version.validate,
    converter,
    mergeSchema: version.mergeSchema,
    ...(version.schema && { schema: version.schema as JsonObject }),
    ...(version.scale && { scale: version.scale }),
    hasRules: version.hasRules,
    ...(version.warning && { warning: version.warning }),
    columns: version.columns,
    selectable: version.selectable,
  };
}

/** A new definition is accepted and established at once: its names and its schema have been checked by then. */
export function establish(draft: Draft, { clock }: Pick<Parts, 'clock'>): void {
  const { names, versions } = draft['spec'];
  const now = timestamp(clock.now());
  draft.metadata.finalizers = [...new Set([...(draft.metadata.finalizers ?? []), CLEANUP])];
  draft['status'] = {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found', now),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted', now),
    ],
    acceptedNames: cloneJson(names),
    storedVersions: storedVersions(versions),
  };
}

const condition = (type: string, reason: string, message: string, now: string): Condition => ({
  type,
  status: 'True',
  lastTransitionTime: now,
  reason,
  message,
});

/** A changed definition keeps its conditions; its names and the versions ever stored follow. */
export function reestablish(draft: Draft): void {
  const { names, versions } = draft['spec'];
  const before: string[] = draft['status']?.storedVersions ?? [];
  draft['status'] = {
    ...draft['status'],
    acceptedNames: cloneJson(names),
    storedVersions: [...new Set([...before, ...storedVersions(versions)])],
  };
}

const storedVersions = (versions: { name: string; storage?: boolean }[] | null): string[] =>
  (versions ?? []).filter(({ storage }) => storage).map(({ name }) => name);

/** The objects of a definition in deletion go with it; those that finalizers hold keep it. */
export function cleanUp(api: Parts, definition: KubeObject): void {
  const type = servedType(api, definition.metadata.name);
  for (const object of type === undefined ? [] : api.objects.all(type)) {
    if (!object.metadata.finalizers?.length) api.objects.delete(type!, object);
    else if (object.metadata.deletionTimestamp === undefined) markDeleted(api, type!, object);
  }
  finishCleanup(api, definition.metadata.name);
}

const servedType = ({ types }: Parts, name: string): ResourceType | undefined =>
  types.all().find((type) => type.definition === name);

function markDeleted({ objects, clock }: Parts, type: ResourceType, object: KubeObject): void {
  const metadata = { ...object.metadata, deletionTimestamp: timestamp(clock.now()), deletionGracePeriodSeconds: 0 };
  objects.put(type, { ...object, metadata }, object);
}

/** Lets a definition in deletion go when the last of its objects has gone. */
function finishCleanup(api: Parts, name: string): void {
  const type = definitions(api);
  const definition = api.objects.get(type, '', name);
  if (definition?.metadata.deletionTimestamp === undefined) return;
  const served = servedType(api, name);
  if (served !== undefined && api.objects.all(served).length > 0) return;
  const finalizers = (definition.metadata.finalizers ?? []).filter((finalizer) => finalizer !== CLEANUP);
  if (finalizers.length === 0) api.objects.delete(type, definition);
  else api.objects.put(type, { ...definition, metadata: { ...definition.metadata, finalizers } }, definition);
}
