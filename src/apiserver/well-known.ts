/** Paths that are no resources: version, health and metrics. */
import type { ApiRequest, ApiResponse } from '../api/http.ts';
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
  const [root, check] = request.path.split('/').filter((part) => part !== '');
  if (root === 'version') return { ...ok, body: { type: 'object', object: VERSION } };
  if (root === 'healthz' || root === 'livez' || root === 'readyz') return health(request, root, check);
  if (root === 'metrics' && check === undefined) return metricsResponse(api);
  return undefined;
}

const ok = { status: 200, headers: { 'content-type': 'application/json' } };

const CHECKS = ['ping', 'log', 'etcd', 'poststarthook/start-apiserver-admission-initializer', 'informer-sync'];

function health({ query }: ApiRequest, root: string, check: string | undefined): ApiResponse | undefined {
  if (check !== undefined && !CHECKS.includes(check)) return undefined;
  if (!query.has('verbose')) return text('ok');
  const lines = (check === undefined ? CHECKS : [check]).map((name) => `[+]${name} ok\n`);
  return text(`${lines.join('')}${root} check passed\n`);
}
