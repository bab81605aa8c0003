import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { kubeconfigFor, withContext, withoutContext } from '../../src/cluster/kubeconfig-entry.ts';

const entry = { server: 'https://127.0.0.1:1', ca: 'CA', cert: 'CERT', key: 'KEY' };
const OTHER = `# mine
apiVersion: v1
kind: Config
clusters:
  - name: prod # the real one
    cluster: {server: https://prod}
contexts:
  - {name: prod, context: {cluster: prod, user: me}}
users: []
current-context: prod
`;

test('a kubeconfig of its own', () => {
  const config = parse(kubeconfigFor(entry));
  assert.is(config['current-context'], 'portolan');
  assert.equal(config.clusters, [
    { name: 'portolan', cluster: { 'certificate-authority-data': 'Q0E=', server: entry.server } },
  ]);
  assert.equal(config.users[0].user, { 'client-certificate-data': 'Q0VSVA==', 'client-key-data': 'S0VZ' });
});

test('other contexts and their comments stay', () => {
  const { text, previous } = withContext(OTHER, entry);
  assert.is(previous, 'prod');
  assert.match(text, '# mine');
  assert.match(text, '# the real one');
  const config = parse(text);
  assert.equal(
    config.contexts.map((context: { name: string }) => context.name),
    ['prod', 'portolan'],
  );
  assert.is(config['current-context'], 'portolan');
});

test('entering twice leaves one context, leaving brings back the one before', () => {
  const once = withContext(OTHER, entry).text;
  const twice = withContext(once, { ...entry, server: 'https://127.0.0.1:2' }).text;
  assert.equal(
    parse(twice).clusters.map((c: { cluster: { server: string } }) => c.cluster.server),
    ['https://prod', 'https://127.0.0.1:2'],
  );
  assert.equal(parse(withoutContext(twice, 'prod')), parse(OTHER));
});

test('a context chosen meanwhile is not changed back', () => {
  const { text } = withContext(OTHER, entry);
  const chosen = text.replace('current-context: portolan', 'current-context: staging');
  assert.is(parse(withoutContext(chosen, 'prod'))['current-context'], 'staging');
});

test('a file that is no kubeconfig is refused', () => {
  assert.throws(() => withContext('- a list', entry), 'read kubeconfig: it is not a map');
  assert.throws(() => withContext('a: [', entry), /read kubeconfig: /);
});

test.run();
