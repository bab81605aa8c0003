/** Downloads a chart into a folder, as an archive or unpacked. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { unpackChart } from '../archive/pack.ts';
import { loadArchive } from '../chart/load.ts';
import { archiveName } from '../chart/save.ts';
import { type LocateOptions, locateChart } from '../repo/locate.ts';
import { writeAtomic } from '../repo/repositories.ts';

export interface PullOptions extends LocateOptions {
  destination: string;
  untar: boolean;
  /** Below `destination` unless it is absolute. */
  untarDir: string;
}

/** Answers the path of the archive or of the chart's directory. Throws Helm's words. */
export async function pullChart(reference: string, options: PullOptions): Promise<string> {
  const bytes = readFileSync(await locateChart(reference, options));
  const destination = resolve(options.directory, options.destination);
  const chart = loadArchive(bytes, { log: options.log });
  if (!options.untar) {
    if (!existsSync(destination))
      throw new Error(`open ${join(destination, archiveName(chart))}: no such file or directory`);
    const path = join(destination, archiveName(chart));
    writeAtomic(path, bytes, 0o644);
    return path;
  }
  const parent = isAbsolute(options.untarDir) ? options.untarDir : join(destination, options.untarDir);
  const wanted = join(parent, basename(reference));
  if (existsSync(wanted))
    throw new Error(`failed to untar: a file or directory with the name ${wanted} already exists`);
  const directory = join(parent, chart.metadata.name);
  await unpackChart(bytes, directory);
  return directory;
}
