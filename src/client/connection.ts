/** From a kubeconfig and a command's flags to what a connection needs: one server, one identity. */
import type { ExecConfig, KubeCluster, Kubeconfig, KubeUser } from './kubeconfig.ts';

/** Helm's `--kube-*` flags and `--namespace`; each beats what the kubeconfig says. */
export interface ConnectionOverrides {
  context?: string;
  server?: string;
  caFile?: string;
  insecure?: boolean;
  tlsServerName?: string;
  token?: string;
  asUser?: string;
  asGroups?: string[];
  namespace?: string;
}

/** Certificates and keys are PEM texts; nothing is left to be read but `tokenFile`, whose token may change. */
export interface Connection {
  /** As `https://10.0.0.1:6443/prefix`, without a slash at the end. */
  server: string;
  ca?: string;
  certificate?: string;
  key?: string;
  insecure: boolean;
  tlsServerName?: string;
  proxyUrl?: string;
  token?: string;
  tokenFile?: string;
  basic?: { username: string; password: string };
  exec?: ExecConfig;
  /** What the kubeconfig has for the plugin about this cluster. */
  execConfig?: unknown;
  as?: { user: string; uid?: string; groups: string[]; extra: Record<string, string[]> };
  context: string;
  namespace: string;
}

export interface ConnectionOptions {
  overrides?: ConnectionOverrides;
  readFile(path: string): string;
}

const DEFAULT_SERVER = 'http://localhost:8080';

/** Reads every file that the context names. Throws client-go's words, with everything that is wrong at once. */
export function resolveConnection(config: Kubeconfig, { overrides = {}, readFile }: ConnectionOptions): Connection {
  const name = overrides.context || config.currentContext;
  const context = config.contexts.get(name);
  if (name !== '' && !context) throw new Error(`context "${name}" does not exist`);
  const cluster = withOverrides(config.clusters.get(context?.cluster ?? '') ?? {}, overrides);
  const userName = context?.user ?? '';
  const user = { ...config.users.get(userName), ...identity(overrides) };
  const problems = [
    ...userProblems(userName, user, readFile),
    ...clusterProblems(context?.cluster ?? '', cluster, readFile),
  ];
  if (problems.length > 0) throw invalidConfiguration(problems);
  if (
    cluster['insecure-skip-tls-verify'] &&
    (cluster['certificate-authority'] || cluster['certificate-authority-data'])
  )
    throw new Error('specifying a root certificates file with the insecure flag is not allowed');
  const ca = pem(cluster['certificate-authority-data'], cluster['certificate-authority'], readFile);
  const certificate = pem(user['client-certificate-data'], user['client-certificate'], readFile);
  const insecure = cluster['insecure-skip-tls-verify'] ?? false;
  const scheme = ca || certificate || insecure ? 'https' : 'http';
  const server = serverUrl(cluster.server || DEFAULT_SERVER, scheme);
  const place = { context: name, namespace: overrides.namespace || context?.namespace || 'default' };
  const proxyUrl = cluster['proxy-url'];
  // As client-go: who one is is told to nobody over a connection that others can read.
  if (server.startsWith('http:')) return { server, insecure, ...(proxyUrl && { proxyUrl }), ...place };
  const key = pem(user['client-key-data'], user['client-key'], readFile);
  checkPem({ ca, certificate, key });
  refuseProvider(user['auth-provider']);
  const execConfig = cluster.extensions?.find((each) => each.name === EXEC_EXTENSION)?.extension;
  return {
    server,
    ca,
    certificate,
    key,
    insecure,
    ...(cluster['tls-server-name'] && { tlsServerName: cluster['tls-server-name'] }),
    ...(proxyUrl && { proxyUrl }),
    ...(user.token && { token: user.token }),
    ...(user.tokenFile && {
      tokenFile: user.tokenFile,
      ...(!user.token && { token: tokenIn(user.tokenFile, readFile) }),
    }),
    ...((user.username || user.password) && {
      basic: { username: user.username ?? '', password: user.password ?? '' },
    }),
    ...(user.exec && !user.token && { exec: user.exec, ...(execConfig !== undefined && { execConfig }) }),
    ...(user.as && {
      as: { user: user.as, uid: user['as-uid'], groups: user['as-groups'] ?? [], extra: user['as-user-extra'] ?? {} },
    }),
    ...place,
  };
}

