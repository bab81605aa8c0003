/** Kubeconfig files: read, merged as client-go merges them, with relative paths made absolute. */
import { dirname, isAbsolute, join } from 'node:path';
import { parseYaml } from '../encoding/yaml.ts';

export interface Kubeconfig {
  currentContext: string;
  contexts: Map<string, KubeContext>;
  clusters: Map<string, KubeCluster>;
  users: Map<string, KubeUser>;
}

export interface KubeContext {
  cluster?: string;
  user?: string;
  namespace?: string;
}

export interface KubeCluster {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'tls-server-name'?: string;
  'proxy-url'?: string;
  extensions?: { name?: string; extension?: unknown }[] | null;
}

export interface KubeUser {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  as?: string;
  'as-uid'?: string;
  'as-groups'?: string[];
  'as-user-extra'?: Record<string, string[]>;
  exec?: ExecConfig;
  'auth-provider'?: { name?: string };
}

export interface ExecConfig {
  apiVersion?: string;
  command?: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  installHint?: string;
  provideClusterInfo?: boolean;
  /** `Never`, `IfAvailable` or `Always`; it must be said for v1. */
  interactiveMode?: string;
}

export interface KubeconfigFiles {
  /** `--kubeconfig`: the only file read, and it must exist. */
  explicit?: string;
  /** `$KUBECONFIG`, its entries separated by `separator`; files that do not exist are passed over. */
  variable?: string;
  /** Where neither names a file: `~/.kube/config`. */
  fallback?: string;
  separator?: string;
  /** Throws as node:fs does, with `code` ENOENT for a file that is not there. */
  readFile(path: string): string;
}

export const emptyKubeconfig = (): Kubeconfig => ({
  currentContext: '',
  contexts: new Map(),
  clusters: new Map(),
  users: new Map(),
});

/** All files as one: of two that name the same thing the first wins. Throws client-go's words. */
export function loadKubeconfig(files: KubeconfigFiles): Kubeconfig {
  const merged = emptyKubeconfig();
  for (const path of kubeconfigPaths(files)) {
    const text = readIfThere(files, path);
    if (text === undefined) continue;
    const next = parseKubeconfig(text, path);
    merged.currentContext ||= next.currentContext;
    for (const part of ['contexts', 'clusters', 'users'] as const)
      for (const [name, entry] of next[part])
        if (!merged[part].has(name)) (merged[part] as Map<string, unknown>).set(name, entry);
  }
  return merged;
}

function kubeconfigPaths({ explicit, variable, fallback, separator = ':' }: KubeconfigFiles): string[] {
  if (explicit) return [explicit];
  const listed = (variable ?? '').split(separator).filter((path) => path !== '');
  return listed.length > 0 ? [...new Set(listed)] : fallback ? [fallback] : [];
}

function readIfThere({ explicit, readFile }: KubeconfigFiles, path: string): string | undefined {
  try {
    return readFile(path);
  } catch (error) {
    const missing = (error as { code?: string }).code === 'ENOENT';
    if (missing && path !== explicit) return undefined;
    if (missing) throw new Error(`stat ${path}: no such file or directory`, { cause: error });
    throw new Error(`error loading config file "${path}": ${(error as Error).message}`, { cause: error });
  }
}

/** One file's text. `path` names it in errors and is what its relative paths are relative to. */
export function parseKubeconfig(text: string, path: string): Kubeconfig {
  const file = decode(text, path);
  return {
    currentContext: stringOr(file['current-context'], ''),
    contexts: named<KubeContext>(file.contexts, 'context'),
    clusters: mapValues(named<KubeCluster>(file.clusters, 'cluster'), (cluster) =>
      absolute(cluster, path, ['certificate-authority']),
    ),
    users: mapValues(named<KubeUser>(file.users, 'user'), (user) =>
      withExecPath(absolute(user, path, ['client-certificate', 'client-key', 'tokenFile']), path),
    ),
  };
}

function decode(text: string, path: string): Record<string, unknown> {
  try {
    const value = parseYaml(text) ?? {};
    if (typeof value !== 'object' || Array.isArray(value))
      throw new Error("couldn't get version/kind; json parse error");
    return value as Record<string, unknown>;
  } catch (error) {
    const why = (error as Error).message.replace(/^error converting YAML to JSON: /, '');
    throw new Error(`error loading config file "${path}": ${why}`, { cause: error });
  }
}

/** `[{ name, [field]: … }]` as a map; the first of a name wins, as when files are merged. */
function named<T>(list: unknown, field: string): Map<string, T> {
  const map = new Map<string, T>();
  if (!Array.isArray(list)) return map;
  for (const item of list as Record<string, unknown>[]) {
    const name = item?.name;
    if (typeof name === 'string' && !map.has(name)) map.set(name, (item[field] ?? {}) as T);
  }
  return map;
}

const mapValues = <T>(map: Map<string, T>, change: (value: T) => T): Map<string, T> =>
  new Map([...map].map(([name, value]) => [name, change(value)]));

function absolute<T extends object>(entry: T, path: string, fields: (keyof T)[]): T {
  const copy = { ...entry };
  for (const field of fields) {
    const value = copy[field];
    if (typeof value === 'string' && value !== '' && !isAbsolute(value))
      copy[field] = join(dirname(path), value) as T[typeof field];
  }
  return copy;
}

/** A plugin's command with a slash in it is a path beside the file; without one it is looked up in PATH. */
function withExecPath(user: KubeUser, path: string): KubeUser {
  const command = user.exec?.command;
  if (!command?.includes('/') || isAbsolute(command)) return user;
  return { ...user, exec: { ...user.exec, command: join(dirname(path), command) } };
}

const stringOr = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);
