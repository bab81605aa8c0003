/** Credentials that a program hands out, as kubeconfig's `exec` users have them: asked once, kept until they expire. */
import type { Clock } from '../clock.ts';
import type { ExecConfig } from './kubeconfig.ts';

export interface ExecCredential {
  token?: string;
  certificate?: string;
  key?: string;
}

/** Runs a command and answers its standard output; rejects when it fails. */
export type RunCommand = (command: string, args: string[], env: Record<string, string | undefined>) => Promise<string>;

export interface ExecCredentials {
  get(): Promise<ExecCredential>;
  /** Forgets what is kept: the server refused it. */
  refresh(): void;
}

export interface ExecOptions {
  clock: Clock;
  /** The environment that the command inherits. */
  env?: Record<string, string | undefined>;
  run?: RunCommand;
}

export function execCredentials(
  exec: ExecConfig,
  { clock, env: inherited, run = runCommand }: ExecOptions,
): ExecCredentials {
  const apiVersion = exec.apiVersion ?? 'client.authentication.k8s.io/v1';
  let kept: { credential: ExecCredential; expires: number } | undefined;

  async function fetchCredential(): Promise<ExecCredential> {
    const env: Record<string, string | undefined> = { ...inherited };
    for (const { name, value } of exec.env ?? []) env[name] = value;
    env.KUBERNETES_EXEC_INFO = JSON.stringify({ kind: 'ExecCredential', apiVersion, spec: { interactive: false } });
    let output: string;
    try {
      output = await run(exec.command ?? '', exec.args ?? [], env);
    } catch (error) {
      const hint = exec.installHint ? `\n\n${exec.installHint}` : '';
      throw new Error(`getting credentials: exec: ${(error as Error).message}${hint}`, { cause: error });
    }
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
    get: async () => (kept && kept.expires > clock.now() ? kept.credential : fetchCredential()),
    refresh: () => {
      kept = undefined;
    },
  };
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
    answer = JSON.parse(output);
  } catch (error) {
    throw new Error(`getting credentials: decoding stdout: ${(error as Error).message}`, { cause: error });
  }
  if (answer.apiVersion !== apiVersion)
    throw new Error(
      `getting credentials: exec plugin is configured to use API version ${apiVersion}, plugin returned version ${answer.apiVersion}`,
    );
  const { status } = answer;
  if (!status) throw new Error("getting credentials: exec plugin didn't return a status field");
  if (!status.token && !status.clientCertificateData)
    throw new Error("getting credentials: exec plugin didn't return a token or cert/key pair");
  return status;
}

const runCommand: RunCommand = async (command, args, env) => {
  const { execFile } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    execFile(command, args, { env, maxBuffer: 1 << 20 }, (error, stdout) =>
      error ? reject(new Error(`executable ${command} failed: ${error.message}`, { cause: error })) : resolve(stdout),
    );
  });
};
