/** Serves the cluster in the given folder until it is killed; tells its state and credentials in one line. */
import { serveCluster } from '../../src/cluster/serve.ts';

const { state, credentials } = await serveCluster({ dataDir: process.argv[2]!, port: 0 });
process.stdout.write(`${JSON.stringify({ state, credentials })}\n`);
