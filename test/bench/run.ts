/**
 * The benchmark: what the README's figures come from. `npm run bench` runs all of it, `npm run bench -- render` a part.
 * Where real helm is at hand its figure stands beside ours, from the same run.
 */
import { availableParallelism, cpus } from 'node:os';

const PARTS: Record<string, () => Promise<{ run(): Promise<void> }>> = {
  'main-job': () => import('./main-job.ts'),
  render: () => import('./render.ts'),
  'api-server': () => import('./api-server.ts'),
  plane: () => import('./plane.ts'),
  releases: () => import('./releases.ts'),
  supply: () => import('./supply.ts'),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
  console.error(`no part "${unknown[0]}"; there are: ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}
console.log(`Node ${process.version}, ${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown processor'}`);
for (const [name, load] of Object.entries(PARTS))
  if (wanted.length === 0 || wanted.includes(name)) await (await load()).run();
