/** From rendered files to what is applied: documents in install order, and hooks. */
import { baseName } from '../archive/path.ts';
import { decodeStruct, type StructShape } from '../encoding/struct.ts';
import { parseYaml } from '../encoding/yaml.ts';
import { type Logger, silentLog } from '../log.ts';
import { compareStrings, type Value } from '../template/value.ts';
import { INSTALL_ORDER, sortByKind } from './order.ts';
import { splitManifests, type Trim, trimSpace } from './split.ts';

/** What Helm reads of a document. Fields that are missing are empty. */
export interface ManifestHead {
  apiVersion: string;
  kind: string;
  metadata?: { name: string; annotations: Record<string, string> };
}

/** A document, and the rendered file that it comes from. */
export interface Manifest {
  path: string;
  content: string;
  head: ManifestHead;
  /** The document as read, with float64 numbers: not to be changed. */
  object: Value;
}

const HOOK_EVENTS = [
  'pre-install',
  'post-install',
  'pre-delete',
  'post-delete',
  'pre-upgrade',
  'post-upgrade',
  'pre-rollback',
  'post-rollback',
  'test',
] as const;
export type HookEvent = (typeof HOOK_EVENTS)[number];

/** A document that runs at a moment of a release's life and is no part of it. Helm's JSON has the same fields. */
export interface Hook {
  name: string;
  kind: string;
  path: string;
  manifest: string;
  events: HookEvent[];
  weight: number;
  deletePolicies: string[];
  outputLogPolicies: string[];
}

export interface SortOptions {
  order?: readonly string[];
  trim?: Trim;
  log?: Logger;
}

/** The documents of all files in the order of their kinds, hooks apart. Partials and empty files give none. */
export function toManifests(
  files: ReadonlyMap<string, string>,
  { order = INSTALL_ORDER, trim = 'left', log = silentLog }: SortOptions = {},
): { manifests: Manifest[]; hooks: Hook[] } {
  const manifests: Manifest[] = [];
  const hooks: Hook[] = [];
  for (const path of [...files.keys()].sort(compareStrings)) {
    if (baseName(path).startsWith('_')) continue;
    for (const content of splitManifests(files.get(path)!, trim)) {
      const manifest = readManifest(path, content);
      const hookTypes = manifest.head.metadata?.annotations[HOOK];
      if (hookTypes === undefined) manifests.push(manifest);
      else {
        const hook = toHook(manifest, hookTypes);
        if (hook === undefined) log.info('skipping unknown hooks', { hookTypes });
        else hooks.push(hook);
      }
    }
  }
  return {
    manifests: sortByKind(manifests, (manifest) => manifest.head.kind, order),
    hooks: sortByKind(hooks, (hook) => hook.kind, order),
  };
}

const HOOK = 'helm.sh/hook';

const HEAD: StructShape = {
  struct: 'util.SimpleHead',
  fields: {
    apiVersion: 'string',
    kind: 'string',
    metadata: {
      struct: '',
      type: String.raw`struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }`,
      pointer: true,
      fields: { name: 'string', annotations: { map: 'string' } },
    },
  },
};

/** A document that cannot be read. */
export class ManifestError extends Error {
  readonly path: string;
  readonly content: string;
  constructor(path: string, content: string, cause: Error) {
    super(`YAML parse error on ${path}: ${cause.message}`, { cause });
    this.name = 'ManifestError';
    this.path = path;
    this.content = content;
  }
}

/** Reads a document. Throws ManifestError with Helm's words for YAML that is none. */
function readManifest(path: string, content: string): Manifest {
  try {
    const object = parseYaml(content);
    return { path, content, object, head: readHead(object) };
  } catch (error) {
    throw new ManifestError(path, content, error as Error);
  }
}

function readHead(object: Value): ManifestHead {
  const { apiVersion, kind, metadata } = decodeStruct(HEAD, object) as Partial<ManifestHead>;
  return {
    apiVersion: apiVersion ?? '',
    kind: kind ?? '',
    ...(metadata && { metadata: { name: metadata.name ?? '', annotations: metadata.annotations ?? {} } }),
  };
}

/** Undefined where an event is unknown: Helm then drops the whole document. */
function toHook({ head, path, content }: Manifest, hookTypes: string): Hook | undefined {
  const events: HookEvent[] = [];
  for (const word of words(hookTypes)) {
    const event = word === 'test-success' ? 'test' : HOOK_EVENTS.find((known) => known === word);
    if (event === undefined) return undefined;
    events.push(event);
  }
  const { name, annotations } = head.metadata!;
  return {
    name,
    kind: head.kind,
    path,
    manifest: content,
    events,
    weight: parseWeight(annotations['helm.sh/hook-weight']),
    deletePolicies: words(annotations['helm.sh/hook-delete-policy']),
    outputLogPolicies: words(annotations['helm.sh/hook-output-log-policy']),
  };
}

const words = (list: string | undefined): string[] =>
  list === undefined ? [] : list.split(',').map((word) => trimSpace(word).toLowerCase());

/** As strconv.Atoi, and 0 where that fails. */
function parseWeight(text = ''): number {
  if (!/^[+-]?\d+$/.test(text)) return 0;
  const weight = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, weight) === weight ? Number(weight) : 0;
}
