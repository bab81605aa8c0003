/** Paths that are no resources: version, health, metrics, who signs tokens, and which paths there are. */
import type { ApiRequest, ApiResponse } from '../api/http.ts';
import { ISSUER } from './authentication/tokens.ts';
import type { Api } from './call.ts';
import { metricsResponse } from './metrics.ts';
import { text } from './plain-text.ts';

/** What this server says it is. Its API is that of the Kubernetes release named. */
const VERSION = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.3+portolan',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'linux/amd64',
};

export function wellKnown(api: Api, request: ApiRequest): ApiResponse | undefined {
  const [root, check, ...more] = request.path.split('/').filter((part) => part !== '');
  if (root === undefined) return json({ paths: pathsOf(api) });
  if (root === 'version') return json(VERSION);
  if (root === 'healthz' || root === 'livez' || root === 'readyz') return health(request, root, check);
  if (root === 'metrics' && check === undefined) return metricsResponse(api);
  if (root === '.well-known' && check === 'openid-configuration') return json(openIdConfiguration(api));
  if (root === 'openid' && check === 'v1' && more.join('/') === 'jwks')
    return json({ keys: [api.tokens.publicKey()] }, 'application/jwk-set+json');
  return undefined;
}

const json = (object: unknown, type = 'application/json'): ApiResponse => ({
  status: 200,
  headers: { 'content-type': type },
  body: { type: 'object', object },
});

/** Tokens can be checked by whoever can read this, without asking the server about each. */
const openIdConfiguration = ({ endpoint }: Api) => ({
  issuer: ISSUER,
  jwks_uri: `https://${endpoint.address}:${endpoint.port}/openid/v1/jwks`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
});

const CHECKS = ['ping', 'log', 'etcd', 'poststarthook/start-apiserver-admission-initializer', 'informer-sync'];

function health({ query }: ApiRequest, root: string, check: string | undefined): ApiResponse | undefined {
  if (check !== undefined && !CHECKS.includes(check)) return undefined;
  if (!query.has('verbose')) return text('ok');
  const lines = (check === undefined ? CHECKS : [check]).map((name) => `[+]${name} ok\n`);
  return text(`${lines.join('')}${root} check passed\n`);
}

function pathsOf({ types }: Api): string[] {
  const groups = types.all().map(({ group, version }) => (group === '' ? [] : [group, `${group}/${version}`]));
  const health = ['healthz', 'livez', 'readyz'].flatMap((root) => [
    `/${root}`,
    ...CHECKS.map((check) => `/${root}/${check}`),
  ]);
  const apis = [...new Set(groups.flat())].map((path) => `/apis/${path}`);
  const others = ['/metrics', '/openapi/v2', '/openapi/v3', '/openapi/v3/', '/openid/v1/jwks', '/version'];
  return [
    '/.well-known/openid-configuration',
    '/api',
    '/api/v1',
    '/apis',
    '/apis/',
    ...apis,
    ...health,
    ...others,
  ].sort();
}
