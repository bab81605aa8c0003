/** Flags that several commands share, with Helm's names, letters and defaults. */
import { join } from 'node:path';
import type { RenderChartOptions } from '../action/render.ts';
import type { CommandContext } from './command.ts';
import type { Flag } from './flag.ts';

export const VALUE_FLAGS: Flag[] = [
  { name: 'values', short: 'f', type: 'strings', help: 'YAML file or URL with values; may be repeated' },
  { name: 'set', type: 'stringArray', help: 'set values: key1=val1,key2=val2; may be repeated' },
  { name: 'set-string', type: 'stringArray', help: 'set values that are strings whatever they look like' },
  { name: 'set-file', type: 'stringArray', help: 'set values from files: key1=path1,key2=path2' },
  { name: 'set-json', type: 'stringArray', help: 'set JSON values: key1=json1,key2=json2, or one JSON object' },
  { name: 'set-literal', type: 'stringArray', help: 'set one string value, taken literally' },
];

/** Where a chart that is not on this disk comes from, and whether it is to be trusted. */
export const CHART_PATH_FLAGS: Flag[] = [
  { name: 'version', type: 'string', help: 'version of the chart, or a range of versions; the latest where absent' },
  { name: 'verify', type: 'bool', help: 'verify the package before using it' },
  {
    name: 'keyring',
    type: 'string',
    default: ({ variables, home }) => join(variables.GNUPGHOME ?? join(home, '.gnupg'), 'pubring.gpg'),
    help: 'public keys to verify with',
  },
  { name: 'repo', type: 'string', help: 'address of the repository to look for the chart in' },
  { name: 'username', type: 'string', help: 'user name for the repository' },
  { name: 'password', type: 'string', help: 'password for the repository' },
  { name: 'cert-file', type: 'string', help: 'certificate to present to the repository' },
  { name: 'key-file', type: 'string', help: 'key of that certificate' },
  { name: 'insecure-skip-tls-verify', type: 'bool', help: "do not check the repository's certificate" },
  { name: 'plain-http', type: 'bool', help: 'download over plain HTTP' },
  { name: 'ca-file', type: 'string', help: "certificate authority of the repository's certificate" },
  { name: 'pass-credentials', type: 'bool', help: 'send credentials to every host, redirects too' },
];

export const OUTPUT_FLAG: Flag = {
  name: 'output',
  short: 'o',
  type: 'format',
  help: 'print as table, json or yaml',
};

export const REVISION_FLAG: Flag = { name: 'revision', type: 'int', help: 'take this revision of the release' };

export const WAIT_FLAG: Flag = {
  name: 'wait',
  type: 'WaitStrategy',
  bare: 'watcher',
  help: "wait until resources are ready, at most --timeout; how: 'watcher', 'legacy', or 'hookOnly' for hooks alone",
};

export const WAIT_FOR_JOBS_FLAG: Flag = {
  name: 'wait-for-jobs',
  type: 'bool',
  help: 'with --wait, wait for jobs to complete as well',
};

export const TIMEOUT_FLAG: Flag = {
  name: 'timeout',
  type: 'duration',
  default: '5m0s',
  help: 'how long to wait for any one operation, hooks among them',
};

export const DRY_RUN_FLAG: Flag = {
  name: 'dry-run',
  type: 'string',
  default: 'none',
  bare: 'unset',
  help: "change nothing: 'client' does not contact the cluster, 'server' does; 'none' is no dry run",
};

export const QUIET_FLAG: Flag = {
  name: 'quiet',
  short: 'q',
  type: 'bool',
  help: 'show no progress; else it is told on standard error, with -o json as lines of JSON',
};

export const FORCE_FLAGS: Flag[] = [
  { name: 'force-replace', type: 'bool', help: 'update objects by replacing them' },
  { name: 'force', type: 'bool', help: 'update objects by replacing them', deprecated: 'use --force-replace instead' },
  { name: 'force-conflicts', type: 'bool', help: 'take over fields that others manage' },
];
export const FORCE_GROUPS = [
  ['force-replace', 'force-conflicts'],
  ['force', 'force-conflicts'],
];

export const POST_RENDER_FLAGS: Flag[] = [
  {
    name: 'post-renderer',
    type: 'postRendererString',
    help: 'plugin that all rendered manifests go through',
    check: async (name, context) => (await import('./post-render.ts')).findPostRenderer(name, context),
  },
  {
    name: 'post-renderer-args',
    type: 'postRendererArgsSlice',
    help: 'argument for the post-renderer; may be repeated',
  },
];

/** The manifests go through that plugin where one is asked for. */
export const postRendering = (context: CommandContext): { postRender?: RenderChartOptions['postRender'] } =>
  context.flags.string('post-renderer') === ''
    ? {}
    : { postRender: async (files) => (await import('./post-render.ts')).postRender(context, files) };

export const ROLLBACK_ON_FAILURE_FLAGS: Flag[] = [
  {
    name: 'rollback-on-failure',
    type: 'bool',
    help: 'undo what was done when it fails; waits with "watcher" where --wait is absent',
  },
  { name: 'atomic', type: 'bool', help: 'the same', deprecated: 'use --rollback-on-failure instead' },
];

/** What `install` and `template` have in common. */
export const INSTALL_FLAGS: Flag[] = [
  { name: 'create-namespace', type: 'bool', help: 'create the namespace of the release if it does not exist' },
  ...FORCE_FLAGS,
  { name: 'server-side', type: 'bool', default: 'true', help: 'let the server apply objects' },
  { name: 'no-hooks', type: 'bool', help: 'run no hooks' },
  { name: 'replace', type: 'bool', help: 'reuse the name of a deleted release that is still in the history' },
  TIMEOUT_FLAG,
  WAIT_FOR_JOBS_FLAG,
  { name: 'generate-name', short: 'g', type: 'bool', help: 'make up a name; then NAME is left out' },
  { name: 'name-template', type: 'string', help: 'Go template that names the release' },
  { name: 'description', type: 'string', help: 'description of this revision' },
  { name: 'devel', type: 'bool', help: "use development versions too; the same as --version '>0.0.0-0'" },
  { name: 'dependency-update', type: 'bool', help: 'fetch missing dependencies first' },
  { name: 'disable-openapi-validation', type: 'bool', help: 'do not have manifests validated by the cluster' },
  ...ROLLBACK_ON_FAILURE_FLAGS,
  { name: 'skip-crds', type: 'bool', help: 'install no custom resource definitions' },
  { name: 'render-subchart-notes', type: 'bool', help: 'render the notes of subcharts too' },
  { name: 'skip-schema-validation', type: 'bool', help: "do not check values against the chart's schema" },
  { name: 'labels', short: 'l', type: 'stringToString', help: 'labels for the release record: key1=val1,key2=val2' },
  { name: 'enable-dns', type: 'bool', help: 'allow templates to look up host names' },
  { name: 'hide-notes', type: 'bool', help: 'do not print the notes' },
  { name: 'take-ownership', type: 'bool', help: 'take over objects that belong to no or another release' },
  ...VALUE_FLAGS,
  ...CHART_PATH_FLAGS,
  WAIT_FLAG,
];
