/** The command table: one row a command, in the order of its name. What a row loads is read only when it is called. */
import type { Command, CommandRow } from './command.ts';

/** A row whose module holds several commands. */
const member = <Name extends string>(
  name: Name,
  short: string,
  load: () => Promise<{ [name in Name]: Command }>,
  rest: Partial<CommandRow> = {},
): CommandRow => ({ name, short, ...rest, load: async () => ({ command: (await load())[name] }) });

const get = () => import('./get.ts');
const show = () => import('./show.ts');
const completion = () => import('./completion.ts');
const diff = () => import('./diff.ts');
const dependency = () => import('./dependency.ts');
const plugin = () => import('./plugin.ts');
const nodes = () => import('./cluster-nodes.ts');

const CLUSTER_NODES: CommandRow[] = [
  member('add', 'add nodes', nodes),
  member('find', 'let a lost node be heard again', nodes),
  member('list', 'list the nodes', nodes, { aliases: ['ls'] }),
  member('lose', 'silence a node', nodes),
  member('remove', 'drain nodes and take them away', nodes, { aliases: ['rm'] }),
];

const CLUSTER: CommandRow[] = [
  { name: 'kubeconfig', short: 'print a kubeconfig for the cluster', load: () => import('./cluster-kubeconfig.ts') },
  {
    name: 'nodes',
    short: 'look at the nodes, add and remove some',
    long: 'The simulated nodes of the embedded cluster, changed while it runs or while it does not.',
    commands: CLUSTER_NODES,
    strict: true,
  },
  {
    name: 'reset',
    short: 'forget everything in the cluster',
    suggestFor: ['delete', 'destroy'],
    load: () => import('./cluster-reset.ts'),
  },
  { name: 'serve', short: 'run the cluster in the foreground', load: () => import('./cluster-serve.ts') },
  {
    name: 'start',
    short: 'start the cluster in the background',
    suggestFor: ['create', 'up'],
    load: () => import('./cluster-start.ts'),
  },
  {
    name: 'status',
    short: 'tell whether the cluster runs',
    suggestFor: ['get', 'list'],
    load: () => import('./cluster-status.ts'),
  },
  { name: 'stop', short: 'stop the cluster', load: () => import('./cluster-stop.ts') },
];

const COMPLETION: CommandRow[] = [
  member('bash', 'print the completion script for bash', completion),
  member('fish', 'print the completion script for fish', completion),
  member('powershell', 'print the completion script for powershell', completion),
  member('zsh', 'print the completion script for zsh', completion),
];

const DEPENDENCY: CommandRow[] = [
  member('build', 'bring what Chart.lock names into charts/', dependency),
  member('list', 'list the dependencies of a chart', dependency, { aliases: ['ls'] }),
  member('update', 'bring what Chart.yaml allows into charts/', dependency, { aliases: ['up'] }),
];

const DIFF: CommandRow[] = [
  member('release', 'show in what two releases differ', diff),
  member('revision', 'show what changed between two revisions', diff),
  member('rollback', 'show what a rollback would change', diff),
  member('upgrade', 'show what an upgrade would change', diff),
];

const GET: CommandRow[] = [
  member('all', 'print everything recorded of a release', get),
  member('hooks', 'print the hooks of a release', get),
  member('manifest', 'print the manifest of a release', get),
  member('metadata', 'print what is known about a release', get),
  member('notes', 'print the notes of a release', get),
  member('values', 'print the values of a release', get),
];

const PLUGIN: CommandRow[] = [
  { name: 'install', short: 'install a plugin', aliases: ['add'], load: () => import('./plugin-install.ts') },
  member('list', 'list the plugins that are installed', plugin, { aliases: ['ls'] }),
  { name: 'package', short: 'pack a plugin into an archive', load: () => import('./plugin-package.ts') },
  member('uninstall', 'uninstall plugins', plugin, { aliases: ['rm', 'remove'] }),
  member('update', 'update plugins', plugin, { aliases: ['up'] }),
  member('verify', 'verify the archive of a plugin', plugin),
];

const REPO: CommandRow[] = [
  { name: 'add', short: 'add a repository', load: () => import('./repo-add.ts') },
  { name: 'index', short: 'make the index of a directory of charts', load: () => import('./repo-index.ts') },
  { name: 'list', short: 'list repositories', aliases: ['ls'], load: () => import('./repo-list.ts') },
  { name: 'remove', short: 'remove repositories', aliases: ['rm'], load: () => import('./repo-remove.ts') },
  { name: 'serve', short: 'serve a folder of charts on this machine', load: () => import('./repo-serve.ts') },
  {
    name: 'update',
    short: 'fetch the indexes of repositories',
    aliases: ['up'],
    load: () => import('./repo-update.ts'),
  },
];

const SHOW: CommandRow[] = [
  member('all', 'print all of the following', show),
  member('chart', 'print the definition of a chart', show),
  member('crds', 'print the custom resource definitions of a chart', show),
  member('readme', 'print the readme of a chart', show),
  member('values', 'print the values of a chart', show),
];

