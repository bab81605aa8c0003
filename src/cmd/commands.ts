/** The command table: one row a command, in the order of its name. What a row loads is read only when it is called. */
import type { CommandRow } from './command.ts';

const GET: CommandRow[] = [
  {
    name: 'all',
    short: 'print everything recorded of a release',
    load: async () => ({ command: (await import('./get.ts')).all }),
  },
  {
    name: 'hooks',
    short: 'print the hooks of a release',
    load: async () => ({ command: (await import('./get.ts')).hooks }),
  },
  {
    name: 'manifest',
    short: 'print the manifest of a release',
    load: async () => ({ command: (await import('./get.ts')).manifest }),
  },
  {
    name: 'metadata',
    short: 'print what is known about a release',
    load: async () => ({ command: (await import('./get.ts')).metadata }),
  },
  {
    name: 'notes',
    short: 'print the notes of a release',
    load: async () => ({ command: (await import('./get.ts')).notes }),
  },
  {
    name: 'values',
    short: 'print the values of a release',
    load: async () => ({ command: (await import('./get.ts')).values }),
  },
];

const LONG = `
Portolan renders charts, installs them, and keeps their history, as Helm does.
Without a cluster at hand it uses one that it carries with it.

    portolan install web ./web --wait     install a chart, wait until it is ready
    portolan list                         list releases
    portolan upgrade web ./web            upgrade a release
    portolan rollback web                 go back to the revision before
    portolan template ./web               only render

Settings, beside flags and with Helm's names ('portolan env' shows them all):

    $KUBECONFIG             kubeconfig file; its current context is used
    $PORTOLAN_CLUSTER       "embedded": use the cluster that comes along
    $PORTOLAN_HOME          where that cluster keeps its data
    $HELM_NAMESPACE         namespace to work in
    $HELM_DRIVER            where records are kept: secret, configmap, memory
    $HELM_MAX_HISTORY       how many revisions to keep
    $HELM_CACHE_HOME, $HELM_CONFIG_HOME, $HELM_DATA_HOME
    $HELM_COLOR, $NO_COLOR  colors: never, auto, always
`;

export const ROOT: CommandRow = {
  name: 'portolan',
  short: 'A package manager for Kubernetes with a cluster aboard',
  long: LONG,
  commands: [
    { name: 'create', short: 'create a chart', load: () => import('./create.ts') },
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
    { name: 'install', short: 'install a chart', load: () => import('./install.ts') },
    { name: 'list', short: 'list releases', aliases: ['ls'], load: () => import('./list.ts') },
    { name: 'rollback', short: 'roll a release back to an earlier revision', load: () => import('./rollback.ts') },
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
    { name: 'version', short: 'print the version', load: () => import('./version.ts') },
  ],
};
