/** `cluster serve`: the embedded cluster in the foreground; what `cluster start` runs. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { acceleratedClock } from '../clock.ts';
import { serveCluster } from '../cluster/serve.ts';
import { dataDirOf } from './cluster.ts';
import { NODE_FLAGS, nodeFlags } from './cluster-nodes.ts';
import { type Command, type CommandContext, noArgs } from './command.ts';
import type { Flag } from './flag.ts';
import type { FlagValues } from './parse.ts';

const LONG = `
Run the embedded cluster until ctrl-C. Its log goes to standard error.
`;

export const CLUSTER_FLAGS: Flag[] = [
  { name: 'port', type: 'uint', help: 'port to listen on; that of the last time, or any free one, where absent' },
  {
    name: 'host',
    type: 'string',
    default: '127.0.0.1',
    help: 'address to listen on; anything but loopback lets other machines in',
  },
  { name: 'nodes', type: 'uint', help: 'how many simulated nodes; those of the last time, or three, where absent' },
  ...NODE_FLAGS,
  { name: 'scenario', type: 'string', help: 'file that tells what is to go wrong in pods, nodes and the API' },
  { name: 'time-scale', type: 'float32', default: '1', help: 'how many times as fast as real time the cluster runs' },
];

export const command: Command = {
  use: 'serve',
  long: LONG,
  args: noArgs,
  flags: CLUSTER_FLAGS,
  async run(context) {
    const { flags, stdout, clock, log, signal } = context;
    const port = flags.number('port');
    const scale = flags.number('time-scale');
    if (!(scale > 0)) throw new Error('--time-scale must be more than 0');
    const served = await serveCluster({
      dataDir: dataDirOf(context),
      host: flags.string('host'),
      ...(port !== 0 && { port }),
      nodes: await nodesOf(flags),
      scenario: await scenarioOf(context),
      clock: scale === 1 ? clock : acceleratedClock(scale),
      log,
    });
    stdout.write(`The embedded cluster is ready at ${served.state.url}\n`);
    await new Promise<void>((resolve) =>
      signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve()),
    );
    await served.stop();
    return undefined;
  },
};

async function nodesOf(flags: FlagValues) {
  if (!flags.isSet('nodes')) {
    const without = NODE_FLAGS.find(({ name }) => flags.isSet(name));
    if (without) throw new Error(`--${without.name} tells of nodes that --nodes asks for`);
    return undefined;
  }
  const count = flags.number('nodes');
  const { MAX_NODES, nodeSpecs } = await import('../cluster/nodes.ts');
  if (count < 1 || count > MAX_NODES) throw new Error(`--nodes must be from 1 to ${MAX_NODES}, not ${count}`);
  return nodeSpecs(count, nodeFlags(flags));
}

async function scenarioOf({ flags, environment }: CommandContext) {
  const path = flags.string('scenario');
  if (path === '') return undefined;
  const { parseScenario } = await import('../cluster/scenario.ts');
  try {
    return parseScenario(readFileSync(resolve(environment.directory, path), 'utf8'));
  } catch (cause) {
    throw new Error(`read "${path}": ${(cause as Error).message}`, { cause });
  }
}
