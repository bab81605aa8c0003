/** A search that looks at parts of an index finds what one finds that looks at all of it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { searchRepositories } from '../../src/action/search-repo.ts';
import { silentLog } from '../../src/log.ts';
import { type ChartVersion, encodeIndex } from '../../src/repo/index-file.ts';
import { newRepository, saveRepositories } from '../../src/repo/repositories.ts';

const version = (name: string, description: string, rest: Partial<ChartVersion> = {}): ChartVersion => ({
  apiVersion: 'v2',
  name,
  version: '1.0.0',
  description,
  urls: ['x.tgz'],
  created: '2024-01-01T00:00:00Z',
  ...rest,
});

const ENTRIES: Record<string, ChartVersion[]> = {
  folded: [version('folded', `${'word '.repeat(15)}open source ${'word '.repeat(15)}database`)],
  keywords: [version('keywords', 'plain', { keywords: ['message', 'Queue'] })],
  quoted: [version('quoted', 'a "quoted": caf\u00e9 \u0007 #1')],
  old: [version('old', 'new words'), version('old', 'former words', { version: '0.9.0' })],
};

const WORDS = [
  '',
  'open source',
  'source word',
  'OPEN',
  'message queue',
  'queue',
  'café',
  'quoted": caf',
  'main/fold',
  'main/',
  'former',
  'nothing like it',
  'word  word',
  ' ',
];

test('the same is found, word by word and line by line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-search-'));
  try {
    const places = { config: join(folder, 'repositories.yaml'), cache: folder, content: folder };
    mkdirSync(folder, { recursive: true });
    saveRepositories(places.config, [newRepository('main', 'https://a.example')]);
    const index = { apiVersion: 'v1', generated: '2024-01-01T00:00:00Z', entries: ENTRIES };
    writeFileSync(join(folder, 'main-index.yaml'), encodeIndex(index));
    // What compiles its keyword itself is given every chart.
    const compile = (keyword: string) => ({
      index: (text: string) => text.toLowerCase().indexOf(keyword.toLowerCase()),
    });
    for (const keyword of WORDS)
      for (const versions of [false, true]) {
        const options = { places, keyword, versions, log: silentLog };
        const found = searchRepositories(options);
        assert.equal(found, searchRepositories({ ...options, compile }), JSON.stringify(keyword));
      }
    assert.equal(
      searchRepositories({ places, keyword: 'open source', log: silentLog }).map(({ name }) => name),
      ['main/folded'],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
