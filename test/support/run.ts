/**
 * Runs every `*.test.ts` with uvu, one process per group of files, as many at a time as there are cores, and ends with
 * the line `N passed, N failed`. Arguments choose files by substring: `npm test -- store api`.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const wanted = process.argv.slice(2);
const files = (readdirSync(root, { recursive: true }) as string[])
  .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
  .filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)))
  .sort();

let passed = 0;
let failed = 0;
let skipped = 0;
const queue = [...files];
await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker));
console.log(
  skipped > 0 ? `${passed} passed, ${failed} failed, ${skipped} skipped` : `${passed} passed, ${failed} failed`,
);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

async function worker(): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) await runFile(file);
}

function runFile(file: string): Promise<void> {
  return new Promise((resolve) => {
    const started = Date.now();
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, file)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    const limit = setTimeout(() => {
      output += '\nthe file did not end within 300 s: an open server or timer?\n';
      child.kill('SIGKILL');
    }, 300_000);
    child.on('close', (code) => {
      clearTimeout(limit);
      const count = (word: string) => Number(new RegExp(`${word}:\\s+(\\d+)`).exec(output)?.[1] ?? 0);
      const [total, good] = [count('Total'), count('Passed')];
      passed += good;
      skipped += count('Skipped');
      // A file that ran no test, or ended badly although every test passed, is a failure of its own.
      const bad = total - good + (total === 0 || (code !== 0 && total === good) ? 1 : 0);
      failed += bad;
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      console.log(`${bad === 0 ? 'ok  ' : 'FAIL'} ${relative('.', join(root, file))} (${good}/${total}, ${seconds} s)`);
      if (bad > 0) console.log(output);
      resolve();
    });
  });
}
