/** The stream that real helm 4.2.3 gave to a post-renderer for the same two files is the golden one. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mergeForPostRender, splitPostRendered } from '../../src/manifest/post-render.ts';

const FILES = new Map([
  [
    'prc/templates/a.yaml',
    '# head comment\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x   # trailing\n  labels: {a: b,   "c": \'d\'}\ndata:\n    deep:   "quoted"\n    list:\n    - a\n    -   b:  1\n        c: [1, 2]\n    text: |\n      hello\n       world\n\n    folded: >-\n      a\n      b\n    num: 0x10\n    yes: yes\n    long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb ccccccccccccccccccccccccccc ddddddddddddddd\n---\nkind: Job\nmetadata:\n  annotations:\n    helm.sh/hook: test\n  name: j\n',
  ],
  ['prc/templates/b.yaml', 'kind: Service\nmetadata: {}\n\n# tail\n'],
  ['prc/templates/_helpers.tpl', 'x'],
  ['prc/templates/empty.yaml', ' \n'],
]);

test('documents are merged with the names of their files', async () => {
  const golden = readFileSync(new URL('../golden/manifest/post-render.yaml', import.meta.url), 'utf8');
  assert.is(await mergeForPostRender(FILES), golden);
});

test('and come back as files, new ones with names of their own', async () => {
  const merged = await mergeForPostRender(FILES);
  const files = await splitPostRendered(`${merged}---\nkind: New\n`, 'hooks');
  assert.equal(
    [...files.keys()],
    ['prc/templates/a.yaml', 'prc/templates/b.yaml', 'generated-by-postrender-hooks-3.yaml'],
  );
  assert.is(files.get('prc/templates/b.yaml'), 'kind: Service\n\n# tail\n');
  assert.not.match(files.get('prc/templates/a.yaml')!, 'postrender-filename');
});

test('what is no YAML is refused with the name of its file', async () => {
  const error = await mergeForPostRender(new Map([['a.yaml', 'a: b: c']])).then(
    () => undefined,
    (reason: Error) => reason,
  );
  assert.match(error!.message, /^parsing a.yaml: /);
});

test.run();
