/** The global flags and the HELM_* variables behind them: which cluster, which namespace, which directories. */
import { join } from 'node:path';
import type { Environment } from './environment.ts';
import type { Flag } from './flag.ts';
import type { FlagValues } from './parse.ts';

export interface Settings {
  /** As asked for; '' means that of the kubeconfig's context, else `default`. */
  namespace: string;
  kubeconfig: string;
  kubeContext: string;
  kubeToken: string;
  kubeAsUser: string;
  kubeAsGroups: string[];
  kubeApiServer: string;
  kubeCaFile: string;
  kubeTlsServerName: string;
  kubeInsecureSkipTlsVerify: boolean;
  debug: boolean;
  registryConfig: string;
  repositoryConfig: string;
  repositoryCache: string;
  contentCache: string;
  plugins: string;
  burstLimit: number;
  qps: number;
  color: boolean;
  maxHistory: number;
}

const variable =
  (name: string, fallback = '') =>
  ({ variables }: Environment) =>
    variables[name] ?? fallback;

/** A number from the environment, or the fallback where it is none. */
const numeric = (name: string, fallback: string) => (environment: Environment) => {
  const text = environment.variables[name];
  return text !== undefined && text.trim() !== '' && Number.isFinite(Number(text)) ? text : fallback;
};

const boolean = (name: string) => (environment: Environment) =>
  ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(environment.variables[name] ?? '') ? 'true' : 'false';

export const maxHistoryDefault = numeric('HELM_MAX_HISTORY', '10');

export const GLOBAL_FLAGS: Flag[] = [
  {
    name: 'burst-limit',
    type: 'int',
    default: numeric('HELM_BURST_LIMIT', '100'),
    help: 'how many requests may go out at once',
  },
  { name: 'color', type: 'string', default: colorDefault, help: 'use colors: never, auto or always' },
  { name: 'colour', type: 'string', default: colorDefault, help: 'the same as --color' },
  {
    name: 'content-cache',
    type: 'string',
    default: (e) => e.variables.HELM_CONTENT_CACHE ?? cachePath(e, 'content'),
    help: 'directory of downloaded content',
  },
  { name: 'debug', type: 'bool', default: boolean('HELM_DEBUG'), help: 'tell what is done, in detail' },
  {
    name: 'kube-apiserver',
    type: 'string',
    default: variable('HELM_KUBEAPISERVER'),
    help: 'address of the Kubernetes API server',
  },
  { name: 'kube-as-group', type: 'stringArray', help: 'group to act as; may be repeated' },
  { name: 'kube-as-user', type: 'string', default: variable('HELM_KUBEASUSER'), help: 'user to act as' },
  {
    name: 'kube-ca-file',
    type: 'string',
    default: variable('HELM_KUBECAFILE'),
    help: 'certificate authority of the API server',
  },
  {
    name: 'kube-context',
    type: 'string',
    default: variable('HELM_KUBECONTEXT'),
    help: 'context of the kubeconfig to use; "portolan" is the embedded cluster',
  },
  {
    name: 'kube-insecure-skip-tls-verify',
    type: 'bool',
    default: boolean('HELM_KUBEINSECURE_SKIP_TLS_VERIFY'),
    help: "do not check the API server's certificate",
  },
  {
    name: 'kube-tls-server-name',
    type: 'string',
    default: variable('HELM_KUBETLS_SERVER_NAME'),
    help: "name to expect in the API server's certificate",
  },
  { name: 'kube-token', type: 'string', default: variable('HELM_KUBETOKEN'), help: 'bearer token for the API server' },
  { name: 'kubeconfig', type: 'string', help: 'path of the kubeconfig file' },
  { name: 'namespace', short: 'n', type: 'string', default: variable('HELM_NAMESPACE'), help: 'namespace to work in' },
  {
    name: 'qps',
    type: 'float32',
    default: numeric('HELM_QPS', '0'),
    help: 'requests a second to the API server, bursts apart',
  },
  {
    name: 'registry-config',
    type: 'string',
    default: (e) => e.variables.HELM_REGISTRY_CONFIG ?? configPath(e, 'registry/config.json'),
    help: 'file of registry credentials',
  },
  {
    name: 'repository-cache',
    type: 'string',
    default: (e) => e.variables.HELM_REPOSITORY_CACHE ?? cachePath(e, 'repository'),
    help: 'directory of repository indexes',
  },
  {
    name: 'repository-config',
    type: 'string',
    default: (e) => e.variables.HELM_REPOSITORY_CONFIG ?? configPath(e, 'repositories.yaml'),
    help: 'file of repository names and addresses',
  },
  // Helm accepts the flags of its logging library without showing them.
  { name: 'v', short: 'v', type: 'string', default: '0', help: 'log level', hidden: true },
  ...['add-dir-header', 'alsologtostderr', 'logtostderr', 'one-output', 'skip-headers', 'skip-log-headers'].map(
    (name): Flag => ({ name, type: 'bool', help: 'logging', hidden: true }),
  ),
  ...['log-backtrace-at', 'log-dir', 'log-file', 'log-file-max-size', 'stderrthreshold', 'vmodule'].map(
    (name): Flag => ({ name, type: 'string', help: 'logging', hidden: true }),
  ),
];

