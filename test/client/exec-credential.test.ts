/** Credential plugins as client-go runs them; expected errors are what helm 4.2.3 prints. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { execCredentials } from '../../src/client/exec-credential.ts';
import type { ExecConfig } from '../../src/client/kubeconfig.ts';
import { ManualClock } from '../../src/clock.ts';

const V1 = 'client.authentication.k8s.io/v1';
const env = { PATH: process.env.PATH };
const answer = (status: object, apiVersion = V1): string =>
  JSON.stringify({ apiVersion, kind: 'ExecCredential', status });

async function message(run: () => unknown): Promise<string> {
  try {
    await run();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const MISSING = `getting credentials: exec: executable no-such-login not found

It looks like you are trying to use a client-go credential plugin that is not installed.

To learn more about this feature, consult the documentation available at:
      https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins

Install it.`;

const FAILURES: [what: string, exec: Partial<ExecConfig>, output: string | undefined, why: string][] = [
  [
    'an unknown version',
    { apiVersion: 'client.authentication.k8s.io/v1alpha1' },
    '',
    'exec plugin: invalid apiVersion "client.authentication.k8s.io/v1alpha1"',
  ],
  ['a command that is not there', { command: 'no-such-login', installHint: 'Install it.' }, undefined, MISSING],
  [
    'a path that is not there',
    { command: '/nope/login', installHint: 'Install it.' },
    undefined,
    'getting credentials: exec: fork/exec /nope/login: no such file or directory',
  ],
  [
    'a command that fails',
    { command: 'sh', args: ['-c', 'exit 3'] },
    undefined,
    'getting credentials: exec: executable sh failed with exit code 3',
  ],
  [
    'no output',
    {},
    '',
    `getting credentials: exec plugin is configured to use API version ${V1}, plugin returned version client.authentication.k8s.io/__internal`,
  ],
  [
    'another version',
    { apiVersion: 'client.authentication.k8s.io/v1beta1' },
    answer({ token: 't' }),
    `getting credentials: exec plugin is configured to use API version client.authentication.k8s.io/v1beta1, plugin returned version ${V1}`,
  ],
  [
    'no status',
    {},
    JSON.stringify({ apiVersion: V1 }),
    "getting credentials: exec plugin didn't return a status field",
  ],
  ['nothing in it', {}, answer({}), "getting credentials: exec plugin didn't return a token or cert/key pair"],
  [
    'half a pair',
    {},
    answer({ token: 't', clientKeyData: 'k' }),
    'getting credentials: exec plugin returned only certificate or key, not both',
  ],
  [
    'nobody to ask',
    { interactiveMode: 'Always' },
    answer({ token: 't' }),
    'getting credentials: exec plugin cannot support interactive mode: standard input is not a terminal',
  ],
];

for (const [what, exec, output, why] of FAILURES)
  test(`told: ${what}`, async () => {
    const run = output === undefined ? undefined : async () => output;
    const config: ExecConfig = { apiVersion: V1, command: 'login', interactiveMode: 'Never', ...exec };
    assert.is(await message(() => execCredentials(config, { clock: new ManualClock(), env, run }).get()), why);
  });

test('it is told what it is asked for, in its own environment', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-exec-'));
  const command = join(folder, 'login');
  const script = `#!/bin/sh\ntoken="$1 $MORE $(echo "$KUBERNETES_EXEC_INFO" | tr '"' "'")"\necho '${answer({ token: 'TOKEN' })}' | sed "s|TOKEN|$token|"\n`;
  try {
    writeFileSync(command, script);
    chmodSync(command, 0o755);
    const exec = { apiVersion: V1, command, args: ['one'], env: [{ name: 'MORE', value: 'two' }] };
    const cluster = { server: 'https://a', config: null };
    const token = async (more: ExecConfig) =>
      (await execCredentials({ ...exec, ...more }, { clock: new ManualClock(), env, cluster }).get()).token;
    const spec = `{'kind':'ExecCredential','apiVersion':'${V1}','spec':{`;
    assert.is(await token({ interactiveMode: 'IfAvailable' }), `one two ${spec}'interactive':false}}`);
    assert.is(
      await token({ interactiveMode: 'Never', provideClusterInfo: true }),
      `one two ${spec}'cluster':{'server':'https://a','config':null},'interactive':false}}`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('it is asked again when its credential has expired or was refused, once for all who wait', async () => {
  const clock = new ManualClock();
  let asked = 0;
  const expirationTimestamp = new Date(clock.now() + 60_000).toISOString();
  const credentials = execCredentials(
    { apiVersion: V1, command: 'login', interactiveMode: 'IfAvailable' },
    {
      clock,
      isTerminal: () => true,
      run: async (_command, _args, { interactive }) => {
        assert.ok(interactive);
        return answer({ token: `t${++asked}`, ...(asked === 1 && { expirationTimestamp }) });
      },
    },
  );
  const tokens = async () => (await Promise.all([credentials.get(), credentials.get()])).map(({ token }) => token);
  assert.equal(await tokens(), ['t1', 't1']);
  await clock.advance(59_000);
  assert.equal(await tokens(), ['t1', 't1']);
  await clock.advance(2_000);
  assert.equal(await tokens(), ['t2', 't2']);
  credentials.refresh();
  assert.equal(await tokens(), ['t3', 't3']);
});

test.run();
