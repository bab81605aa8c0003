/** Documents of streams, as apimachinery's YAMLReader cuts them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseYaml } from '../../src/encoding/yaml.ts';
import { readDocuments } from '../../src/kube/read-documents.ts';

test('documents end with the end of their last line', () => {
  const cases: [string, string[]][] = [
    ['', []],
    ['a: 1', ['a: 1\n']],
    ['---\na: 1\n---\nb: 2', ['a: 1\n', 'b: 2\n']],
    ['a: 1\n\n--- # comment\n\nb: 2\n', ['a: 1\n\n', '\nb: 2\n']],
    ['---\n---\na: 1\n---', ['a: 1\n']],
    ['a: |\r\n  x\r\n---\r\n', ['a: |\n  x\n']],
    ['a:\n  ---\n', ['a:\n  ---\n']],
  ];
  for (const [text, documents] of cases) assert.equal(readDocuments(text), documents, JSON.stringify(text));
  assert.throws(() => readDocuments('a: 1\n---b: 2\n'), 'error parsing : invalid Yaml document separator: b: 2');
});

test('a block scalar at the end of a document keeps its end of line', () => {
  const [first, second, third] = readDocuments('---\na: |\n  x\n---\na: |+\n  x\n\n---\na: |-\n  x\n').map((text) =>
    parseYaml(text),
  );
  assert.equal([first, second, third], [{ a: 'x\n' }, { a: 'x\n\n' }, { a: 'x' }]);
});

test.run();
