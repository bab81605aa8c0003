/** The resources served now: the built-in ones and those that custom resource definitions add and take away. */
import { builtinResources, type ResourceType } from './resources.ts';

export interface ResourceTypes {
  find(group: string, version: string, resource: string): ResourceType | undefined;
  /** The type that keeps objects of a kind, whatever the version. */
  findKind(group: string, kind: string): ResourceType | undefined;
  all(): readonly ResourceType[];
  /** Replaces what stands under `owner`; an empty list takes it away. */
  set(owner: string, types: ResourceType[]): void;
  /** Changes with every `set`, for what is computed from all types. */
  readonly generation: number;
}

export function createResourceTypes(): ResourceTypes {
  const owned = new Map<string, ResourceType[]>([['', builtinResources]]);
  let every: ResourceType[] = [];
  let byName = new Map<string, ResourceType[]>();
  let byKind = new Map<string, ResourceType>();
  let generation = 0;

  const index = () => {
    every = [...owned.values()].flat();
    byName = new Map();
    for (const type of every) byName.set(type.resource, [...(byName.get(type.resource) ?? []), type]);
    // Earlier rows win: a group's preferred version stands first.
    byKind = new Map(every.toReversed().map((type) => [`${type.group}/${type.kind}`, type]));
    generation++;
  };
  index();

  return {
    // No text is put together to look for: every request asks several times.
    find: (group, version, resource) =>
      byName.get(resource)?.find((type) => type.group === group && type.version === version),
    findKind: (group, kind) => byKind.get(`${group}/${kind}`),
    all: () => every,
    set(owner, types) {
      if (types.length === 0) owned.delete(owner);
      else owned.set(owner, types);
      index();
    },
    get generation() {
      return generation;
    },
  };
}
