/** The folders' one-way graph, as data: what a file may import is what stands on a lower level than its own folder. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const here = dirname(fileURLToPath(import.meta.url));
const src = join(here, '..', 'src');

const LEVELS: string[][] = [
  ['clock.ts', 'log.ts', 'encoding', 'semver', 'archive', 'provenance', 'x509', 'template', 'handlebars', 'regexp'],
  ['sprig', 'values', 'manifest', 'api', 'store', 'plugin'],
  ['chart', 'client', 'apiserver'],
  ['engine', 'repo', 'registry', 'kube', 'release', 'controller', 'scheduler', 'kubelet'],
  ['lint', 'cluster'],
  ['action'],
  ['cmd'],
  ['bin.ts', 'launch.ts', 'index.ts', 'browser.ts'],
];

/**
 * Arrows between two folders of one level, each with its reason. They are checked for cycles with all the others.
 * `encoding → template`: the encoders write template values.
 * `archive → encoding`: packages that are loaded when first needed are loaded in one way.
 */
const SAME_LEVEL: [from: string, to: string][] = [
  ['encoding', 'template'],
  ['archive', 'encoding'],
  ['x509', 'encoding'],
  ['handlebars', 'template'],
  ['regexp', 'template'],
  ['regexp', 'encoding'],
  ['template', 'clock.ts'],
  ['repo', 'registry'],
  ['kube', 'release'],
];

const files = (readdirSync(src, { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'));
const folderOf = (file: string) => file.split('/')[0]!;
const levelOf = (folder: string) => LEVELS.findIndex((level) => level.includes(folder));

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map((match) => match[1]!);
  return specifiers.map((specifier) => relative(src, resolve(src, dirname(file), specifier)));
}

test('every folder stands in the table', () => {
  for (const file of files) assert.ok(levelOf(folderOf(file)) >= 0, `${file} is in no level`);
});

test('imports run one way', () => {
  const wrong: string[] = [];
  for (const file of files)
    for (const target of importsOf(file)) {
      const [from, to] = [folderOf(file), folderOf(target)];
      if (from === to || target.startsWith('..')) continue;
      const [low, high] = [levelOf(to), levelOf(from)];
      const allowed = low < high || SAME_LEVEL.some(([a, b]) => a === from && b === to);
      if (!allowed) wrong.push(`${file} imports ${target}`);
    }
  assert.equal(wrong, []);
});

test('the folders form no cycle', () => {
  const arrows = new Map<string, Set<string>>();
  for (const file of files)
    for (const target of importsOf(file)) {
      const [from, to] = [folderOf(file), folderOf(target)];
      if (from !== to) arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
    }
  const done = new Set<string>();
  const visit = (folder: string, path: string[]): void => {
    assert.not(path.includes(folder), `cycle: ${[...path, folder].join(' → ')}`);
    if (done.has(folder)) return;
    for (const next of arrows.get(folder) ?? []) visit(next, [...path, folder]);
    done.add(folder);
  };
  for (const folder of arrows.keys()) visit(folder, []);
});

test('every test file runs its tests and uses no hooks', () => {
  for (const file of readdirSync(here, { recursive: true }) as string[]) {
    if (!file.endsWith('.test.ts')) continue;
    const text = readFileSync(join(here, file), 'utf8').trimEnd();
    assert.match(text, /\.run\(\);$/, `${file} does not end in .run()`);
    assert.not.match(text, /\b(test|suite)\.(before|after)\b/, `${file} uses a hook`);
  }
});

test.run();
