/** `cluster nodes` where no server runs: the command opens the cluster itself, and leaves it on disk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../src/clock.ts';
import { runCommandLine } from '../../src/cmd/run.ts';
import { testIo } from './io.ts';

test('nodes are listed, added, lost, found and removed', async () => {
  const home = mkdtempSync(join(tmpdir(), 'portolan-cluster-nodes-'));
  const run = async (...args: string[]) => {
    const io = testIo({ variables: { PORTOLAN_HOME: home }, home, directory: home });
    const code = await runCommandLine(['cluster', ...args], { ...io, clock: realClock });
    return `${code} ${io.out.stdout}${io.out.stderr}`;
  };
  const table = async () => (await run('nodes', 'list')).split('\n').map((line) => line.trimEnd());
  try {
    assert.equal(await table(), [
      '0 NAME      \tSTATUS\tCPU\tMEMORY\tPODS \tLABELS',
      'portolan-1\tReady \t8  \t32Gi  \t0/110',
      'portolan-2\tReady \t8  \t32Gi  \t0/110',
      'portolan-3\tReady \t8  \t32Gi  \t0/110',
      '',
    ]);
    assert.is(
      await run('nodes', 'add', '2', '--cpu=16', '--memory=64Gi', '--label=zone=b'),
      '0 node "portolan-4" added\nnode "portolan-5" added\n',
    );
    assert.is(
      await run('nodes', 'remove', 'portolan-1', 'portolan-2'),
      '0 node "portolan-1" removed\nnode "portolan-2" removed\n',
    );
    assert.is(await run('nodes', 'rm', '--now', 'portolan-5'), '0 node "portolan-5" removed\n');
    assert.is(await run('nodes', 'lose', 'portolan-3'), '0 node "portolan-3" is lost\n');
    assert.equal(await table(), [
      '0 NAME      \tSTATUS\tCPU\tMEMORY\tPODS \tLABELS',
      'portolan-3\tReady \t8  \t32Gi  \t0/110',
      'portolan-4\tReady \t16 \t64Gi  \t0/110\tzone=b',
      '',
    ]);
    assert.is(await run('nodes', 'find', 'portolan-3'), '0 node "portolan-3" is found again\n');
    assert.match(await run('nodes', 'list', '-o', 'json'), '"cpu":"16"');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

for (const [args, message] of [
  [['nodes', 'add', 'many'], 'Error: how many nodes to add must be a whole number, not "many"\n'],
  [['nodes', 'add', '0'], 'Error: how many nodes to add must be a whole number, not "0"\n'],
  [['nodes', 'remove', 'nope'], 'Error: nodes "nope" not found\n'],
  [['serve', '--cpu', '4'], 'Error: --cpu tells of nodes that --nodes asks for\n'],
  [['serve', '--nodes', '0'], 'Error: --nodes must be from 1 to 1000, not 0\n'],
  [['serve', '--nodes', '1001'], 'Error: --nodes must be from 1 to 1000, not 1001\n'],
  [
    ['serve', '--nodes', '1', '--cpu', 'abc'],
    'Error: invalid argument "abc" for "--cpu" flag: it is no amount such as 4 or 16Gi\n',
  ],
  [
    ['nodes', 'add', '--memory', '-1Gi'],
    'Error: invalid argument "-1Gi" for "--memory" flag: it is no amount such as 4 or 16Gi\n',
  ],
  [
    ['nodes', 'add', '--label', 'a b=c'],
    /^Error: invalid argument "a b=c" for "--label" flag: name part must consist of /,
  ],
  [
    ['sart'],
    'Error: unknown command "sart" for "portolan cluster"\n\nDid you mean this?\n\tstart\n\n' +
      "Run 'portolan cluster --help' for usage.\n",
  ],
  [
    ['serve', '--scenario', 'nope.yaml'],
    /^Error: read "nope\.yaml": ENOENT: no such file or directory, open '.*nope\.yaml'\n$/,
  ],
] as [string[], string | RegExp][])
  test(`refused: cluster ${args.join(' ')}`, async () => {
    const home = mkdtempSync(join(tmpdir(), 'portolan-cluster-nodes-'));
    try {
      const io = testIo({ variables: { PORTOLAN_HOME: home }, home, directory: home });
      assert.is(await runCommandLine(['cluster', ...args], { ...io, clock: realClock }), 1);
      if (typeof message === 'string') assert.is(io.out.stderr, message);
      else assert.match(io.out.stderr, message);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

test.run();
