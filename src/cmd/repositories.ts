/** What commands that deal with repositories have in common. */
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
export const downloadFlags = ({ flags }: CommandContext) => ({
  username: flags.string('username'),
  password: flags.string('password'),
  certFile: flags.string('cert-file'),
  keyFile: flags.string('key-file'),
  caFile: flags.string('ca-file'),
  insecureSkipTlsVerify: flags.bool('insecure-skip-tls-verify'),
  passCredentialsAll: flags.bool('pass-credentials'),
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
