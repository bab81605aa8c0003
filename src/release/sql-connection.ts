/** From the connection string of the SQL driver to a connection, as Helm's PostgreSQL client reads and words it. */
import { readFileSync } from 'node:fs';
import { dialError } from '../client/dial-error.ts';
import { lazily } from '../encoding/lazy.ts';

/** What is used of `pg`. */
export interface Database {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[]; rowCount: number | null }>;
  end(): Promise<void>;
}

interface PgModule {
  Client: new (
    config: Record<string, unknown>,
  ) => Database & {
    connect(): Promise<void>;
    on(event: 'error', listener: (error: Error) => void): void;
  };
}

const pg = lazily('pg', () => require('pg') as PgModule);

type Parameters = Record<string, string>;

type Client = InstanceType<PgModule['Client']>;

/** Throws what is wrong with the text, or why there is no connection. One that is lost is made again when it is needed. */
export async function connectDatabase(
  text: string,
  variables: Record<string, string | undefined> = {},
): Promise<Database> {
  const given = { ...fromVariables(variables), ...parseConnectionString(text) };
  let isLost = false;
  const open = async (): Promise<Client> => {
    const opened = await openClient(given);
    isLost = false;
    opened.on('error', () => {
      isLost = true;
    });
    return opened;
  };
  let client = await open();
  return {
    async query(statement, values) {
      if (isLost) client = await open();
      try {
        return await client.query(statement, values);
      } catch (error) {
        // What the server says of a statement has its severity; the rest is about the connection.
        if ((error as { severity?: string }).severity !== 'ERROR') isLost = true;
        throw error;
      }
    },
    end: () => client.end(),
  };
}

async function openClient(given: Parameters): Promise<Client> {
  const attempts = tlsAttempts(given);
  for (const [i, ssl] of attempts.entries()) {
    const client = new (pg().Client)(clientConfig(given, ssl));
    // What goes wrong while it connects is told by that; after, it is lost.
    client.on('error', () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      if (i === attempts.length - 1) throw worded(error, given);
    }
  }
  throw new Error('no way to connect was tried');
}

/** A URL, or `key=value` pairs whose values may stand in single quotes. */
export function parseConnectionString(text: string): Parameters {
  return /^postgres(ql)?:\/\//.test(text) ? fromUrl(text) : fromPairs(text);
}

function fromUrl(text: string): Parameters {
  const refuse = (why: string) => new Error(`parse ${JSON.stringify(text)}: ${why}`);
  const port = /^[^/]*\/\/[^/?]*?(:[^:@/?\]]*)(?:[/?]|$)/.exec(text)?.[1] ?? '';
  if (/:.*\D/.test(port) && !text.slice(0, text.indexOf(port)).endsWith('//'))
    throw refuse(`invalid port ${JSON.stringify(port)} after host`);
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new Error(`parse ${JSON.stringify(text)}: invalid URL`, { cause: error });
  }
  const parts: Parameters = {
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ''),
    port: url.port,
    dbname: decodeURIComponent(url.pathname.slice(1)),
  };
  const named = Object.entries(parts).filter(([, value]) => value !== '');
  return Object.fromEntries([...named, ...url.searchParams]);
}

function fromPairs(text: string): Parameters {
  const pairs: Parameters = {};
  const pair = /\s*([^\s=]+)(\s*=\s*(?:'((?:[^'\\]|\\[\s\S])*)'|((?:[^\s\\']|\\[\s\S])*)))?/y;
  while (text.slice(pair.lastIndex).trim() !== '') {
    const [, key, assigned, quoted, plain] = pair.exec(text) ?? [];
    if (key === undefined || assigned === undefined)
      throw new Error(`missing "=" after ${JSON.stringify(key ?? text)} in connection info string`);
    pairs[key] = (quoted ?? plain ?? '').replace(/\\([\s\S])/g, '$1');
  }
  return pairs;
}

const VARIABLES: Record<string, string> = {
  PGHOST: 'host',
  PGPORT: 'port',
  PGUSER: 'user',
  PGPASSWORD: 'password',
  PGDATABASE: 'dbname',
  PGSSLMODE: 'sslmode',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGSSLROOTCERT: 'sslrootcert',
  PGCONNECT_TIMEOUT: 'connect_timeout',
  PGAPPNAME: 'application_name',
  PGOPTIONS: 'options',
};

const fromVariables = (variables: Record<string, string | undefined>): Parameters =>
  Object.fromEntries(
    Object.entries(VARIABLES).flatMap(([variable, key]) => (variables[variable] ? [[key, variables[variable]]] : [])),
  );

/** Not for the server, or with a place of their own in the configuration. */
const OWN = new Set([...Object.values(VARIABLES), 'fallback_application_name']);

/** What no place is known for is a setting of the session, which the server takes or refuses. */
function clientConfig(given: Parameters, ssl: unknown): Record<string, unknown> {
  const settings = Object.entries(given).filter(([key]) => !OWN.has(key));
  const options = [given.options, ...settings.map(([key, value]) => `-c ${key}=${value.replace(/([\\ ])/g, '\\$1')}`)];
  return {
    host: given.host || 'localhost',
    port: Number(given.port || 5432),
    user: given.user,
    password: given.password,
    database: given.dbname || given.user,
    application_name: given.application_name ?? given.fallback_application_name,
    options: options.filter((option) => option).join(' ') || undefined,
    connectionTimeoutMillis: Number(given.connect_timeout ?? 0) * 1000,
    ssl,
  };
}

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-full', 'verify-ca'];

/** What is tried in turn: without TLS where it is `false`. */
function tlsAttempts(given: Parameters): unknown[] {
  const mode = given.sslmode || 'require';
  if (!MODES.includes(mode))
    throw new Error(
      `pq: wrong value for "sslmode": ${JSON.stringify(mode)} is not supported; supported values are ${MODES.slice(0, -1).join(', ')}, or ${MODES.at(-1)}`,
    );
  if (mode === 'disable' || given.host?.startsWith('/')) return [false];
  const file = (path: string | undefined) => (path ? readFileSync(path, 'utf8') : undefined);
  const isVerified = mode.startsWith('verify-') || (mode === 'require' && given.sslrootcert !== undefined);
  const tls = {
    ca: file(given.sslrootcert),
    cert: file(given.sslcert),
    key: file(given.sslkey),
    rejectUnauthorized: isVerified,
    ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
  };
  if (mode === 'prefer') return [tls, false];
  return mode === 'allow' ? [false, tls] : [tls];
}

/** What the server says, with its code; why there is no connection, as Go says it. */
export function worded(error: unknown, { host = 'localhost', port = '5432' }: Parameters = {}): Error {
  const { code = '', message, severity } = error as { code?: string; message: string; severity?: string };
  const said = () => {
    if (severity !== undefined) return `pq: ${message} (${code})`;
    if (message === 'The server does not support SSL connections') return 'pq: SSL is not enabled on the server';
    if (host.startsWith('/') && code === 'ENOENT')
      return `dial unix ${host}/.s.PGSQL.${port}: connect: no such file or directory`;
    return dialError(error, host, port);
  };
  return new Error(said(), { cause: error });
}
