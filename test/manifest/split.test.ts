import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { splitManifests, trimSpace } from '../../src/manifest/split.ts';

/** What Helm's regular expression gives, by which the fast splitter is judged. */
function byExpression(text: string): string[] {
  const space = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
  const trimmed = text.replace(new RegExp(`^${space}+`), '');
  // Without the flag m, ^ is the start of the text alone.
  const pieces: string[] = [];
  const separator = /(?:^|[\t\n\f\r ]*\n)---[\t\n\f\r ]*/g;
  let start = 0;
  for (const match of trimmed.matchAll(separator)) {
    pieces.push(trimmed.slice(start, match.index));
    start = match.index + match[0].length;
  }
  pieces.push(trimmed.slice(start));
  return pieces.map((piece) => piece.replace(new RegExp(`^${space}+`), '')).filter((piece) => piece !== '');
}

const TEXTS = [
  '',
  '\n\n',
  'a: 1',
  '---\na: 1\n---\nb: 2\n',
  'a: 1\n\n\n---   \n\nb: 2\n\n',
  '---b: 2\n---\n---\nc: 3',
  'a: 1\n ---\nb: 2',
  'a: 1\r\n---\r\nb: 2',
  '# only a comment\n---\n',
  'text: |\n  ---\n  more\n---- four\nx',
  '\n\v---\na: 1\n---',
  '------\n---',
];

for (const text of TEXTS)
  test(`splits ${JSON.stringify(text)} as the expression does`, () =>
    assert.equal(splitManifests(text), byExpression(text)));

test('random texts too', () => {
  const words = ['---', '\n', ' ', '\t', 'a', '\r\n', '- ', 'b: 1\n'];
  let seed = 7;
  const next = (below: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: next(20) }, () => words[next(words.length)]).join('');
    assert.equal(splitManifests(text), byExpression(text), JSON.stringify(text));
  }
});

test('Helm 4.1 and earlier trim both sides', () => {
  assert.equal(splitManifests('a: 1\n\n---\nb: 2\n\n', 'both'), ['a: 1', 'b: 2']);
  assert.equal(splitManifests('a: 1\n\n---\nb: 2\n\n', 'left'), ['a: 1', 'b: 2\n\n']);
});

test('white space is what Go says it is', () => {
  assert.is(trimSpace('\u0085\u00a0 a\ufeff \u3000'), 'a\ufeff');
});

test('megabytes of white space take no quadratic time', () => {
  assert.is(splitManifests(`a${'\n'.repeat(2_000_000)}b\n---\nc`).length, 2);
});

test.run();
