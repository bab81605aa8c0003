/** Pages made of texts nobody vouches for. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ChartVersion } from '../../../src/repo/index-file.ts';
import { safeAddress } from '../../../src/repo/site/html.ts';
import { renderMarkdown } from '../../../src/repo/site/markdown.ts';
import { chartPage, chartPageText, indexPage } from '../../../src/repo/site/pages.ts';
import { valueRows } from '../../../src/repo/site/values.ts';

const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1)`;

const hostile: ChartVersion = {
  apiVersion: 'v2',
  name: HOSTILE,
  version: HOSTILE,
  appVersion: HOSTILE,
  description: HOSTILE,
  keywords: [HOSTILE],
  home: 'javascript:alert(1)',
  sources: ['data:text/html,<script>alert(1)</script>', 'https://x.example/"onmouseover="alert(1)'],
  maintainers: [{ name: HOSTILE, url: 'JaVaScRiPt:alert(1)' }, { email: HOSTILE }],
  kubeVersion: HOSTILE,
  dependencies: [{ name: HOSTILE, repository: 'javascript:alert(1)', condition: HOSTILE, alias: HOSTILE }],
  annotations: { 'artifacthub.io/license': HOSTILE },
  urls: ['javascript:alert(1)'],
  created: HOSTILE,
  digest: HOSTILE,
};
const chart = { name: HOSTILE, versions: [hostile], signed: new Set([HOSTILE]) };

/** The page without the script and the style that we have written. */
const body = (page: string) => page.replace(/<style>[\s\S]*?<\/style>|<script>\n[\s\S]*?<\/script>/g, '');

