/** From nothing to "bookinfo ready", and what the plane costs alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { realClock } from '../../src/clock.ts';
import { openEmbedded } from '../../src/cluster/embedded.ts';
import { inFolder, median, ms, printTable, program, residentMegabytes, runProcess, timed } from './measure.ts';

const RUNS = 7;

export async function run(): Promise<void> {
  const installs: number[] = [];
  const boots: number[] = [];
  for (let i = 0; i < RUNS; i++)
    await inFolder(async (folder) => {
      const env = { HOME: folder, PORTOLAN_HOME: folder };
      installs.push(
        runProcess(process.execPath, [program, 'install', 'bookinfo', 'charts/bookinfo', '--wait'], env).ms,
      );
      boots.push(await bootTime(join(folder, 'other')));
    });
  printTable(
    'The main job',
    ['work', 'median'],
    [
      ['from an empty data directory to bookinfo ready, whole process', ms(median(installs))],
      ['boot of the control plane to Ready nodes, warm process', ms(median(boots))],
      ['resident memory of the server with bookinfo ready', await memory()],
    ],
  );
}

function memory(): Promise<string> {
  return inFolder(async (folder) => {
    const env = { HOME: folder, PORTOLAN_HOME: folder, KUBECONFIG: join(folder, 'kubeconfig') };
    const portolan = (...args: string[]) => runProcess(process.execPath, [program, ...args], env);
    portolan('cluster', 'start');
    try {
      portolan('install', 'bookinfo', 'charts/bookinfo', '--wait');
      const { pid } = JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8')) as { pid: number };
      return `${Math.round(residentMegabytes(pid))} MB`;
    } catch (error) {
      return `not told: ${(error as Error).message}`;
    } finally {
      portolan('cluster', 'stop');
    }
  });
}

async function bootTime(dataDir: string): Promise<number> {
  let stop = async () => {};
  const elapsed = await timed(async () => {
    const cluster = await openEmbedded({ dataDir, clock: realClock });
    stop = cluster.stop;
    await cluster.plane.settled();
  });
  await stop();
  return elapsed;
}
