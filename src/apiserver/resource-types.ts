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
  let byPath = new Map<string, ResourceType>();
  let byKind = new Map<string, ResourceType>();
  let generation = 0;

  const index = () => {
    every = [...owned.values()].flat();
    byPath = new Map(every.map((type) => [pathOf(type.group, type.version, type.resource), type]));
    // Earlier rows win: a group's preferred version stands first.
    byKind = new Map(every.toReversed().map((type) => [`${type.group}/${type.kind}`, type]));
    generation++;
  };
  index();

  return {
    find: (group, version, resource) => byPath.get(pathOf(group, version, resource)),
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

const pathOf = (group: string, version: string, resource: string): string => `${group}/${version}/${resource}`;
