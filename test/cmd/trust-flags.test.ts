/** Flags for certificates and credentials do what they say, also where real helm forgets them: it takes no answer from these servers. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startTestCluster } from '../e2e/cluster.ts';
import { withAddresses, withPlaces } from './transcript.ts';

const PLUGIN = `apiVersion: v1
name: hello
version: 0.1.0
type: cli/v1
runtime: subprocess
config: {usage: hello, shortHelp: says hello, longHelp: says hello}
runtimeConfig: {platformCommand: [{command: echo, args: [hello]}]}
`;

const LINES: [line: string, code: number, says: RegExp][] = [
  ['plugin package FOLDER/hello --sign=false -d FOLDER/repo', 0, /Successfully packaged/],
  ['plugin package FOLDER/hello --sign --key me --keyring FOLDER/none.gpg --passphrase-file FOLDER/none', 1, /none/],
  ['plugin install TLS/hello-0.1.0.tgz --verify=false', 1, /certificate/],
  ['plugin install TLS/hello-0.1.0.tgz --verify=false --ca-file FOLDER/ca.pem', 1, /certificate/],
  [
    'plugin install TLS/hello-0.1.0.tgz --verify=false --ca-file FOLDER/ca.pem --cert-file FOLDER/client.pem --key-file FOLDER/client-key.pem',
    0,
    /Installed plugin: hello/,
  ],
  ['plugin uninstall hello', 0, /Uninstalled/],
  [
    'plugin install TLS/hello-0.1.0.tgz --verify=false --insecure-skip-tls-verify --cert-file FOLDER/client.pem --key-file FOLDER/client-key.pem',
    0,
    /Installed plugin: hello/,
  ],
  ['plugin uninstall hello', 0, /Uninstalled/],
  ['plugin install LOCKED/hello-0.1.0.tgz --verify=false', 1, /401|denied|unauthorized|basic credential/i],
  [
    'plugin install LOCKED/hello-0.1.0.tgz --verify=false --username me --password secret',
    0,
    /Installed plugin: hello/,
  ],
  ['package FOLDER/tiny -d FOLDER/repo', 0, /Successfully packaged/],
  ['push FOLDER/repo/tiny-0.1.0.tgz oci://LOCKEDHOST/x --plain-http', 1, /401|denied|unauthorized|basic credential/i],
  ['push FOLDER/repo/tiny-0.1.0.tgz oci://LOCKEDHOST/x --plain-http --username me --password secret', 0, /Pushed: /],
  ['push FOLDER/repo/tiny-0.1.0.tgz oci://TLSHOST/x', 1, /certificate/],
  [
    'push FOLDER/repo/tiny-0.1.0.tgz oci://TLSHOST/x --ca-file FOLDER/ca.pem --cert-file FOLDER/client.pem --key-file FOLDER/client-key.pem',
    0,
    /Pushed: /,
  ],
  [
    'push FOLDER/repo/tiny-0.1.0.tgz oci://TLSHOST/x --insecure-skip-tls-verify --cert-file FOLDER/client.pem --key-file FOLDER/client-key.pem',
    0,
    /Pushed: /,
  ],
];

test('with the right certificates and passwords a server answers, and only then', async () => {
  const cluster = await startTestCluster();
  try {
    const write = (path: string, text: string) => {
      mkdirSync(join(cluster.folder, path, '..'), { recursive: true });
      writeFileSync(join(cluster.folder, path), text);
    };
    write('hello/plugin.yaml', PLUGIN);
    write('tiny/Chart.yaml', 'apiVersion: v2\nname: tiny\nversion: 0.1.0\n');
    write('repo/README', '');
    await withAddresses(cluster, async (addresses) => {
      for (const [line, code, says] of LINES) {
        const words = line.split(' ').map((word) => withPlaces(word, { ...addresses, FOLDER: cluster.folder }));
        const ran = await cluster.portolan(...words);
        assert.is(ran.code, code, `${line}: ${ran.stderr}`);
        assert.match(`${ran.stdout}${ran.stderr}`, says, line);
      }
    });
  } finally {
    await cluster.stop();
  }
});

test.run();
