/** `search repo`: charts of the user's repositories by keyword. */
import { type SearchRepoOptions, type SearchResult, searchRepositories } from '../action/search-repo.ts';
import { isOci } from '../registry/reference.ts';
import { anyArgs, type Command, type CommandContext } from './command.ts';
import { CHART_PATH_FLAGS, OUTPUT_FLAG } from './flag-sets.ts';
import { formatted, tableText } from './output.ts';
import { downloadFlags, placesOf } from './repositories.ts';

const LONG = `
Search names, descriptions and keywords of the charts in your repositories, as
last fetched by 'portolan repo update'. Versions that are pre-releases are
shown with --devel or by a --version that allows them.

    $ portolan search repo mysql
    $ portolan search repo mysql --versions
    $ portolan search repo mysql --version ^8.0.0

Registries have nothing to search in; of a chart in one the versions are listed:

    $ portolan search repo oci://registry.example/charts/mysql --versions
`;

const FOR_REGISTRIES = new Set([
  'username',
  'password',
  'cert-file',
  'key-file',
  'ca-file',
  'insecure-skip-tls-verify',
  'plain-http',
]);

export const command: Command = {
  use: 'repo [keyword]',
  long: LONG,
  args: anyArgs,
  flags: [
    { name: 'regexp', short: 'r', type: 'bool', help: 'the keyword is a regular expression' },
    { name: 'versions', short: 'l', type: 'bool', help: 'show every version of a chart' },
    { name: 'devel', type: 'bool', help: "show development versions too; the same as --version '>0.0.0-0'" },
    { name: 'version', type: 'string', help: 'show versions that this constraint allows' },
    { name: 'max-col-width', type: 'uint', default: '50', help: 'widest a column may be' },
    { name: 'fail-on-no-result', type: 'bool', help: 'fail where nothing is found' },
    OUTPUT_FLAG,
    ...CHART_PATH_FLAGS.filter(({ name }) => FOR_REGISTRIES.has(name)),
  ],
  async run(context) {
    const { args, flags, stdout } = context;
    const results = await resultsOf(args.join(' '), context);
    if (results.length === 0 && flags.bool('fail-on-no-result')) throw new Error('no results found');
    const rows = results.map(({ name, entry }) => ({
      name,
      version: entry.version,
      app_version: entry.appVersion ?? '',
      description: entry.description ?? '',
    }));
    stdout.write(
      formatted(flags.string('output'), rows, () =>
        rows.length === 0
          ? 'No results found\n'
          : tableText(
              [['NAME', 'CHART VERSION', 'APP VERSION', 'DESCRIPTION'], ...rows.map((row) => Object.values(row))],
              flags.number('max-col-width'),
            ),
      ),
    );
    return undefined;
  },
};

async function resultsOf(keyword: string, context: CommandContext): Promise<SearchResult[]> {
  const { flags, log } = context;
  const [versions, version, devel] = [flags.bool('versions'), flags.string('version'), flags.bool('devel')];
  if (isOci(keyword)) {
    const { searchRegistry } = await import('../action/search-oci.ts');
    return searchRegistry(keyword, { versions, version, devel, download: downloadFlags(context) });
  }
  const compile = flags.bool('regexp') ? await regularExpressions() : undefined;
  return searchRepositories({ places: placesOf(context), keyword, compile, versions, version, devel, log });
}

/** Linear in the text, whatever the pattern. */
async function regularExpressions(): Promise<SearchRepoOptions['compile']> {
  const { RE2JS } = await import('re2js');
  return (pattern) => {
    const compiled = RE2JS.compile(pattern);
    return {
      index(text) {
        const matcher = compiled.matcher(text);
        return matcher.find() ? matcher.start() : -1;
      },
    };
  };
}
