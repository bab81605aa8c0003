/** What commands that deal with repositories have in common. */
import { join } from 'node:path';
import type { RepositoryPlaces } from '../repo/repository.ts';
import type { CommandContext } from './command.ts';
import type { Flag } from './flag.ts';

export const placesOf = ({ settings }: Pick<CommandContext, 'settings'>): RepositoryPlaces => ({
  config: settings.repositoryConfig,
  cache: settings.repositoryCache,
  content: settings.contentCache,
});

export const DOWNLOAD_TIMEOUT_FLAG: Flag = {
  name: 'timeout',
  type: 'duration',
  default: '2m0s',
  help: 'how long the download of an index may take',
};

/** What the flags of CHART_PATH_FLAGS say about downloads. */
export function downloadFlags(context: CommandContext) {
  const { flags, settings, environment, stdout } = context;
  return {
    username: flags.string('username'),
    password: flags.string('password'),
    certFile: flags.string('cert-file'),
    keyFile: flags.string('key-file'),
    caFile: flags.string('ca-file'),
    insecureSkipTlsVerify: flags.bool('insecure-skip-tls-verify'),
    plainHttp: flags.bool('plain-http'),
    ...(flags.has('pass-credentials') && flags.bool('pass-credentials') && { passCredentialsAll: true }),
    credentialFiles: credentialFiles(settings.registryConfig, environment),
    ...networkOf(context),
    onPulled: (reference: string, digest: string) => stdout.write(transferText('Pulled', reference, digest)),
  };
}

/** How every download and upload goes out. */
export const networkOf = (context: CommandContext) => ({
  variables: context.environment.variables,
  clock: context.clock,
  signal: context.signal,
  /** Plugins fetch what is no address of ours. */
  getter: async (scheme: string) => (await import('./plugin-getter.ts')).pluginGetter(scheme, context),
});

/** What went to or came from a registry, as Helm tells it. */
export function transferText(verb: 'Pulled' | 'Pushed', reference: string, digest: string): string {
  const hasUnderscore = /:[^/]*_[^/]*$/.test(reference);
  return `${verb}: ${reference}\nDigest: ${digest}\n${hasUnderscore ? underscoreText(reference) : ''}`;
}

const underscoreText = (reference: string): string => `${reference} contains an underscore.

OCI artifact references (e.g. tags) do not support the plus sign (+). To support
storing semantic versions, Helm adopts the convention of changing plus (+) to
an underscore (_) in chart version tags when pushing to a registry and back to
a plus (+) when pulling from a registry.
`;

/** As Helm: its own file of registry credentials, then docker's. */
const credentialFiles = (own: string, { variables, home }: CommandContext['environment']): string[] => [
  own,
  join(variables.DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
];

/** What `findSource` and all above it need to know. */
export const sourceFlags = (context: CommandContext) => ({
  ...downloadFlags(context),
  places: placesOf(context),
  directory: context.environment.directory,
  repoUrl: context.flags.string('repo'),
  version: context.flags.string('version') || (context.flags.bool('devel') ? '>0.0.0-0' : ''),
  keyring: context.flags.bool('verify') ? context.flags.string('keyring') : undefined,
  log: context.log,
});

/** The repositories that are added, for shells: `name<tab>url`. */
export async function completeRepositories(context: CommandContext): Promise<string[]> {
  const { loadRepositories } = await import('../repo/repositories.ts');
  return loadRepositories(context.settings.repositoryConfig)
    .filter(({ name }) => !context.args.includes(name))
    .map(({ name, url }) => `${name}\t${url}`);
}

/** Milliseconds since the epoch by `SOURCE_DATE_EPOCH`, which is in seconds; undefined where it is not set. */
export function sourceDate({ environment }: CommandContext): number | undefined {
  const text = environment.variables.SOURCE_DATE_EPOCH;
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,11}$/.test(text))
    throw new Error(`SOURCE_DATE_EPOCH must be seconds since 1970, not ${JSON.stringify(text)}`);
  return Number(text) * 1000;
}

/** The first line of standard input, without its end. */
export const passwordFrom = async (stdin: CommandContext['stdin']): Promise<string> =>
  (await stdin()).replace(/\r?\n$/, '');