const LONG = `
Portolan renders charts, installs them, and keeps their history, as Helm does.
Without a cluster at hand it uses one that it carries with it.

    portolan install web ./web --wait     install a chart and wait until ready
    portolan list                         list releases
    portolan upgrade web ./web            upgrade a release
    portolan rollback web                 go back to the revision before
    portolan template ./web               only render
    portolan cluster start                let kubectl see the cluster aboard

Settings, beside flags and with Helm's names ('portolan env' shows them all):

    $KUBECONFIG             kubeconfig file; its current context is used
    $PORTOLAN_CLUSTER       "embedded": use the cluster that comes along
    $PORTOLAN_HOME          where that cluster keeps its data
    $HELM_NAMESPACE         namespace to work in
    $HELM_DRIVER            keeps records: secret, configmap, memory or sql, for
                            which $HELM_DRIVER_SQL_CONNECTION_STRING stands
    $HELM_MAX_HISTORY       how many revisions to keep
    $HELM_CACHE_HOME, $HELM_CONFIG_HOME, $HELM_DATA_HOME
    $HELM_COLOR, $NO_COLOR  colors: never, auto, always
`;

export const ROOT: CommandRow = {
  name: 'portolan',
  short: 'A package manager for Kubernetes with a cluster aboard',
  long: LONG,
  commands: [
    {
      name: 'cluster',
      short: 'start, stop and look after the cluster that comes along',
      long: 'Start, stop and look after the cluster that comes along with Portolan.',
      commands: CLUSTER,
      strict: true,
    },
    {
      name: 'completion',
      short: 'print completion scripts for shells',
      long: 'Print completion scripts for shells.',
      commands: COMPLETION,
    },
    { name: 'create', short: 'create a chart', load: () => import('./create.ts') },
    {
      name: 'dependency',
      short: 'bring the charts that a chart depends on',
      long: 'Look after the charts that a chart depends on: declared in Chart.yaml, locked in\nChart.lock, kept in charts/.',
      aliases: ['dep', 'dependencies'],
      commands: DEPENDENCY,
    },
    {
      name: 'diff',
      short: 'show what would change',
      long: 'Show what would change, or has changed, object by object. Secrets are masked.',
      commands: DIFF,
      strict: true,
    },
    { name: 'env', short: 'print the settings in effect', load: () => import('./env.ts') },
    {
      name: 'get',
      short: 'print what is recorded of a release',
      long: 'Print what is recorded of a release: values, manifest, notes, hooks, metadata.',
      commands: GET,
    },
    { name: 'help', short: 'help about any command' },
    {
      name: 'history',
      short: 'list the revisions of a release',
      aliases: ['hist'],
      load: () => import('./history.ts'),
    },
    { name: 'init', short: 'prepare directories and the bundled repository', load: () => import('./init.ts') },
    { name: 'install', short: 'install a chart', load: () => import('./install.ts') },
    { name: 'lint', short: 'look at charts for mistakes', load: () => import('./lint.ts') },
    { name: 'list', short: 'list releases', aliases: ['ls'], load: () => import('./list.ts') },
    { name: 'package', short: 'pack a chart into an archive', load: () => import('./package.ts') },
    {
      name: 'plugin',
      short: 'install, list and uninstall plugins',
      long: 'Look after plugins, those of Helm: commands, downloaders and post-renderers that others have made.',
      commands: PLUGIN,
    },
    { name: 'publish', short: 'put charts into a repository', load: () => import('./publish.ts') },
    { name: 'pull', short: 'download a chart', aliases: ['fetch'], load: () => import('./pull.ts') },
    { name: 'push', short: 'put a chart into a registry', load: () => import('./push.ts') },
    {
      name: 'registry',
      short: 'log in to and out of registries',
      long: 'Log in to registries that hold charts, and out of them.',
      commands: [
        { name: 'login', short: 'log in to a registry', load: () => import('./registry-login.ts') },
        { name: 'logout', short: 'log out of a registry', load: () => import('./registry-logout.ts') },
      ],
    },
    {
      name: 'release',
      short: 'help releases that are stuck',
      long: 'Help releases that are stuck.',
      commands: [{ name: 'unlock', short: 'end what is pending', load: () => import('./release-unlock.ts') }],
      strict: true,
    },
    { name: 'renderer', short: 'a thread of template --all', hidden: true, load: () => import('./template-worker.ts') },
    {
      name: 'repo',
      short: 'add, list, update and make repositories of charts',
      long: 'Look after repositories of charts: add, list, remove, update and make them.',
      commands: REPO,
    },
    { name: 'rollback', short: 'roll a release back to an earlier revision', load: () => import('./rollback.ts') },
    {
      name: 'search',
      short: 'search for charts',
      long: 'Search for charts in the repositories that were added.',
      commands: [
        { name: 'hub', short: 'search Artifact Hub', load: () => import('./search-hub.ts') },
        { name: 'repo', short: 'search the repositories that were added', load: () => import('./search-repo.ts') },
      ],
    },
    {
      name: 'show',
      short: 'print what a chart says of itself',
      long: 'Print what a chart says of itself: definition, values, readme.',
      aliases: ['inspect'],
      commands: SHOW,
    },
    { name: 'status', short: 'show how a release is', load: () => import('./status.ts') },
    { name: 'template', short: 'render the templates of a chart', load: () => import('./template.ts') },
    { name: 'test', short: 'run the tests of a release', load: () => import('./test.ts') },
    {
      name: 'uninstall',
      short: 'uninstall releases',
      aliases: ['del', 'delete', 'un'],
      suggestFor: ['remove', 'rm'],
      load: () => import('./uninstall.ts'),
    },
    { name: 'upgrade', short: 'upgrade a release', load: () => import('./upgrade.ts') },
    { name: 'verify', short: 'verify a chart by its provenance file', load: () => import('./verify.ts') },
    { name: 'version', short: 'print the version', load: () => import('./version.ts') },
  ],
};
