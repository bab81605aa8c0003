import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../src/clock.ts';
import { connect } from '../../src/cmd/connect.ts';
import { parseArguments } from '../../src/cmd/parse.ts';
import { GLOBAL_FLAGS, settingsOf } from '../../src/cmd/settings.ts';
import { silentLog } from '../../src/log.ts';
import { testIo } from './io.ts';

const kubeconfig = (server: string) => `apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, namespace: mine}}, {name: other, context: {cluster: here}}]
clusters: [{name: here, cluster: {server: "${server}"}}]
users: []
`;

interface Setting {
  words?: string;
  variables?: Record<string, string>;
  /** Whether ~/.kube/config is there. */
  home?: boolean;
}

/** Connects as a command would, and answers which cluster it was. */
async function connected({ words = '', variables = {}, home = false }: Setting): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-connect-'));
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end('{"major":"1","minor":"30","gitVersion":"v1.30.0-network"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const text = kubeconfig(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const file = join(folder, 'kubeconfig');
    writeFileSync(file, text);
    mkdirSync(join(folder, '.kube'));
    if (home) writeFileSync(join(folder, '.kube', 'config'), text);
    const filled = (value: string) => value.replaceAll('FILE', file);
    const io = testIo({
      home: folder,
      variables: {
        PORTOLAN_HOME: join(folder, 'data'),
        ...Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, filled(value)])),
      },
    });
    const given = words === '' ? [] : words.split(' ').map(filled);
    const { flags } = parseArguments(given, GLOBAL_FLAGS, io.environment);
    const settings = settingsOf(flags, io.environment, false);
    const found = await connect({ ...io, clock: realClock, settings, log: silentLog });
    try {
      const { gitVersion } = await found.client.serverVersion();
      const which = gitVersion === 'v1.30.0-network' ? 'network' : 'embedded';
      assert.is(io.out.stderr.startsWith('Using the embedded cluster (in this process, '), which === 'embedded');
      assert.is(found.exclusive, which === 'embedded');
      return `${which} ${found.namespace}`;
    } finally {
      await found.close();
    }
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const CASES: [string, Setting, string][] = [
  ['nothing at all', {}, 'embedded default'],
  ['a namespace', { words: '-n x' }, 'embedded x'],
  ['a kubeconfig at home', { home: true }, 'network mine'],
  ['a kubeconfig in the environment', { variables: { KUBECONFIG: 'FILE' } }, 'network mine'],
  ['a kubeconfig flag', { words: '--kubeconfig FILE' }, 'network mine'],
  ['another context', { words: '--kubeconfig FILE --kube-context other' }, 'network default'],
  ['a namespace over the context', { words: '--kubeconfig FILE -n x' }, 'network x'],
  ['an empty kubeconfig', { variables: { KUBECONFIG: '/dev/null' } }, 'embedded default'],
  ['the embedded cluster asked for', { home: true, words: '--kube-context portolan' }, 'embedded default'],
  ['the embedded cluster forced', { home: true, variables: { PORTOLAN_CLUSTER: 'embedded' } }, 'embedded default'],
  ['the context in the environment', { home: true, variables: { HELM_KUBECONTEXT: 'portolan' } }, 'embedded default'],
];

for (const [name, setting, expected] of CASES)
  test(`the cluster, given ${name}`, async () => {
    assert.is(await connected(setting), expected);
  });

test('another word for the embedded cluster is not passed over', async () => {
  try {
    await connected({ home: true, variables: { PORTOLAN_CLUSTER: 'embeded' } });
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, '$PORTOLAN_CLUSTER may only be "embedded", not "embeded"');
  }
});

test('a kubeconfig that is asked for must be there, and a context too: told by the first request', async () => {
  for (const words of ['--kubeconfig FILE.missing', '--kubeconfig FILE --kube-context nope'])
    try {
      await connected({ words });
      assert.unreachable(words);
    } catch (error) {
      assert.match(`${words}: ${(error as Error).message}`, /no such file|context "nope" does not exist/);
    }
});

test.run();
