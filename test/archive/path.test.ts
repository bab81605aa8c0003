import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BadPatternError, baseName, cleanPath, compilePathPattern, extension } from '../../src/archive/path.ts';

test('cleanPath, baseName and extension as Go', () => {
  const cleaned = {
    'a/./b': 'a/b',
    'a//b/': 'a/b',
    'a/../b': 'b',
    '../a': '../a',
    '/../a': '/a',
    '': '.',
    'a/..': '.',
  };
  for (const [path, expected] of Object.entries(cleaned)) assert.is(cleanPath(path), expected, path);
  for (const [path, expected] of Object.entries({ '': '.', '/': '/', 'a/b': 'b', 'a/b/': 'b', a: 'a' }))
    assert.is(baseName(path), expected, path);
  for (const [path, expected] of Object.entries({ 'a.tgz': '.tgz', 'a.b/c': '', '.x': '.x', a: '' }))
    assert.is(extension(path), expected, path);
});

const MATCHES: [pattern: string, name: string, expected: boolean][] = [
  ['abc', 'abc', true],
  ['*', 'abc', true],
  ['*c', 'abc', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/fff', false],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzy', false],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[^c]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'ab', false],
  ['a?b', 'a☺b', true],
  ['a?b', 'a/b', false],
  ['[\\]a]', ']', true],
  ['*x', 'xxx', true],
  ['', '', true],
  ['*', '', true],
];

for (const [pattern, name, expected] of MATCHES)
  test(`${pattern} on ${name}`, () => assert.is(compilePathPattern(pattern)(name), expected));

for (const pattern of ['[]a]', '[-]', '[x-]', '[a-b-c]', '[', '[^', '[^bc', 'a[', 'a\\'])
  test(`${pattern} is no pattern`, () =>
    assert.throws(
      () => compilePathPattern(pattern),
      (error: unknown) => error instanceof BadPatternError,
    ));

test('many stars take no exponential time', () => {
  assert.is(compilePathPattern(`${'a*'.repeat(200)}b`)('a'.repeat(5000)), false);
});

test.run();