test('nothing that is written into a page runs', () => {
  const details = { readme: HOSTILE, values: `# -- ${HOSTILE}\n"${HOSTILE.replaceAll('"', '\\"')}": '${HOSTILE}'\n` };
  for (const page of [indexPage([chart], HOSTILE), chartPageText(chart, details, HOSTILE)]) {
    const text = body(page);
    assert.not.match(text, /<script|<img|<iframe|<[^>]*\son\w+=/i);
    assert.not.match(text, /(?:href|src)="(?!https:|mailto:|#|\.\/|\.\.\/|charts\/)/i);
    assert.match(text, '&lt;script&gt;');
    assert.match(page, /Content-Security-Policy" content="default-src &#39;none&#39;/);
    assert.not.match(text, /(?:src|href)="https?:\/\/[^"]*\.(?:js|css)/);
  }
});

test('pages of plain texts are plain: what the program is bundled from holds no other characters', () => {
  const plain: ChartVersion = { ...hostile, name: 'a', version: '1', description: 'a', digest: 'a'.repeat(64) };
  const one = { name: 'a', versions: [plain], signed: new Set<string>() };
  assert.match(indexPage([one], ''), /^[\x00-\x7f]*$/);
  assert.match(chartPageText(one, { values: 'a: 1\n' }, '').replace(/<title>.*<\/title>/, ''), /^[\x00-\x7f]*$/);
});

const ADDRESSES: [string, boolean][] = [
  ['https://a.example/x?y=1#z', true],
  ['http://a.example', true],
  ['mailto:me@a.example', true],
  ['javascript:alert(1)', false],
  [' javascript:alert(1)', false],
  ['java\nscript:alert(1)', false],
  ['data:text/html,x', false],
  ['vbscript:x', false],
  ['//a.example', false],
  ['https://a.example/"x', false],
  ['https://a.example/\u0000', false],
  [`https://a.example/${'x'.repeat(5000)}`, false],
];

test('addresses that could run are refused', () => {
  for (const [address, isSafe] of ADDRESSES) assert.is(safeAddress(address) !== undefined, isSafe, address);
  for (const value of [undefined, null, 1, {}, []]) assert.is(safeAddress(value), undefined);
});

test('only plain names become paths', () => {
  assert.is(chartPage('my-chart_1.2'), 'charts/my-chart_1.2.html');
  for (const name of ['', '..', '.x', 'a/b', 'a b', 'a"b', '%2e', 'a\\b', 'x'.repeat(300)])
    assert.is(chartPage(name), undefined, name);
});

const MARKDOWN: [string, string][] = [
  ['# One\ntext', '<h3 id="readme-one">One</h3><p>text</p>'],
  ['One\n===\nTwo\n---', '<h3 id="readme-one">One</h3><h4 id="readme-two">Two</h4>'],
  [
    '[x](#the-one) [y](#none)\n## The `One`!\n## The One',
    '<p><a href="#readme-the-one">x</a> y</p><h4 id="readme-the-one">The <code>One</code>!</h4><h4 id="readme-the-one-1">The One</h4>',
  ],
  [
    '[x][1] [y] [z][] [none]\n\n[1]: https://a.b "t"\n[Y]: <https://c.d>\n[z]: javascript:x',
    '<p><a href="https://a.b" rel="noopener noreferrer nofollow">x</a> <a href="https://c.d" rel="noopener noreferrer nofollow">y</a> z [none]</p>',
  ],
  ['```\n[x]: https://a.b\n# no\n```', '<pre tabindex="0"><code>[x]: https://a.b\n# no</code></pre>'],
  ['a **b** *c* `d<e` \\*f\\*', '<p>a <strong>b</strong> <em>c</em> <code>d&lt;e</code> *f*</p>'],
  ['[x](https://a.b "t")', '<p><a href="https://a.b" rel="noopener noreferrer nofollow">x</a></p>'],
  ['[x](javascript:alert(1))', '<p>[x](javascript:alert(1))</p>'],
  ['[x](javascript:alert)', '<p>x</p>'],
  ['[x](./docs/y.md)', '<p>x</p>'],
  ['![logo](https://a.b/c.png)', '<p><a href="https://a.b/c.png" rel="noopener noreferrer nofollow">logo</a></p>'],
  ['see https://a.b/c.', '<p>see <a href="https://a.b/c" rel="noopener noreferrer nofollow">https://a.b/c</a>.</p>'],
  ['<b onclick="x">y</b> <name> <script>z</script>', '<p>y &lt;name&gt; &lt;script&gt;z&lt;/script&gt;</p>'],
  ['<p align="center"><img src="x.png" alt="Logo"></p>', '<p>Logo</p>'],
  ['<div>\n\n</div>', ''],
  [
    '<a href="https://a.b" onclick="x">y</a> <a href="javascript:x">z</a> a<br/>b',
    '<p><a href="https://a.b" rel="noopener noreferrer nofollow">y</a> z a<br>b</p>',
  ],
  [
    '<img alt="t" src="https://a.b/c.png"> &lt;b&gt; &#169; ~~x~~',
    '<p><a href="https://a.b/c.png" rel="noopener noreferrer nofollow">t</a> &lt;b&gt; &#169; <del>x</del></p>',
  ],
  ['a  \nb', '<p>a<br>b</p>'],
  ['- [x] a\n- [ ] b\n1. c', '<ul><li>\u2611 a</li><li>\u2610 b</li></ul><ol><li>c</li></ol>'],
  ['> [!NOTE]\n> b', '<blockquote><p><strong>Note</strong></p><p>b</p></blockquote>'],
  ['a <!-- secret --> b', '<p>a  b</p>'],
  ['- a\n- b\n  - c\n\nend', '<ul><li>a</li><li><p>b</p><ul><li>c</li></ul></li></ul><p>end</p>'],
  ['1. a\n2. b', '<ol><li>a</li><li>b</li></ol>'],
  ['```yaml\na: <b>\n```', '<pre tabindex="0"><code>a: &lt;b&gt;</code></pre>'],
  ['> quoted', '<blockquote><p>quoted</p></blockquote>'],
  [
    '| a | b |\n|---|:-:|\n| 1 | `x\\|y` |',
    '<div class="scroll" tabindex="0"><table class="stack"><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead><tbody><tr><td>1</td><td data-label="b"><code>x|y</code></td></tr></tbody></table></div>',
  ],
];

test('Markdown', () => {
  for (const [text, expected] of MARKDOWN) assert.is(renderMarkdown(text).text, expected, text);
});

test('Markdown that is all marks ends soon', () => {
  for (const mark of [
    '[',
    '*',
    '_',
    '`',
    '![',
    '> ',
    '- ',
    '<',
    '(',
    '|',
    '\\',
    '**a',
    '<a ',
    '<img ',
    '&',
    '~~',
    '[a]',
    '[a][',
    '](#',
  ])
    assert.ok(renderMarkdown(mark.repeat(20_000)).text.length < 2_000_000, mark);
  assert.ok(renderMarkdown('- '.repeat(3000)).text.length > 0);
});

test('values come with types, defaults and the comments that explain them', () => {
  const rows = valueRows(`# About the file

# -- Image
image:
  # -- Which tag
  #    exactly
  tag: "1"
  port: 80 # the port
  list: [a, 1]
# plain words
empty: {}
#  switched:
#    off: true

# -- after
nothing:
"a.b": 1.5
alias: &x [1]
other: *x
`);
  assert.equal(
    rows.map(({ key, type, default: value, comment }) => [key, type, value, comment]),
    [
      ['image', 'object', '', 'Image'],
      ['image.tag', 'string', '"1"', 'Which tag exactly'],
      ['image.port', 'int', '80', 'the port'],
      ['image.list', 'list', '["a",1]', ''],
      ['empty', 'object', '{}', 'plain words'],
      ['nothing', 'null', 'null', 'after'],
      ['"a.b"', 'float', '1.5', ''],
      ['alias', 'list', '[1]', ''],
      ['other', 'alias', '*x', ''],
    ],
  );
  const named = valueRows(`## @section Group
## @param group.one [string] The first
## @param group.two The second
##
group:
  one: a
  two: b
  # -- Third, of helm-docs
  # @default -- what it finds
  three: ""
`);
  assert.equal(
    named.map(({ key, default: value, comment }) => [key, value, comment]),
    [
      ['group.one', '"a"', 'The first'],
      ['group.two', '"b"', 'The second'],
      ['group.three', 'what it finds', 'Third, of helm-docs'],
    ],
  );
  assert.equal(valueRows('a: ['), []);
  assert.equal(valueRows('- 1'), []);
});

test.run();
