/** NOTES.txt: rendered like the rest, but shown to the user in place of the cluster. */
import { compareStrings } from '../template/value.ts';

const NOTES = 'NOTES.txt';

/** Takes all notes out of `files`; answers the chart's own, or with `subNotes` those of its subcharts too. */
export function takeNotes(files: Map<string, string>, chartName: string, { subNotes = false } = {}): string {
  const notes: string[] = [];
  for (const path of [...files.keys()].sort(compareStrings)) {
    const name = path.replace(/\.hbs$/, '');
    if (!name.endsWith(NOTES)) continue;
    if (subNotes || name === `${chartName}/templates/${NOTES}`) notes.push(files.get(path)!);
    files.delete(path);
  }
  return notes.filter((note) => note !== '').join('\n');
}
