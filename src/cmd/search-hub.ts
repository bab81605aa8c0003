/** `search hub`: charts that are listed at Artifact Hub, or at another hub of the same kind. */
import { type DownloadOptions, download } from '../repo/download.ts';
import { anyArgs, type Command } from './command.ts';
import { OUTPUT_FLAG } from './flag-sets.ts';
import { formatted, tableText } from './output.ts';
import { networkOf } from './repositories.ts';

const LONG = `
Search Artifact Hub, or the hub at --endpoint, for charts of all the world.

    $ portolan search hub mysql
`;

export const command: Command = {
  use: 'hub [KEYWORD]',
  long: LONG,
  args: anyArgs,
  flags: [
    { name: 'endpoint', type: 'string', default: 'https://hub.helm.sh', help: 'address of the hub' },
    { name: 'max-col-width', type: 'uint', default: '50', help: 'widest a column may be' },
    { name: 'list-repo-url', type: 'bool', help: 'show the addresses of repositories' },
    { name: 'fail-on-no-result', type: 'bool', help: 'fail where nothing is found' },
    OUTPUT_FLAG,
  ],
  async run(context) {
    const { args, flags, stdout, log } = context;
    const endpoint = flags.string('endpoint');
    if (!/^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(endpoint))
      throw new Error(`unable to create connection to ${JSON.stringify(endpoint)}: no hostname provided`);
    const found = await search(endpoint, args.join(' '), networkOf(context)).catch((cause: Error) => {
      log.debug('search failed', { error: cause.message });
      throw new Error(`unable to perform search against ${JSON.stringify(endpoint)}`, { cause });
    });
    if (found.length === 0 && flags.bool('fail-on-no-result')) throw new Error('no results found');
    const withUrls = flags.bool('list-repo-url');
    stdout.write(
      formatted(flags.string('output'), found, () => {
        if (found.length === 0) return 'No results found\n';
        const head = ['URL', 'CHART VERSION', 'APP VERSION', 'DESCRIPTION', ...(withUrls ? ['REPO URL'] : [])];
        const rows = found.map(({ url, version, app_version, description, repository }) => [
          url,
          version,
          app_version,
          description,
          ...(withUrls ? [repository.url] : []),
        ]);
        return tableText([head, ...rows], flags.number('max-col-width'));
      }),
    );
    return undefined;
  },
};

interface HubAnswer {
  data?: {
    id: string;
    artifactHub?: { packageUrl?: string };
    attributes?: { description?: string; repo?: { name?: string; url?: string } };
    relationships?: { latestChartVersion?: { data?: { version?: string; app_version?: string } } };
  }[];
}

async function search(endpoint: string, words: string, network: DownloadOptions) {
  const url = new URL('api/chartsvc/v1/charts/search', endpoint.replace(/\/*$/, '/'));
  url.search = `q=${encodeURIComponent(words).replaceAll('%20', '+')}`;
  const answer = JSON.parse(new TextDecoder().decode(await download(url.href, network))) as HubAnswer;
  return (answer.data ?? []).map(({ id, artifactHub, attributes, relationships }) => {
    const newest = relationships?.latestChartVersion?.data;
    return {
      url: artifactHub?.packageUrl || `${endpoint}/charts/${id}`,
      version: newest?.version ?? '',
      app_version: newest?.app_version ?? '',
      description: attributes?.description ?? '',
      repository: { url: attributes?.repo?.url ?? '', name: attributes?.repo?.name ?? '' },
    };
  });
}
