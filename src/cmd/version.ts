/** `version`: which version of Portolan this is, and of Helm whose behaviour it has. */
import { type Command, noArgs } from './command.ts';

declare const PORTOLAN_VERSION: string | undefined;

/** The version of the package; the bundler puts it in. */
const portolanVersion = (): string => (typeof PORTOLAN_VERSION === 'undefined' ? '0.0.0-dev' : PORTOLAN_VERSION);

const HELM = 'v4.2.3';
const KUBERNETES = 'v1.36';

const LONG = `
Print the version of Helm that commands, templates and records are compatible
with, and Portolan's own.

--template prints through a Go template, which knows .Version (Helm's),
.Portolan, .NodeVersion and .KubeClientVersion.
`;

export const command: Command = {
  use: 'version',
  long: LONG,
  args: noArgs,
  flags: [
    { name: 'short', type: 'bool', help: 'print the version numbers alone' },
    { name: 'template', type: 'string', help: 'Go template to print with' },
  ],
  async run({ flags, stdout, environment }) {
    const portolan = portolanVersion();
    const fields = {
      Version: HELM,
      Portolan: `v${portolan}`,
      NodeVersion: environment.node,
      KubeClientVersion: KUBERNETES,
    };
    const template = flags.string('template');
    if (template !== '') {
      const { runGoTemplate, structOf } = await import('./go-template.ts');
      const data = structOf('version.BuildInfo', { ...fields, GitCommit: '', GitTreeState: '', GoVersion: '' });
      stdout.write(runGoTemplate(template, data, { name: '_' }));
    } else if (flags.bool('short')) stdout.write(`${HELM}+portolan.${portolan}\n`);
    else {
      const pairs = Object.entries(fields).map(([name, value]) => `${name}:${JSON.stringify(value)}`);
      stdout.write(`version.BuildInfo{${pairs.join(', ')}}\n`);
    }
    return undefined;
  },
};