const EXEC_EXTENSION = 'client.authentication.k8s.io/exec';

const wordsOf = (error: unknown): string => {
  const { code, message } = error as { code?: string; message: string };
  return code === 'ENOENT' ? 'no such file or directory' : code === 'EACCES' ? 'permission denied' : message;
};

function tokenIn(path: string, readFile: ConnectionOptions['readFile']): string {
  try {
    return readFile(path).trim();
  } catch (error) {
    throw new Error(`open ${path}: ${wordsOf(error)}`, { cause: error });
  }
}

/** In the words of Go's crypto packages. */
function checkPem({ ca, certificate, key }: { ca?: string; certificate?: string; key?: string }): void {
  const isPem = (text: string) => /-----BEGIN [^-]+-----/.test(text);
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----'))
    throw new Error(
      `unable to load root certificates: ${isPem(ca) ? 'no valid certificate authority data seen' : 'unable to parse bytes as PEM block'}`,
    );
  if (certificate !== undefined && !isPem(certificate))
    throw new Error('tls: failed to find any PEM data in certificate input');
  if (key === undefined) return;
  if (!isPem(key)) throw new Error('tls: failed to find any PEM data in key input');
  if (!/-----BEGIN [^-]*PRIVATE KEY-----/.test(key))
    throw new Error('tls: found a certificate rather than a key in the PEM for the private key');
}

/** Providers were built into clients before there were plugins; the clouds' own are gone from client-go too. */
function refuseProvider(provider: KubeUser['auth-provider']): void {
  if (!provider) return;
  const { name = '' } = provider;
  const plugin = { gcp: 'gke-gcloud-auth-plugin', azure: 'kubelogin', oidc: 'kubelogin' }[name];
  if (name === 'gcp' || name === 'azure')
    throw new Error(
      `The ${name} auth plugin has been removed.\nPlease use the "${plugin}" kubectl/client-go credential plugin instead.`,
    );
  if (plugin)
    throw new Error(`the auth provider "${name}" is not supported: use the "${plugin}" credential plugin instead`);
  throw new Error(`no Auth Provider found for name "${name}"`);
}

function withOverrides(cluster: KubeCluster, overrides: ConnectionOverrides): KubeCluster {
  const changed = { ...cluster };
  if (overrides.server) changed.server = overrides.server;
  if (overrides.tlsServerName) changed['tls-server-name'] = overrides.tlsServerName;
  if (overrides.caFile) {
    changed['certificate-authority'] = overrides.caFile;
    delete changed['certificate-authority-data'];
  }
  if (overrides.insecure) {
    // As client-go: skipping verification and an authority exclude one another.
    changed['insecure-skip-tls-verify'] = true;
    delete changed['certificate-authority'];
    delete changed['certificate-authority-data'];
  }
  return changed;
}

/** A token given as a flag replaces the file's token and token file; certificates stay. */
const identity = ({ token, asUser, asGroups }: ConnectionOverrides): KubeUser => ({
  ...(token && { token, tokenFile: undefined }),
  ...(asUser && { as: asUser }),
  ...(asGroups?.length && { 'as-groups': asGroups }),
});

