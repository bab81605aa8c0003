/** The cluster around a pod: its address in the environment, the service account's token and authority in files. */
import type { Connection, ConnectionOverrides } from './connection.ts';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InClusterOptions {
  variables: Record<string, string | undefined>;
  overrides?: ConnectionOverrides;
  readFile(path: string): string;
}

/** Undefined outside of a pod, or in one without a service account. */
export function inClusterConnection({ variables, overrides = {}, readFile }: InClusterOptions): Connection | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = variables;
  const read = (path: string): string | undefined => {
    try {
      return readFile(path).trim();
    } catch {
      return undefined;
    }
  };
  const tokenFile = `${ACCOUNT}/token`;
  const token = read(tokenFile);
  if (!host || !port || token === undefined) return undefined;
  const ca = read(overrides.caFile || `${ACCOUNT}/ca.crt`);
  return {
    server: overrides.server?.replace(/\/+$/, '') || `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ...(ca && !overrides.insecure && { ca }),
    insecure: overrides.insecure ?? false,
    ...(overrides.tlsServerName && { tlsServerName: overrides.tlsServerName }),
    ...(overrides.token ? { token: overrides.token } : { token, tokenFile }),
    ...(overrides.asUser && { as: { user: overrides.asUser, groups: overrides.asGroups ?? [], extra: {} } }),
    context: '',
    namespace: overrides.namespace || variables.POD_NAMESPACE || read(`${ACCOUNT}/namespace`) || 'default',
  };
}
