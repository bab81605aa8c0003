/** Expected errors are what helm 4.2.3 and kubectl 1.36 print for the same files. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ConnectionOverrides, resolveConnection } from '../../src/client/connection.ts';
import { inClusterConnection } from '../../src/client/in-cluster.ts';
import { emptyKubeconfig, type KubeconfigFiles, loadKubeconfig } from '../../src/client/kubeconfig.ts';

const missing = (path: string) =>
  Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT' });
const reader = (files: Record<string, string>) => (path: string) => {
  if (!Object.hasOwn(files, path)) throw missing(path);
  return files[path]!;
};

const FIRST = `
apiVersion: v1
kind: Config
current-context: a
clusters:
- name: c
  cluster: {server: "https://10.0.0.1:6443/base/", certificate-authority: ca.crt, tls-server-name: api}
users:
- name: u
  user: {client-certificate: u.crt, client-key: sub/u.key}
contexts:
- name: a
  context: {cluster: c, user: u, namespace: shop}
- name: lost
  context: {cluster: nowhere, user: nobody}
`;
const SECOND = `
current-context: b
clusters:
- name: c
  cluster: {server: "https://other"}
- name: c2
  cluster: {server: "10.0.0.2:8443", insecure-skip-tls-verify: true, proxy-url: "http://proxy:3128"}
users:
- name: u2
  user: {token: t2, as: jane, as-groups: [dev]}
- name: plugin
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/login, args: [a], interactiveMode: Never}}
contexts:
- name: b
  context: {cluster: c2, user: u2}
- name: p
  context: {cluster: c2, user: plugin}
`;
const pem = (what: string) => `-----BEGIN ${what}-----\n-----END ${what}-----\n`;
const [CA, CERT, KEY] = [pem('CERTIFICATE'), pem('CERTIFICATE'), pem('EC PRIVATE KEY')];
const FILES: Record<string, string> = {
  '/k/one': FIRST,
  '/k/two': SECOND,
  '/k/ca.crt': CA,
  '/k/u.crt': CERT,
  '/k/sub/u.key': KEY,
};
const readFile = reader(FILES);
const load = (more: Partial<KubeconfigFiles> = {}) =>
  loadKubeconfig({ variable: '/k/one:/k/gone:/k/two', readFile, ...more });
const resolve = (overrides?: ConnectionOverrides) =>
  resolveConnection(load(), { readFile, ...(overrides && { overrides }) });

test('files are merged, the first of a name wins, those that are missing are passed over', () => {
  const config = load();
  assert.is(config.currentContext, 'a');
  assert.equal([...config.contexts.keys()], ['a', 'lost', 'b', 'p']);
  assert.is(config.clusters.get('c')!.server, 'https://10.0.0.1:6443/base/');
  assert.is(config.users.get('plugin')!.exec!.command, '/k/bin/login');
});

test('--kubeconfig beats $KUBECONFIG, which beats the home directory', () => {
  assert.is(load({ explicit: '/k/two' }).currentContext, 'b');
  assert.is(load({ variable: '', fallback: '/k/two' }).currentContext, 'b');
  assert.is(load({ variable: '', fallback: '/k/gone' }).currentContext, '');
});

test('certificates by relative path', () => {
  const { server, ca, certificate, key, tlsServerName, namespace, context } = resolve();
  assert.equal(
    { server, ca, certificate, key, tlsServerName, namespace, context },
    {
      server: 'https://10.0.0.1:6443/base',
      ca: CA,
      certificate: CERT,
      key: KEY,
      tlsServerName: 'api',
      namespace: 'shop',
      context: 'a',
    },
  );
});

test('another context, with a token, a proxy and someone to act as', () => {
  const { server, insecure, token, as, proxyUrl, namespace } = resolve({ context: 'b' });
  assert.equal(
    { server, insecure, token, as, proxyUrl, namespace },
    {
      server: 'https://10.0.0.2:8443',
      insecure: true,
      token: 't2',
      as: { user: 'jane', uid: undefined, groups: ['dev'], extra: {} },
      proxyUrl: 'http://proxy:3128',
      namespace: 'default',
    },
  );
});

test('flags beat the file', () => {
  const flags = {
    server: 'https://x:1',
    insecure: true,
    token: 'mine',
    namespace: 'n',
    asUser: 'joe',
    asGroups: ['g'],
  };
  const { server, ca, insecure, token, as, namespace } = resolve(flags);
  assert.equal(
    { server, ca, insecure, token, namespace, as: as?.user, groups: as?.groups },
    { server: 'https://x:1', ca: undefined, insecure: true, token: 'mine', namespace: 'n', as: 'joe', groups: ['g'] },
  );
});

test('a cluster without a server is the default one', () => {
  assert.is(
    resolveConnection(broken('{insecure-skip-tls-verify: true}', '{}'), { readFile }).server,
    'http://localhost:8080',
  );
});

test('over a connection that others can read nobody is told who one is', () => {
  const { token, as, server } = resolveConnection(broken('{server: "http://a"}', '{token: t, as: jane}'), { readFile });
  assert.equal({ server, token, as }, { server: 'http://a', token: undefined, as: undefined });
});

test('a token beats a plugin, and a token file that can be read later is not asked for now', () => {
  const user = `{token: t, tokenFile: /nope, exec: {apiVersion: client.authentication.k8s.io/v1, command: a, interactiveMode: Never}}`;
  const { token, tokenFile, exec } = resolveConnection(broken('{server: "https://a"}', user), { readFile });
  assert.equal({ token, tokenFile, exec }, { token: 't', tokenFile: '/nope', exec: undefined });
});

test('inside a pod its service account is who one is', () => {
  const account = '/var/run/secrets/kubernetes.io/serviceaccount';
  const inPod = reader({ [`${account}/token`]: 'T\n', [`${account}/ca.crt`]: CA, [`${account}/namespace`]: 'shop' });
  const variables = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  assert.equal(inClusterConnection({ variables, readFile: inPod }), {
    server: 'https://[fd00::1]:443',
    ca: CA.trim(),
    insecure: false,
    token: 'T',
    tokenFile: `${account}/token`,
    context: '',
    namespace: 'shop',
  });
  const mine = inClusterConnection({
    variables: { ...variables, POD_NAMESPACE: 'pod' },
    overrides: { server: 'https://x/', token: 'mine', insecure: true, asUser: 'jane' },
    readFile: inPod,
  });
  assert.equal(mine, {
    server: 'https://x',
    insecure: true,
    token: 'mine',
    as: { user: 'jane', groups: [], extra: {} },
    context: '',
    namespace: 'pod',
  });
  assert.is(inClusterConnection({ variables, readFile }), undefined, 'no account');
  assert.is(inClusterConnection({ variables: {}, readFile: inPod }), undefined, 'no pod');
});

test('nothing configured is the default server', () => {
  assert.is(resolveConnection(emptyKubeconfig(), { readFile }).server, 'http://localhost:8080');
  assert.is(resolve({ context: 'lost' }).server, 'http://localhost:8080');
});

const broken = (cluster: string, user: string) =>
  loadKubeconfig({
    explicit: '/x',
    readFile: reader({
      '/x': `{current-context: a, contexts: [{name: a, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: ${cluster}}], users: [{name: u, user: ${user}}]}`,
    }),
  });

const V1 = 'apiVersion: client.authentication.k8s.io/v1';
const USERS: [user: string, why: string][] = [
  [
    '{exec: {apiVersion: v1}}',
    'invalid configuration: [command must be specified for u to use exec authentication plugin, interactiveMode must be specified for u to use exec authentication plugin]',
  ],
  [
    `{exec: {${V1}, command: a}}`,
    'invalid configuration: interactiveMode must be specified for u to use exec authentication plugin',
  ],
  [
    `{exec: {${V1}, command: a, interactiveMode: Bogus}}`,
    'invalid configuration: invalid interactiveMode for u: "Bogus"',
  ],
  [
    `{exec: {${V1}, command: a, interactiveMode: Never, env: [{value: x}]}}`,
    'invalid configuration: env variable name must be specified for u to use exec authentication plugin',
  ],
  [
    '{auth-provider: {name: gcp}}',
    'The gcp auth plugin has been removed.\nPlease use the "gke-gcloud-auth-plugin" kubectl/client-go credential plugin instead.',
  ],
  [
    '{auth-provider: {name: oidc}}',
    'the auth provider "oidc" is not supported: use the "kubelogin" credential plugin instead',
  ],
  ['{auth-provider: {name: mine}}', 'no Auth Provider found for name "mine"'],
  ['{tokenFile: /nope}', 'open /nope: no such file or directory'],
  [
    '{client-certificate: /k/u.crt, client-key: /k/u.crt}',
    'tls: found a certificate rather than a key in the PEM for the private key',
  ],
  ['{client-certificate-data: AAAA, client-key-data: AAAA}', 'tls: failed to find any PEM data in certificate input'],
];
const CLUSTERS: [cluster: string, why: string][] = [
  [
    'proxy-url: "ftp://p:1"',
    `invalid configuration: invalid 'proxy-url' "ftp://p:1" for cluster "c": unsupported scheme "ftp", must be http, https, or socks5`,
  ],
  [
    'insecure-skip-tls-verify: true, certificate-authority: /k/ca.crt',
    'specifying a root certificates file with the insecure flag is not allowed',
  ],
  ['certificate-authority: /k/sub/u.key', 'unable to load root certificates: no valid certificate authority data seen'],
  ['certificate-authority-data: Z2FyYmFnZQ==', 'unable to load root certificates: unable to parse bytes as PEM block'],
];

const errors: [title: string, run: () => unknown, message: string][] = [
  ['a named file that is missing', () => load({ explicit: '/k/gone' }), 'stat /k/gone: no such file or directory'],
  ['an unknown context', () => resolve({ context: 'zz' }), 'context "zz" does not exist'],
  [
    'files and credentials that cannot be used, all at once',
    () =>
      resolveConnection(
        broken(
          '{server: "https://127.0.0.1:1", certificate-authority: /nope/ca.crt}',
          '{client-certificate: /nope/x.crt, client-key: /tmp/x.key, token: t, username: q}',
        ),
        { readFile },
      ),
    'invalid configuration: [unable to read client-cert /nope/x.crt for u due to open /nope/x.crt: no such file or directory, unable to read client-key /tmp/x.key for u due to open /tmp/x.key: no such file or directory, more than one authentication method found for u; found [token basicAuth], only one is allowed, unable to read certificate-authority /nope/ca.crt for c due to open /nope/ca.crt: no such file or directory]',
  ],
  [
    'one problem',
    () =>
      resolveConnection(broken('{server: "https://127.0.0.1:1", certificate-authority: /nope/ca.crt}', '{}'), {
        readFile,
      }),
    'invalid configuration: unable to read certificate-authority /nope/ca.crt for c due to open /nope/ca.crt: no such file or directory',
  ],
  [
    'a server that is no address',
    () => resolveConnection(broken('{server: "https://user:pw@ 127.0.0.1:1"}', '{token: t}'), { readFile }),
    'host must be a URL or a host:port pair: "https://user:pw@ 127.0.0.1:1"',
  ],
  ...USERS.map(([user, why]): [string, () => unknown, string] => [
    `user ${user}`,
    () => resolveConnection(broken('{server: "https://a"}', user), { readFile }),
    why,
  ]),
  ...CLUSTERS.map(([cluster, why]): [string, () => unknown, string] => [
    `cluster ${cluster}`,
    () => resolveConnection(broken(`{server: "https://a", ${cluster}}`, '{token: t}'), { readFile }),
    why,
  ]),
];

for (const [title, run, message] of errors)
  test(`refused: ${title}`, () => {
    try {
      run();
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).message, message);
    }
  });

test('a file that is no YAML names itself', () => {
  assert.throws(
    () => loadKubeconfig({ explicit: '/x', readFile: () => 'a: [' }),
    (error: Error) => error.message.startsWith('error loading config file "/x": yaml: '),
  );
});

test.run();
