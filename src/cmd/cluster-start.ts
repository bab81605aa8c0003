/** `cluster start`: the embedded cluster as a process of its own, and kubectl's context for it. */
import { resolve } from 'node:path';
import { runningServer, startBackground } from '../cluster/background.ts';
import { loadCredentials } from '../cluster/credentials.ts';
import { enterContext, userKubeconfig } from '../cluster/user-kubeconfig.ts';
import { dataDirOf } from './cluster.ts';
import { CLUSTER_FLAGS } from './cluster-serve.ts';
import { type Command, noArgs } from './command.ts';

const LONG = `
Start the embedded cluster in the background. It listens on loopback over HTTPS;
the context 'portolan' is put into your kubeconfig and made the current one, so
that kubectl and helm talk to it. 'portolan cluster stop' puts back the context
you had.

    $ portolan cluster start
    $ kubectl get nodes
`;

export const command: Command = {
  use: 'start',
  long: LONG,
  args: noArgs,
  flags: CLUSTER_FLAGS,
  async run(context) {
    const { environment, flags, stdout, stderr, clock, signal } = context;
    const dataDir = dataDirOf(context);
    const running = runningServer(dataDir);
    const textOf = (name: string) =>
      name === 'label'
        ? Object.entries(flags.map(name))
            .map((pair) => pair.join('='))
            .join(',')
        : String(flags.string(name));
    const words = [
      'cluster',
      'serve',
      ...CLUSTER_FLAGS.flatMap(({ name }) => (flags.isSet(name) ? [`--${name}=${textOf(name)}`] : [])),
    ];
    const server = running ?? (await startBackground([environment.program, ...words], { dataDir, clock, signal }));
    const { ca, admin } = loadCredentials(dataDir, [], clock.now());
    stdout.write(
      `The embedded cluster ${running ? 'is running already' : 'is ready'} at ${server.url} (process ${server.pid})\n`,
    );
    const ignored = running ? CLUSTER_FLAGS.filter(({ name }) => flags.isSet(name)).map(({ name }) => `--${name}`) : [];
    if (ignored.length > 0)
      stderr.write(
        `Warning: ${ignored.join(', ')} had no effect. Stop the cluster first,\nor change its nodes with 'portolan cluster nodes'.\n`,
      );
    const path = resolve(environment.directory, userKubeconfig(environment.variables, environment.home));
    enterContext(path, { server: server.url, ca: ca.cert, ...admin }, dataDir);
    stdout.write(`Set the current context of ${path} to "portolan"\n`);
    return undefined;
  },
};
