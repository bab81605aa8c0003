/** `cluster kubeconfig`: prints a kubeconfig for the embedded cluster alone. */
import { runningServer } from '../cluster/background.ts';
import { loadCredentials } from '../cluster/credentials.ts';
import { kubeconfigFor } from '../cluster/kubeconfig-entry.ts';
import { dataDirOf } from './cluster.ts';
import { type Command, noArgs } from './command.ts';

const LONG = `
Print a kubeconfig that leads to the embedded cluster and to nothing else.

    $ portolan cluster kubeconfig > cluster.yaml
    $ kubectl --kubeconfig cluster.yaml get pods
`;

export const command: Command = {
  use: 'kubeconfig',
  long: LONG,
  args: noArgs,
  flags: [],
  async run(context) {
    const { stdout, clock } = context;
    const dataDir = dataDirOf(context);
    const server = runningServer(dataDir);
    if (server === undefined)
      throw new Error("the embedded cluster does not run in the background; start it with 'portolan cluster start'");
    const { ca, admin } = loadCredentials(dataDir, [], clock.now());
    stdout.write(kubeconfigFor({ server: server.url, ca: ca.cert, ...admin }));
    return undefined;
  },
};
