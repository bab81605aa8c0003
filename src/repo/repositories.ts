/** repositories.yaml: the repositories the user has added, in Helm's own file, so that both tools share them. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseYaml, toYaml } from '../encoding/yaml.ts';
import { isMap, type Value } from '../template/value.ts';

export interface Repository {
  name: string;
  url: string;
  username: string;
  password: string;
  certFile: string;
  keyFile: string;
  caFile: string;
  insecure_skip_tls_verify: boolean;
  pass_credentials_all: boolean;
}

export const newRepository = (name: string, url: string, rest: Partial<Repository> = {}): Repository => ({
  name,
  url,
  username: '',
  password: '',
  certFile: '',
  keyFile: '',
  caFile: '',
  insecure_skip_tls_verify: false,
  pass_credentials_all: false,
  ...rest,
});

/** Those of the file; none where there is no file. */
export function loadRepositories(path: string): Repository[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`couldn't load repositories file (${path}): ${(error as Error).message}`, { cause: error });
  }
  const data = parseYaml(text);
  const list = isMap(data) && Array.isArray(data.repositories) ? data.repositories : [];
  return list.filter(isMap).map((entry) => newRepository('', '', entry as Partial<Repository>));
}

/** Those of the file. As Helm, for which a file that cannot be read is one without any. */
export function readableRepositories(path: string): Repository[] {
  try {
    return loadRepositories(path);
  } catch {
    return [];
  }
}

/** Writes the whole file or none of it; passwords in it are for its owner alone. */
export function saveRepositories(path: string, repositories: Repository[]): void {
  const file = { apiVersion: '', generated: '0001-01-01T00:00:00Z', repositories };
  writeAtomic(path, toYaml(file as unknown as Value), 0o600);
}

/** With those above it. Node's own `recursive` never returns below a folder that lets nothing be made, as /proc. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

let written = 0;

/** The file has its old content or all of the new, whoever else writes it. */
export function writeAtomic(path: string, data: string | Uint8Array, mode: number): void {
  makeFolder(dirname(path));
  const temporary = `${path}.${process.pid}-${written++}.tmp`;
  writeFileSync(temporary, data, { mode });
  chmodSync(temporary, mode);
  renameSync(temporary, path);
}
