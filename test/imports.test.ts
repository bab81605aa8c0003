/** The folders one way, as data: a file imports only what stands on a lower level than its own folder, so there is no cycle. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const here = dirname(fileURLToPath(import.meta.url));
const src = join(here, '..', 'src');

const LEVELS: string[][] = [
  ['clock.ts', 'log.ts', 'semver', 'provenance', 'template'],
  ['encoding', 'handlebars', 'store'],
  ['archive', 'regexp', 'x509', 'api'],
  ['sprig', 'values', 'manifest', 'plugin', 'client', 'apiserver'],
  ['chart', 'release', 'kube', 'controller', 'scheduler', 'kubelet'],
  ['engine', 'registry', 'cluster'],
  ['repo'],
  ['lint'],
  ['action'],
  ['cmd'],
  ['bin.ts', 'launch.ts', 'index.ts', 'browser.ts'],
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
      if (levelOf(to) >= levelOf(from)) wrong.push(`${file} imports ${target}`);
    }
  assert.equal(wrong, []);
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
