import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatted, paintStatus, tableText } from '../../src/cmd/output.ts';

test('columns are padded and joined by tabs', () => {
  assert.is(
    tableText([
      ['A', 'LONG'],
      ['abc', 'x'],
    ]),
    'A  \tLONG\nabc\tx   \n',
  );
  assert.is(tableText([]), '\n');
});

test('what is too wide is cut', () => {
  assert.is(tableText([['x'.repeat(90)]], 80), `${'x'.repeat(77)}...\n`);
  assert.is(tableText([['abcdef']], 5), 'ab...\n');
  assert.is(tableText([['x'.repeat(90)]]), `${'x'.repeat(90)}\n`);
  // The text as a whole is measured against the longest of its lines, as Helm's table library has it.
  assert.is(tableText([['abcdef\nghi']]), 'abc...\n');
  assert.is(tableText([['日本'], ['abcd'], ['a']]), '日本\nabcd\na   \n');
});

test('colour does not count', () => {
  assert.is(paintStatus('deployed', false), 'deployed');
  assert.is(
    tableText([
      [paintStatus('failed', true), 'x'],
      ['deployed', 'y'],
    ]),
    '\u001b[31mfailed\u001b[0m  \tx\ndeployed\ty\n',
  );
});

test('formats', () => {
  const data = { b: '<x>', a: [1] };
  assert.is(
    formatted('json', data, () => 'table'),
    '{"b":"\\u003cx\\u003e","a":[1]}\n',
  );
  assert.is(
    formatted('yaml', data, () => 'table'),
    'a:\n- 1\nb: <x>\n',
  );
  assert.is(
    formatted('table', data, () => 'table'),
    'table',
  );
});

test.run();
