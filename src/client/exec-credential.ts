/** Credentials that a program hands out, as kubeconfig's `exec` users have them: asked once, kept until they expire. */
import type { Clock } from '../clock.ts';
import type { ExecConfig } from './kubeconfig.ts';

export interface ExecCredential {
  token?: string;
  certificate?: string;
  key?: string;
}

/** Runs a command and answers its standard output; rejects when it fails. */
export type RunCommand = (
  command: string,
  args: string[],
  options: { env: Record<string, string | undefined>; interactive: boolean },
) => Promise<string>;

export interface ExecCredentials {
  get(): Promise<ExecCredential>;
  /** Forgets what is kept: the server refused it. */
  refresh(): void;
}

export interface ExecOptions {
  clock: Clock;
  /** The environment that the command inherits. */
  env?: Record<string, string | undefined>;
  /** Somebody is there to answer what the command asks. */
  isTerminal?(): boolean;
  /** What the command is told of the cluster, where it is to know it. */
  cluster?: Record<string, unknown>;
  run?: RunCommand;
}

const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/** Throws for a version that there is not. */
export function execCredentials(
  exec: ExecConfig,
  { clock, env: inherited, isTerminal = () => false, cluster, run = runCommand }: ExecOptions,
): ExecCredentials {
  const apiVersion = exec.apiVersion ?? '';
  if (!VERSIONS.includes(apiVersion)) throw new Error(`exec plugin: invalid apiVersion ${JSON.stringify(apiVersion)}`);
  let kept: { credential: ExecCredential; expires: number } | undefined;
  let asking: Promise<ExecCredential> | undefined;

  async function fetchCredential(): Promise<ExecCredential> {
    const interactive = exec.interactiveMode !== 'Never' && isTerminal();
    if (exec.interactiveMode === 'Always' && !interactive)
      throw new Error('exec plugin cannot support interactive mode: standard input is not a terminal');
    const env: Record<string, string | undefined> = { ...inherited };
    for (const { name, value } of exec.env ?? []) env[name] = value;
    const spec = { ...(exec.provideClusterInfo && { cluster }), interactive };
    env.KUBERNETES_EXEC_INFO = JSON.stringify({ kind: 'ExecCredential', apiVersion, spec });
    const command = exec.command ?? '';
    const output = await run(command, exec.args ?? [], { env, interactive }).catch((error: unknown) => {
      throw new Error(`exec: ${whyFailed(error, command, exec.installHint)}`, { cause: error });
    });
    const status = statusOf(output, apiVersion);
    const expires = status.expirationTimestamp ? Date.parse(status.expirationTimestamp) : Number.POSITIVE_INFINITY;
    const credential = {
      token: status.token,
      certificate: status.clientCertificateData,
      key: status.clientKeyData,
    };
    kept = { credential, expires };
    return credential;
  }

  return {
    async get() {
      if (kept && kept.expires > clock.now()) return kept.credential;
      // Requests at the same time ask together.
      asking ??= fetchCredential().finally(() => {
        asking = undefined;
      });
      return asking.catch((error: Error) => {
        throw new Error(`getting credentials: ${error.message}`, { cause: error });
      });
    },
    refresh: () => {
      kept = undefined;
    },
  };
}

const NOT_INSTALLED = `

It looks like you are trying to use a client-go credential plugin that is not installed.

To learn more about this feature, consult the documentation available at:
      https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins`;

const SYSTEM_ERRORS: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ENOEXEC: 'exec format error',
};

/** In the words of client-go, by which people look for help. */
function whyFailed(error: unknown, command: string, hint: string | undefined): string {
  const { code, message } = error as { code?: string | number; message: string };
  if (typeof code === 'number') return `executable ${command} failed with exit code ${code}`;
  if (code === 'ENOENT' && !command.includes('/'))
    return `executable ${command} not found${NOT_INSTALLED}${hint ? `\n\n${hint}` : ''}`;
  return SYSTEM_ERRORS[code ?? ''] ? `fork/exec ${command}: ${SYSTEM_ERRORS[code!]}` : message;
}

interface ExecStatus {
  token?: string;
  clientCertificateData?: string;
  clientKeyData?: string;
  expirationTimestamp?: string;
}

function statusOf(output: string, apiVersion: string): ExecStatus {
  let answer: { apiVersion?: string; status?: ExecStatus };
  try {
    answer = JSON.parse(output || '{}');
  } catch (error) {
    throw new Error(`decoding stdout: ${(error as Error).message}`, { cause: error });
  }
  const returned = answer?.apiVersion ?? 'client.authentication.k8s.io/__internal';
  if (returned !== apiVersion)
    throw new Error(`exec plugin is configured to use API version ${apiVersion}, plugin returned version ${returned}`);
  const { status } = answer;
  if (!status) throw new Error("exec plugin didn't return a status field");
  if (!status.token && !status.clientCertificateData && !status.clientKeyData)
    throw new Error("exec plugin didn't return a token or cert/key pair");
  if (!status.clientCertificateData !== !status.clientKeyData)
    throw new Error('exec plugin returned only certificate or key, not both');
  return status;
}

const MOST_OUTPUT = 1 << 20;

/** What the command says on its standard error is for the user to see. */
const runCommand: RunCommand = async (command, args, { env, interactive }) => {
  const { spawn } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'] });
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout!.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_OUTPUT) child.kill();
      else chunks.push(chunk);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
      else if (code === null) reject(new Error(`executable ${command} was ended by ${signal}`));
      else reject(Object.assign(new Error(`exit code ${code}`), { code }));
    });
  });
};
