import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGlob } from '../../src/engine/glob.ts';

const CASES: [pattern: string, name: string, expected: boolean][] = [
  ['*.txt', 'a.txt', true],
  ['*.txt', 'd/a.txt', false],
  ['**.txt', 'd/a.txt', true],
  ['d/**', 'd/e/f', true],
  ['d/**', 'd/', true],
  ['**/x', 'x', false],
  ['{a,b}*', 'bc', true],
  ['{a,b}*', 'cb', false],
  ['{a,{b,c}d}', 'cd', true],
  ['{a,b', 'b', true],
  ['a,b', 'a,b', true],
  ['}', '}', true],
  ['[abc]', 'b', true],
  ['[!abc]', 'b', false],
  ['[!abc]', '/', true],
  ['[^abc]', 'd', false],
  ['[^abc]', '^', true],
  ['[a-c]', 'b', true],
  ['[!a-c]', 'd', true],
  ['?', '/', false],
  ['?', 'ü', true],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['a\\{b', 'a{b', true],
  ['', '', true],
  ['', 'a', false],
];

for (const [pattern, name, expected] of CASES)
  test(`${pattern} on ${name}`, () => assert.is(compileGlob(pattern)(name), expected));

for (const pattern of ['[', '[]', '[a-zA-Z]', '[z-a]', '[abc', '[a-'])
  test(`${pattern} is no pattern`, () => assert.throws(() => compileGlob(pattern)));

test('many stars take no exponential time', () => {
  assert.is(compileGlob(`${'{a,aa}*'.repeat(50)}b`)('a'.repeat(2000)), false);
});

test.run();
