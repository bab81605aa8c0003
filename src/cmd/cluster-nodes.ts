/** `cluster nodes`: the simulated nodes, changed while the cluster runs, or between two commands. */
import { isLabelValue, isQualifiedName } from '../api/names.ts';
import { isQuantity, parseQuantity } from '../api/quantity.ts';
import type { NodeSummary } from '../cluster/nodes.ts';
import { type Command, type CommandContext, exactArgs, maximumArgs, minimumArgs, noArgs } from './command.ts';
import { type Connected, connect } from './connect.ts';
import type { Flag } from './flag.ts';
import { OUTPUT_FLAG } from './flag-sets.ts';
import { formatted, tableText } from './output.ts';
import type { FlagValues } from './parse.ts';

/** What nodes have, with `cluster start` and here. */
export const NODE_FLAGS: Flag[] = [
  { name: 'cpu', type: 'string', default: '8', help: 'CPUs of each node' },
  { name: 'memory', type: 'string', default: '32Gi', help: 'memory of each node' },
  { name: 'label', type: 'stringToString', help: 'labels of the nodes: key1=val1,key2=val2' },
];

/** Throws before anything is changed: nodes that are refused later would have taken the place of others by then. */
export function nodeFlags(flags: FlagValues) {
  const [cpu, memory, labels] = [flags.string('cpu'), flags.string('memory'), flags.map('label')];
  const refuse = (flag: string, text: string, why: string) => {
    throw new Error(`invalid argument ${JSON.stringify(text)} for "--${flag}" flag: ${why}`);
  };
  for (const [flag, text] of Object.entries({ cpu, memory }))
    if (!isQuantity(text) || parseQuantity(text).unscaled <= 0n)
      refuse(flag, text, 'it is no amount such as 4 or 16Gi');
  for (const [key, value] of Object.entries(labels))
    for (const why of [...isQualifiedName(key), ...isLabelValue(value)]) refuse('label', `${key}=${value}`, why);
  return { cpu, memory, labels };
}

/** Always the cluster that comes along, whatever the kubeconfig says: no other has nodes that one could make. */
async function onCluster<T>(context: CommandContext, use: (cluster: Connected) => Promise<T>): Promise<T> {
  const cluster = await connect(
    { ...context, settings: { ...context.settings, kubeContext: 'portolan' } },
    { quiet: true },
  );
  try {
    return await use(cluster);
  } finally {
    await cluster.settle();
    await cluster.close();
  }
}

export const list: Command = {
  use: 'list',
  long: `
List the nodes of the embedded cluster, with what they have and how many pods
are on them. Labels of Kubernetes' own are not shown.
`,
  args: noArgs,
  flags: [OUTPUT_FLAG],
  async run(context) {
    const { listNodes } = await import('../cluster/nodes.ts');
    const nodes = await onCluster(context, ({ client }) => listNodes(client));
    context.stdout.write(formatted(context.flags.string('output'), nodes, () => tableOf(nodes)));
    return undefined;
  },
};

const HEAD = ['NAME', 'STATUS', 'CPU', 'MEMORY', 'PODS', 'LABELS'];

const tableOf = (nodes: NodeSummary[]): string =>
  tableText([
    HEAD,
    ...nodes.map(({ name, status, cpu, memory, pods, maxPods, labels }) => [
      name,
      status,
      cpu,
      memory,
      `${pods}/${maxPods}`,
      Object.entries(labels)
        .map((pair) => pair.join('='))
        .join(','),
    ]),
  ]);

const TIMEOUT: Flag = { name: 'timeout', type: 'duration', default: '5m0s', help: 'how long to wait' };

export const add: Command = {
  use: 'add [COUNT]',
  long: `
Add nodes to the embedded cluster, one where no number is given, and wait until
they are ready. Pods that found no place are placed on them.

    $ portolan cluster nodes add 2 --cpu 16 --memory 64Gi --label zone=b
`,
  args: maximumArgs(1),
  flags: [...NODE_FLAGS, TIMEOUT],
  async run(context) {
    const { args, flags, stdout, clock, signal } = context;
    const count = countOf(args[0] ?? '1');
    const { addNodes } = await import('../cluster/nodes.ts');
    const waiting = { clock, signal, timeout: flags.number('timeout') };
    const names = await onCluster(context, ({ client }) => addNodes(client, count, nodeFlags(flags), waiting));
    for (const name of names) stdout.write(`node "${name}" added\n`);
    return undefined;
  },
};

function countOf(text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw new Error(`how many nodes to add must be a whole number, not "${text}"`);
  return Number(text);
}

export const remove: Command = {
  use: 'remove NAME [NAME ...]',
  long: `
Take nodes out of the embedded cluster. Each is drained first: its pods are
evicted within what disruption budgets allow, and started elsewhere. With
--now the machine is simply gone, and its pods with it.
`,
  args: minimumArgs(1),
  flags: [{ name: 'now', type: 'bool', help: 'take the nodes away without draining them' }, TIMEOUT],
  complete: completeNodes,
  async run(context) {
    const { args, flags, stdout, clock, signal } = context;
    const { removeNode } = await import('../cluster/nodes.ts');
    const drain = flags.bool('now') ? undefined : { clock, signal, timeout: flags.number('timeout') };
    await onCluster(context, async ({ client }) => {
      for (const name of args) {
        await removeNode(client, name, drain);
        stdout.write(`node "${name}" removed\n`);
      }
    });
    return undefined;
  },
};

export const lose: Command = {
  use: 'lose NAME',
  long: `
Silence a node: it runs on, but the cluster hears nothing of it any more, as
when its network is gone. After 50 seconds it is NotReady, after five more
minutes its pods are started elsewhere.
`,
  args: exactArgs(1),
  flags: [],
  complete: completeNodes,
  run: (context) => silence(context, true, 'is lost'),
};

export const find: Command = {
  use: 'find NAME',
  long: `
Let a lost node be heard again.
`,
  args: exactArgs(1),
  flags: [],
  complete: completeNodes,
  run: (context) => silence(context, false, 'is found again'),
};

async function silence(context: CommandContext, lost: boolean, outcome: string): Promise<undefined> {
  const { setLost } = await import('../cluster/nodes.ts');
  const name = context.args[0]!;
  await onCluster(context, ({ client }) => setLost(client, name, lost));
  context.stdout.write(`node "${name}" ${outcome}\n`);
  return undefined;
}

async function completeNodes(context: CommandContext): Promise<string[]> {
  const { listNodes } = await import('../cluster/nodes.ts');
  const nodes = await onCluster(context, ({ client }) => listNodes(client));
  return nodes.map(({ name, status }) => `${name}\t${status}`);
}
