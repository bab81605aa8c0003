/** A PostgreSQL of the machine, started for a test in a folder of its own. Undefined where there is none installed. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

export interface Postgres {
  port: number;
  /** Its socket's folder. */
  folder: string;
  stop(): Promise<void>;
}

const run = promisify(execFile);

/** Where `initdb` and `postgres` are: on the path, or where Debian keeps each version. */
export function postgresPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : [];
  return [...versions, ...(process.env.PATH ?? '').split(delimiter)].find((folder) =>
    ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))),
  );
}

/** It trusts whoever comes by its socket or the loopback; its superuser is `helm`, its database `postgres`. */
export async function startPostgres(): Promise<Postgres> {
  const programs = postgresPrograms()!;
  const folder = mkdtempSync(join(tmpdir(), 'portolan-pg-'));
  const identity = process.getuid?.() === 0 ? unprivileged() : {};
  if ('uid' in identity) chownSync(folder, identity.uid!, identity.gid!);
  const options = { cwd: folder, ...identity };
  const data = join(folder, 'data');
  await run(join(programs, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'helm', '--no-sync', '-E', 'UTF8'], options);
  const port = await freePort();
  const words = ['-D', data, '-k', folder, '-h', '127.0.0.1', '-p', String(port), '-F'];
  const server = spawn(join(programs, 'postgres'), words, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => server.on('exit', () => resolve()));
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr!.on('data', (chunk: Buffer) => {
      said += chunk;
      if (/ready to accept connections/.test(said)) resolve();
    });
    ended.then(() => reject(new Error(`postgres ended: ${said}`)));
  });
  return {
    port,
    folder,
    async stop() {
      server.kill('SIGQUIT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** It refuses to run as root. */
function unprivileged(): { uid?: number; gid?: number } {
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return { uid: 65534, gid: 65534 };
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
