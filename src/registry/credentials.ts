/** Who one is to a registry: the files that helm and docker log in to, and docker's credential helpers. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseJson } from '../encoding/json.ts';

export interface Credential {
  username: string;
  password: string;
  /** In place of a password: what a registry's token service gives tokens for. */
  identityToken?: string;
}

interface ConfigFile {
  auths?: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>;
  credsStore?: string;
  credHelpers?: Record<string, string>;
  [other: string]: unknown;
}

const HELPER_NAME = /^[\w.-]+$/;
const HELPER_TIME = 30_000;
/** The user name by which helpers say that the secret is an identity token. */
const IDENTITY = '<token>';

/** Of the first of `paths` that knows the registry. The first is Helm's own; one of docker that is broken knows none. */
export function loadCredential([own = '', ...others]: readonly string[], registry: string): Credential | undefined {
  const found = credentialIn(readConfig(own), registry);
  for (const path of found === undefined ? others : [])
    try {
      return credentialIn(readConfig(path), registry);
    } catch {
      // as Helm: it is not ours
    }
  return found;
}

/** Docker's own registry goes by an older name. */
const keyOf = (registry: string): string =>
  registry === 'docker.io' || registry === 'registry-1.docker.io' ? 'https://index.docker.io/v1/' : registry;

function credentialIn(config: ConfigFile, registry: string): Credential | undefined {
  const key = keyOf(registry);
  const helper = config.credHelpers?.[key] ?? config.credsStore;
  if (helper) return askHelper(helper, key);
  const auths = config.auths ?? {};
  const entry = Object.hasOwn(auths, key) ? auths[key] : undefined;
  if (entry?.identitytoken) return { username: '', password: '', identityToken: entry.identitytoken };
  if (entry?.auth) return parseBasic(entry.auth);
  return entry?.username ? { username: entry.username, password: entry.password ?? '' } : undefined;
}

function parseBasic(auth: string): Credential | undefined {
  const text = Buffer.from(auth, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** `docker-credential-NAME get`, the registry on its standard input. */
function askHelper(name: string, registry: string): Credential | undefined {
  if (!HELPER_NAME.test(name)) throw new Error(`credential helper ${JSON.stringify(name)} has no proper name`);
  try {
    // A helper that answers without reading what it is given makes an error of the pipe, which says nothing.
    const { status, stdout } = spawnSync(`docker-credential-${name}`, ['get'], {
      input: registry,
      encoding: 'utf8',
      timeout: HELPER_TIME,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    if (status !== 0) return undefined;
    const { Username, Secret } = JSON.parse(stdout) as { Username?: string; Secret?: string };
    if (Username === undefined) return undefined;
    if (Username === IDENTITY) return { username: '', password: '', identityToken: Secret };
    return { username: Username, password: Secret ?? '' };
  } catch {
    return undefined; // the helper knows nothing of this registry, or is not there
  }
}

export function saveCredential(path: string, registry: string, { username, password }: Credential): void {
  const config = readConfig(path);
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  writeConfig(path, { ...config, auths: { ...config.auths, [keyOf(registry)]: { auth } } });
}

/** Nothing happens where it is not known, as with helm. */
export function removeCredential(path: string, registry: string): void {
  const config = readConfig(path);
  const { [keyOf(registry)]: gone, ...auths } = config.auths ?? {};
  if (gone !== undefined) writeConfig(path, { ...config, auths });
}

function readConfig(path: string): ConfigFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return {};
  }
  try {
    return parseJson(text) as ConfigFile;
  } catch (cause) {
    throw new Error(`failed to decode config file ${path}: invalid config format: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function writeConfig(path: string, config: ConfigFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(config, undefined, '\t')}`, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}
