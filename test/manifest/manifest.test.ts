import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { toManifests } from '../../src/manifest/manifest.ts';
import { takeNotes } from '../../src/manifest/notes.ts';
import { INSTALL_ORDER, UNINSTALL_ORDER } from '../../src/manifest/order.ts';
import { manifestText, showOnly, templateText, unsortedText } from '../../src/manifest/print.ts';
import { encodeUtf8 } from '../../src/template/utf8.ts';

const object = (kind: string, name: string, annotations = ''): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n${annotations && `  annotations:\n${annotations}`}`;

const sorted = (files: Record<string, string>, options = {}) => toManifests(new Map(Object.entries(files)), options);

test('kinds in install order, unknown ones last by name, equal ones as they came', () => {
  const { manifests } = sorted({
    'web/templates/z.yaml': [object('Zebra', 'a'), object('Ape', 'b'), object('Service', 'c')].join('---\n'),
    'web/templates/a.yaml': [object('Service', 'd'), object('Namespace', 'e'), object('Ape', 'f')].join('---\n'),
  });
  assert.equal(
    manifests.map(({ head }) => `${head.kind}/${head.metadata!.name}`),
    ['Namespace/e', 'Service/d', 'Service/c', 'Ape/f', 'Ape/b', 'Zebra/a'],
  );
});

test('the two orders name the same kinds', () => {
  assert.equal([...INSTALL_ORDER].sort(), [...UNINSTALL_ORDER].sort());
});

test('hooks: events, weight and policies; an unknown event drops the document', () => {
  const hook = (event: string, rest = '') => `    helm.sh/hook: ${event}\n${rest}`;
  const { hooks, manifests } = sorted({
    'web/templates/a.yaml': object(
      'Job',
      'a',
      hook(
        '" Pre-Install,post-upgrade"',
        '    helm.sh/hook-weight: "-5"\n    helm.sh/hook-delete-policy: Hook-Failed, x\n',
      ),
    ),
    'web/templates/b.yaml': object('Pod', 'b', hook('test-success', '    helm.sh/hook-weight: "1.5"\n')),
    'web/templates/c.yaml': object('Pod', 'c', hook('crd-install')),
  });
  assert.is(manifests.length, 0);
  assert.equal(
    hooks.map(({ name, events, weight, deletePolicies }) => ({ name, events, weight, deletePolicies })),
    [
      { name: 'b', events: ['test'], weight: 0, deletePolicies: [] },
      { name: 'a', events: ['pre-install', 'post-upgrade'], weight: -5, deletePolicies: ['hook-failed', 'x'] },
    ],
  );
});

test('partials and empty files give nothing, comments do', () => {
  const { manifests } = sorted({ 'web/templates/_a.yaml': 'x: 1', 'web/templates/b.yaml': ' \n', c: '# hello\n' });
  assert.equal(
    manifests.map(({ content }) => content),
    ['# hello\n'],
  );
});

const BROKEN: [text: string, message: string][] = [
  [
    'a: b: c',
    'YAML parse error on web/x.yaml: error converting YAML to JSON: yaml: mapping values are not allowed in this context',
  ],
  [
    '- a',
    'YAML parse error on web/x.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type util.SimpleHead',
  ],
  [
    'kind: {a: b}',
    'YAML parse error on web/x.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal object into Go struct field SimpleHead.kind of type string',
  ],
  [
    'metadata: {annotations: {a: [b]}}',
    'YAML parse error on web/x.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go struct field .metadata.annotations of type string',
  ],
];

for (const [text, message] of BROKEN)
  test(`refuses ${text}`, () =>
    assert.throws(
      () => sorted({ 'web/x.yaml': text }),
      (error: Error) => {
        assert.is(error.message, message);
        return true;
      },
    ));

test('the text of a release and of template', () => {
  const { manifests, hooks } = sorted({
    'web/templates/a.yaml': `${object('Service', 'a')}\n`,
    'web/templates/s.yaml': object('Secret', 's'),
    'web/templates/t.yaml': object('Pod', 't', '    helm.sh/hook: test\n'),
  });
  const definition = 'c: 1\n';
  const crds = [{ name: 'crds/c.yaml', path: 'web/crds/c.yaml', data: encodeUtf8(definition), text: definition }];
  const text = manifestText(manifests, { crds, hideSecret: true });
  assert.match(text, /^---\n# Source: web\/crds\/c.yaml\nc: 1\n\n---\n# Source: web\/templates\/s.yaml\n# HIDDEN: /);
  const whole = templateText(text, hooks);
  assert.ok(whole.includes('  name: a\n---\n# Source: web/templates/t.yaml\n'));
  assert.not(templateText(text, hooks, { skipTests: true }).includes('name: t'));
  assert.is(templateText('', []), '\n');
  assert.is(
    showOnly(whole, ['templates/t*.yaml', 'templates/a.yaml'])
      .match(/# Source: .*/g)!
      .join(),
    '# Source: web/templates/t.yaml,# Source: web/templates/a.yaml',
  );
  assert.throws(
    () => showOnly(whole, ['templates/nope.yaml']),
    /could not find template templates\/nope.yaml in chart/,
  );
  assert.is(
    unsortedText(
      new Map([
        ['a', ' \n'],
        ['b', 'x'],
      ]),
    ),
    '---\n# Source: b\nx\n',
  );
});

test('notes leave the files; those of subcharts are shown on request', () => {
  const files = () =>
    new Map([
      ['web/templates/NOTES.txt', 'hello'],
      ['web/charts/db/templates/NOTES.txt', 'sub'],
      ['web/templates/a.yaml', 'a: 1'],
    ]);
  const some = files();
  assert.is(takeNotes(some, 'web'), 'hello');
  assert.equal([...some.keys()], ['web/templates/a.yaml']);
  assert.is(takeNotes(files(), 'web', { subNotes: true }), 'sub\nhello');
});

test.run();
