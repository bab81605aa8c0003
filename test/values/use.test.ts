/** A rendering tells which values its templates looked at, and which nobody did. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadFiles, render } from '../../src/index.ts';
import type { ValueMap } from '../../src/template/value.ts';

const chart = (templates: Record<string, string>, values: string, rest: Record<string, string> = {}) =>
  loadFiles({
    'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
    'values.yaml': values,
    ...Object.fromEntries(Object.entries(templates).map(([name, text]) => [`templates/${name}`, text])),
    ...rest,
  });

async function useOf(loaded: ReturnType<typeof chart>, overrides: ValueMap = {}) {
  const options = { releaseName: 'a', namespace: 'b', overrides };
  const [watched, plain] = [await render(loaded, { ...options, trackValues: true }), await render(loaded, options)];
  assert.equal(watched.files, plain.files);
  assert.is(plain.valuesUse, undefined);
  return watched.valuesUse!;
}

const EXPRESSIONS: [expression: string, read: string[]][] = [
  ['{{ .Values.a.b }}', ['a.b']],
  ['{{ .Values.none }}{{ .Values.a.none }}', ['a.none', 'none']],
  ['{{ index .Values "a" "b" }}{{ get .Values.a "c" }}', ['a.b', 'a.c']],
  ['{{ toYaml .Values.a }}', ['a.b', 'a.c', 'a.deep.er']],
  ['{{ range $k, $v := .Values.a.deep }}{{ $k }}{{ end }}', ['a.deep.er']],
  ['{{ range .Values.list }}{{ .x }}{{ end }}', ['list']],
  ['{{ with .Values.a }}{{ .c }}{{ end }}', ['a.c']],
  ['{{ if .Values.a }}{{ len .Values.a }}{{ keys .Values.a | len }}{{ end }}', []],
  ['{{ if .Values.empty }}{{ end }}', ['empty']],
  ['{{ if hasKey .Values "key.with.dots" }}{{ end }}', ['key\\.with\\.dots']],
  ['{{ $v := .Values }}{{ tpl "{{ $.Values.a.b }}" $ }}{{ $v.num }}', ['a.b', 'num']],
  ['{{ $m := merge (dict) .Values.a }}{{ $m.b }}', ['a.b', 'a.c']],
  ['{{ $_ := set .Values "made" (dict "x" 1) }}{{ .Values.made.x }}', ['made.x']],
  ['{{ dig "deep" "er" "none" .Values.a }}{{ .Values.num | default 2 }}', ['a.deep.er', 'num']],
  ['{{ pick .Values "num" | toJson }}', ['num']],
];

const VALUES = 'a: { b: 1, c: 2, deep: { er: 3 } }\nlist: [{ x: 1 }]\nempty: {}\n"key.with.dots": 1\nnum: 1\n';

test('every way to look at a value is noted', async () => {
  for (const [expression, read] of EXPRESSIONS) {
    const loaded = chart({ 'a.yaml': `# ${expression}` }, VALUES);
    assert.equal((await useOf(loaded)).read, read, expression);
  }
});

test('what nobody looks at is told, and what of it the user gave', async () => {
  const loaded = chart({ 'a.yaml': '# {{ .Values.a.b }}{{ .Values.image.tag }}' }, VALUES);
  const use = await useOf(loaded, { a: { b: 2 }, image: { tga: 'x', tag: 'y' }, num: 5 });
  assert.equal(use.unread, ['a.c', 'a.deep.er', 'empty', 'image.tga', 'key\\.with\\.dots', 'list', 'num']);
  assert.equal(use.unreadOverrides, ['image.tga', 'num']);
});

test('subcharts, their conditions and what is global', async () => {
  const subchart = { 'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n' };
  const loaded = chart({ 'a.yaml': '# {{ .Values.sub.shared }}' }, 'tags: { x: true }\nsub: { enabled: true }\n', {
    ...subchart,
    'Chart.yaml':
      'apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{ name: sub, version: "*", condition: "sub.enabled, other", tags: [x] }]\n',
    'charts/sub/values.yaml': 'own: 1\nunused: 2\nshared: 3\n',
    'charts/sub/templates/a.yaml': '# {{ .Values.own }}{{ .Values.global.g }}',
  });
  const use = await useOf(loaded, { global: { g: 1, h: 2 } });
  assert.equal(use.read, ['global.g', 'other', 'sub.enabled', 'sub.own', 'sub.shared', 'tags.x']);
  assert.equal(use.unread, ['global.h', 'sub.unused']);
  assert.equal(use.unreadOverrides, ['global.h']);
});

test.run();