function colorDefault({ variables }: Environment): string {
  if (variables.NO_COLOR) return 'never';
  const asked = variables.HELM_COLOR?.toLowerCase() ?? '';
  return ['never', 'auto', 'always'].includes(asked) ? asked : 'auto';
}

/** `terminal`: whether standard output is one. Throws Helm's complaint about an unknown colour mode. */
export function settingsOf(flags: FlagValues, environment: Environment, terminal: boolean): Settings {
  const mode = flags.isSet('colour') ? flags.string('colour') : flags.string('color');
  if (!['never', 'auto', 'always'].includes(mode))
    throw new Error(`invalid color mode ${JSON.stringify(mode)}: must be one of: never, auto, always`);
  const { NO_COLOR, TERM } = environment.variables;
  const groups = (environment.variables.HELM_KUBEASGROUPS ?? '').replace(/^[, ]+|[, ]+$/g, '');
  return {
    namespace: flags.string('namespace'),
    kubeconfig: flags.isSet('kubeconfig') ? flags.string('kubeconfig') : (environment.variables.KUBECONFIG ?? ''),
    kubeContext: flags.string('kube-context'),
    kubeToken: flags.string('kube-token'),
    kubeAsUser: flags.string('kube-as-user'),
    kubeAsGroups: flags.isSet('kube-as-group') ? flags.list('kube-as-group') : groups === '' ? [] : groups.split(','),
    kubeApiServer: flags.string('kube-apiserver'),
    kubeCaFile: flags.string('kube-ca-file'),
    kubeTlsServerName: flags.string('kube-tls-server-name'),
    kubeInsecureSkipTlsVerify: flags.bool('kube-insecure-skip-tls-verify'),
    debug: flags.bool('debug'),
    registryConfig: flags.string('registry-config'),
    repositoryConfig: flags.string('repository-config'),
    repositoryCache: flags.string('repository-cache'),
    contentCache: flags.string('content-cache'),
    plugins: pluginPlaces(environment),
    burstLimit: flags.number('burst-limit'),
    qps: flags.number('qps'),
    color: mode === 'always' || (mode === 'auto' && terminal && !NO_COLOR && TERM !== 'dumb'),
    maxHistory: Number(maxHistoryDefault(environment)),
  };
}

/** A list as in $PATH. */
export const pluginPlaces = (environment: Environment): string =>
  environment.variables.HELM_PLUGINS ?? dataPath(environment, 'plugins');

type Kind = 'cache' | 'config' | 'data';
const VARIABLES = {
  cache: ['HELM_CACHE_HOME', 'XDG_CACHE_HOME'],
  config: ['HELM_CONFIG_HOME', 'XDG_CONFIG_HOME'],
  data: ['HELM_DATA_HOME', 'XDG_DATA_HOME'],
} as const;
const DIRECTORIES: Record<string, Record<Kind, string>> = {
  darwin: { cache: 'Library/Caches', config: 'Library/Preferences', data: 'Library' },
  linux: { cache: '.cache', config: '.config', data: '.local/share' },
};

/** As Helm: HELM_*_HOME itself, else `helm` below the XDG directory or the platform's own. */
function helmPath(kind: Kind, { variables, home, platform }: Environment, rest: string): string {
  const [own, xdg] = VARIABLES[kind];
  if (variables[own]) return join(variables[own], rest);
  const base = variables[xdg] || join(home, (DIRECTORIES[platform] ?? DIRECTORIES.linux!)[kind]);
  return join(base, 'helm', rest);
}
export const cachePath = (e: Environment, rest = ''): string => helmPath('cache', e, rest);
export const configPath = (e: Environment, rest = ''): string => helmPath('config', e, rest);
export const dataPath = (e: Environment, rest = ''): string => helmPath('data', e, rest);
