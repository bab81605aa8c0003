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

/** Files that one process runs at the most. */
const TOGETHER = 4;

let passed = 0;
let failed = 0;
let skipped = 0;
const queue = groupsOf(files);
await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker));
console.log(
  skipped > 0 ? `${passed} passed, ${failed} failed, ${skipped} skipped` : `${passed} passed, ${failed} failed`,
);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/** Most of what a short file takes is loading what it tests: those of one folder share a process. Long ones go first. */
function groupsOf(all: string[]): string[][] {
  const isLong = (file: string) => /^(e2e|cmd)\//.test(file);
  const groups = all.filter(isLong).map((file) => [file]);
  for (const file of all.filter((each) => !isLong(each))) {
    const last = groups.at(-1);
    if (last && last.length < TOGETHER && dirname(last[0]!) === dirname(file)) last.push(file);
    else groups.push([file]);
  }
  return groups;
}

async function worker(): Promise<void> {
  for (let group = queue.shift(); group !== undefined; group = queue.shift()) await runGroup(group);
}

function runGroup(group: string[]): Promise<void> {
  return new Promise((resolve) => {
    const started = Date.now();
    const paths = group.map((file) => join(root, file));
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'support/group.ts'), ...paths], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    const limit = setTimeout(() => {
      output += '\nno end within 300 s a file: an open server or timer?\n';
      child.kill('SIGKILL');
    }, group.length * 300_000);
    child.on('close', (code) => {
      clearTimeout(limit);
      const count = (word: string) => Number(new RegExp(`${word}:\\s+(\\d+)`).exec(output)?.[1] ?? 0);
      const [total, good] = [count('Total'), count('Passed')];
      passed += good;
      skipped += count('Skipped');
      // Files that ran no test, or ended badly although every test passed, are a failure of their own.
      const bad = total - good + (total === 0 || (code !== 0 && total === good) ? 1 : 0);
      failed += bad;
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      const names = paths.map((path) => relative('.', path)).join(' ');
      console.log(`${bad === 0 ? 'ok  ' : 'FAIL'} ${names} (${good}/${total}, ${seconds} s)`);
      if (bad > 0) console.log(output);
      resolve();
    });
  });
}