function userProblems(name: string, user: KubeUser, readFile: ConnectionOptions['readFile']): string[] {
  const problems: string[] = [];
  const certificate = user['client-certificate'] || user['client-certificate-data'];
  if (certificate) {
    if (user['client-certificate'] && user['client-certificate-data'])
      problems.push(`client-cert-data and client-cert are both specified for ${name}. client-cert-data will override.`);
    if (user['client-key'] && user['client-key-data'])
      problems.push(`client-key-data and client-key are both specified for ${name}; client-key-data will override`);
    if (!user['client-key'] && !user['client-key-data'])
      problems.push(
        `client-key-data or client-key must be specified for ${name} to use the clientCert authentication method.`,
      );
    problems.push(...unreadable('client-cert', name, user['client-certificate'], readFile));
    problems.push(...unreadable('client-key', name, user['client-key'], readFile));
  }
  if (user.exec && !user.exec.command)
    problems.push(`command must be specified for ${name} to use exec authentication plugin`);
  if (user.exec && !user.exec.apiVersion)
    problems.push(`apiVersion must be specified for ${name} to use exec authentication plugin`);
  if (user.exec?.env?.some((variable) => !variable.name))
    problems.push(`env variable name must be specified for ${name} to use exec authentication plugin`);
  problems.push(...modeProblems(name, user.exec));
  if (user.token && (user.username || user.password))
    problems.push(
      `more than one authentication method found for ${name}; found [token basicAuth], only one is allowed`,
    );
  if (user['as-groups']?.length && !user.as)
    problems.push(`requesting uid, groups or user-extra for ${name} without impersonating a user`);
  return problems;
}

const MODES = ['Never', 'IfAvailable', 'Always'];

function modeProblems(name: string, exec: ExecConfig | undefined): string[] {
  if (!exec) return [];
  const { interactiveMode: mode = '', apiVersion } = exec;
  if (mode === '')
    return apiVersion === 'client.authentication.k8s.io/v1beta1'
      ? []
      : [`interactiveMode must be specified for ${name} to use exec authentication plugin`];
  return MODES.includes(mode) ? [] : [`invalid interactiveMode for ${name}: ${JSON.stringify(mode)}`];
}

const PROXY_SCHEMES = ['http', 'https', 'socks5'];

function proxyProblems(name: string, proxy: string | undefined): string[] {
  if (!proxy) return [];
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(proxy)?.[1]?.toLowerCase() ?? '';
  if (PROXY_SCHEMES.includes(scheme) && URL.canParse(proxy)) return [];
  const why = PROXY_SCHEMES.includes(scheme)
    ? `parse "${proxy}": invalid URL`
    : `unsupported scheme "${scheme}", must be http, https, or socks5`;
  return [`invalid 'proxy-url' "${proxy}" for cluster "${name}": ${why}`];
}

function clusterProblems(name: string, cluster: KubeCluster, readFile: ConnectionOptions['readFile']): string[] {
  const problems: string[] = [];
  problems.push(...proxyProblems(name, cluster['proxy-url']));
  if (cluster['certificate-authority'] && cluster['certificate-authority-data'])
    problems.push(
      `certificate-authority-data and certificate-authority are both specified for ${name}. certificate-authority-data will override.`,
    );
  return [...problems, ...unreadable('certificate-authority', name, cluster['certificate-authority'], readFile)];
}

function unreadable(
  what: string,
  owner: string,
  path: string | undefined,
  readFile: ConnectionOptions['readFile'],
): string[] {
  if (!path) return [];
  try {
    readFile(path);
    return [];
  } catch (error) {
    return [`unable to read ${what} ${path} for ${owner} due to open ${path}: ${wordsOf(error)}`];
  }
}

const invalidConfiguration = (problems: string[]): Error =>
  new Error(`invalid configuration: ${problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`}`);

function pem(data: string | undefined, path: string | undefined, readFile: ConnectionOptions['readFile']) {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  return path ? readFile(path) : undefined;
}

/** A URL, or `host:port` with the scheme that the TLS settings call for, as client-go. */
function serverUrl(text: string, scheme: string): string {
  const withScheme = /^https?:\/\//.test(text) ? text : `${scheme}://${text}`;
  try {
    const url = new URL(withScheme);
    if (/\s/.test(text)) throw new Error('white space');
    return `${url.protocol}//${url.host}${url.pathname}`.replace(/\/+$/, '');
  } catch (error) {
    throw new Error(`host must be a URL or a host:port pair: "${text}"`, { cause: error });
  }
}
