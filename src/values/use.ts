/**
 * Which values a rendering looks at: the tree that templates get notes every path that is asked for. A rendering that
 * is not watched gets its plain tree and pays nothing.
 */
import { compareStrings, getKey, isMap, type Value, type ValueMap } from '../template/value.ts';

/** Paths of keys with dots between (`image.tag`; a dot within a key is `\.`), sorted. Lists are one value. */
export interface ValuesUse {
  /** What was looked at, found or not. */
  read: string[];
  /** What has a value, by the chart's default or the user's, and was not looked at. */
  unread: string[];
  /** What of it the user gave. */
  unreadOverrides: string[];
}

export class ValuesWatch {
  /** Paths of subcharts: `global` is the same for all of them. */
  readonly #subcharts: ReadonlySet<string>;
  readonly #asked = new Set<string>();
  readonly #maps = new Set<string>();
  /** The watched form of each map, and each of these by itself. */
  readonly #watched = new WeakMap<ValueMap, ValueMap>();

  constructor(subcharts: Iterable<string> = []) {
    this.#subcharts = new Set(['', ...subcharts]);
  }

  /** The tree for templates. They may change it: what they put in is watched as well. */
  watched(values: ValueMap, path = ''): ValueMap {
    const known = this.#watched.get(values);
    if (known !== undefined) return known;
    // Who lists keys asks for the description of each in turn, and has not looked at their values by that.
    let listed: (string | symbol)[] = [];
    const watched = new Proxy(values, {
      ownKeys: (map) => (listed = Reflect.ownKeys(map)).slice(),
      getOwnPropertyDescriptor: (map, key) => {
        if (listed[0] === key) listed.shift();
        else {
          listed = [];
          this.#ask(path, key);
        }
        return Reflect.getOwnPropertyDescriptor(map, key);
      },
      get: (map, key) => {
        if (typeof key === 'symbol' || !Object.hasOwn(map, key)) return Reflect.get(map, key);
        this.#ask(path, key);
        const value = map[key];
        if (!isMap(value)) return value;
        const below = this.#below(path, key);
        if (Object.keys(value).length > 0) this.#maps.add(below);
        return this.watched(value, below);
      },
    });
    this.#watched.set(values, watched);
    this.#watched.set(watched, watched);
    return watched;
  }

  /** Counts `path` as looked at. */
  ask(path: string): void {
    this.#asked.add(path);
  }

  #ask(path: string, key: string | symbol): void {
    if (typeof key === 'string') this.#asked.add(this.#below(path, key));
  }

  #below(path: string, key: string): string {
    return key === 'global' && this.#subcharts.has(path) ? key : joined(path, key);
  }

  /** `values` is the tree as it was before templates changed it, `overrides` what the user gave of it. */
  use(values: ValueMap, overrides: ValueMap): ValuesUse {
    const unreadIn = (tree: ValueMap) => [...this.#leaves(tree, '')].filter((path) => !this.#asked.has(path));
    return {
      read: sorted([...this.#asked].filter((path) => !this.#maps.has(path))),
      unread: sorted(unreadIn(values)),
      unreadOverrides: sorted(unreadIn(overrides)),
    };
  }

  *#leaves(tree: ValueMap, path: string): Generator<string> {
    for (const key of Object.keys(tree)) {
      const value: Value = getKey(tree, key);
      const below = this.#below(path, key);
      if (isMap(value) && Object.keys(value).length > 0) yield* this.#leaves(value, below);
      else yield below;
    }
  }
}

const joined = (path: string, key: string): string => {
  const shown = key.replaceAll('.', '\\.');
  return path === '' ? shown : `${path}.${shown}`;
};

const sorted = (paths: Iterable<string>): string[] => [...new Set(paths)].sort(compareStrings);
