/** Small charts, one oddity each, rendered by real helm and by ours: outputs and errors must be the same text. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ourOutput } from '../conformance/ours.ts';
import { realTools, runHelm } from '../support/real.ts';

type Files = Record<string, string>;

const CHART = 'apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: 1.10\n';
const one = (template: string, more: Files = {}): Files => ({
  'Chart.yaml': CHART,
  'templates/a.yaml': template,
  ...more,
});
const note = (text: string, more: Files = {}): Files => one(`note: {{ ${text} | toJson }}\n`, more);
const sub = (yaml: string, more: Files = {}): Files => ({
  'Chart.yaml': `${CHART}dependencies:\n${yaml}`,
  'charts/db/Chart.yaml': 'apiVersion: v2\nname: db\nversion: 2.0.0\n',
  'charts/db/values.yaml': 'port: 1\nexports:\n  data: {x: 1}\nglobal: {g: sub}\ndeep: {a: {b: 1}}\n',
  'charts/db/templates/d.yaml': 'values: {{ .Values | toJson }}\nroot: {{ .Chart.IsRoot }}\nname: {{ .Chart.Name }}\n',
  'templates/a.yaml': 'values: {{ .Values | toJson }}\nsubs: {{ keys .Subcharts | sortAlpha | toJson }}\n',
  ...more,
});

/** `.Values` has methods in Go. */
function methodsOfValues(): Record<string, Files> {
  const expressions = [
    'printf "%T %T %T %T" .Values . .Values.AsMap (.Values.Table "a")',
    '.Values.YAML',
    '.Values.Table "a.b"',
    '(.Values.Table "a").Table "b"',
    '.Values.Table "a.x"',
    '.Values.PathValue "a.b.c"',
    '.Values.PathValue "a.b"',
    '.Values.PathValue ""',
    '.Values.Table',
    '.Values.AsMap 1',
    '.Values.Encode "x"',
    '.Values.Encode',
    '.Values.a.YAML',
    '.AsMap.Values.a.b',
    'set .Values.AsMap "z" 1 | toJson }} {{ .Values.z',
    '.Values.AsMap | toYaml',
    'dig "a" "b" "" .Values',
    'dig "a" "b" "" .Values.AsMap',
    'keys .Values.AsMap',
    'deepCopy .Values.AsMap | toJson',
    'merge (dict "q" 1) .Values.AsMap | toJson',
    'range $k, $v := .Values.AsMap }}{{ $k }}{{ end',
    'hasKey .Values.AsMap "a"',
  ];
  const chart = (expression: string) => one(`x: |\n  {{ ${expression} }}\n`, { 'values.yaml': 'a: {b: {c: 1}}\n' });
  return Object.fromEntries(expressions.map((expression) => [expression, chart(expression)]));
}

const CASES: Record<string, Files> = {
  'every object': one(
    '{{- range $k := list "Chart" "Release" "Template" "Values" }}\n{{ $k }}: {{ get $ $k | toJson }}\n{{- end }}\n',
    { 'values.yaml': 'a: 1000000\nb: 0x10\nc: null\n' },
  ),
  capabilities: note(
    'list .Capabilities.KubeVersion .Capabilities.KubeVersion.Version (print .Capabilities.KubeVersion) (.Capabilities.APIVersions.Has "v1") .Capabilities.HelmVersion.Version',
  ),
  'structs in Go syntax, and a copy': one(
    'k: {{ printf "%#v" .Capabilities.KubeVersion | quote }}\nl: {{ printf "%#v" (list .Capabilities.KubeVersion) | quote }}\n' +
      'c: {{ .Capabilities.Copy.KubeVersion.Major }} {{ printf "%#v" .Capabilities.APIVersions | trunc 40 | quote }}\n',
  ),
  'a copy with arguments': one('a: {{ .Capabilities.Copy 1 }}'),
  'kube version shown': one('v: {{ .Capabilities.KubeVersion }}\nw: {{ .Capabilities.KubeVersion | quote }}\n'),
  files: note(
    'list (.Files.Get "x.txt") (.Files.Lines "x.txt") (.Files.Get "no") ((.Files.Glob "*.{txt,md}").AsConfig) ((.Files.Glob "x*").AsSecrets) (len .Files)',
    { 'x.txt': 'one\ntwo\n', 'y.md': '# y\n', 'z.bin': '\x00' },
  ),
  'files in a range': one(
    '{{ range $n, $d := .Files.Glob "f/**" }}{{ $n | quote }}: {{ $d | toString | quote }}\n{{ end }}',
    {
      'f/a': 'A',
      'f/g/b': 'B',
    },
  ),
  'a field that is not there': one('a: {{ .Capabilities.Nope }}'),
  'nil pointer': one('a: {{ .Values.x.y }}'),
  'nil pointer in an include': one('a: {{ include "x" . }}', {
    'templates/_h.tpl': '{{ define "x" }}{{ .Values.a.b }}{{ end }}',
  }),
  'chain of includes': one('a: {{ include "x" . }}', {
    'templates/_h.tpl': '{{ define "x" }}{{ include "y" . }}{{ end }}{{ define "y" }}{{ .Values.a.b }}{{ end }}',
  }),
  'no such template': one('a: {{ include "nope" . }}'),
  'no such template, by template': one('a: {{ template "nope" . }}'),
  'error of a function': one('a: {{ index .Values.list 3 }}', { 'values.yaml': 'list: [1]\n' }),
  required: one('a: {{ required "say a" .Values.a }}'),
  'required in an include': one('a: {{ include "x" . }}', {
    'templates/_h.tpl': '{{ define "x" }}{{ required "give: b" .Values.b }}{{ end }}',
  }),
  fail: one('{{ fail "no\\nway" }}'),
  'tpl error': one('a: {{ tpl "{{ .Values.x.y }}" . }}'),
  'tpl parse error': one('a: {{ tpl "{{ .Values.x" . }}'),
  'fail in tpl': one('a: {{ tpl "{{ fail \\"x\\" }}" . }}'),
  'tpl with definitions': one(
    'a: {{ tpl "{{ define \\"q\\" }}Q{{ end }}{{ include \\"q\\" . }}" . }}\nb: {{ include "q" . }}',
  ),
  'tpl within tpl': one('a: {{ tpl .Values.t . }}', {
    'values.yaml': `t: '{{ tpl .Values.u . }}'\nu: '{{ .Release.Name }}'\n`,
  }),
  'no value': one('a: {{ .Values.x }}\nb: {{ tpl "{{ .Values.x }}" . | quote }}\nc: {{ include "n" . | quote }}\n', {
    'templates/_h.tpl': '{{ define "n" }}{{ .Values.x }}{{ end }}',
  }),
  'parse error': one('a: {{ .Values.x \n}}{{ if }}'),
  'unknown function': one('a: {{ nope 1 }}'),
  'last definition wins': one('a: {{ include "x" . }}', {
    'templates/_a.tpl': '{{ define "x" }}a{{ end }}',
    'templates/_z.tpl': '{{ define "x" }}z{{ end }}',
    'templates/sub/_a.tpl': '{{ define "x" }}sub{{ end }}',
  }),
  'broken yaml': one('a: 1\nb: {{ "x: y" }}\nc\n  - d: [\n'),
  'yaml that is no map': one('- a\n'),
  'annotation that is no text': one('metadata: {annotations: {a: [b]}}\n'),
  'blank lines between documents': one('\n\na: 1\n\n\n---\n\nb: 2\n\n', { 'templates/b.yaml': 'c: 3\n\n\n' }),
  'hooks come last': one('kind: Service\n', {
    'templates/h.yaml': 'kind: Job\nmetadata:\n  name: x\n  annotations: {helm.sh/hook: pre-install}\n',
  }),
  ...methodsOfValues(),
  'methods of values in a subchart': sub('- {name: db, version: 2.0.0, repository: ""}\n', {
    'charts/db/templates/d.yaml':
      'a: {{ dig "deep" "a" "b" 0 .Values.AsMap }}\nb: {{ .Values.PathValue "deep.a.b" }}\nc: {{ .Values.Table "deep.a" }}\n',
  }),
  'an empty chart': { 'Chart.yaml': CHART },
  'README in templates': one('', { 'templates/README.md': 'a: b\n', 'templates/.hidden.yaml': 'c: d\n' }),
  'what one template sets': one('{{ $_ := set .Values "x" 1 }}a: {{ .Values.x }}\n', {
    'templates/b.yaml': 'b: {{ .Values.x }}\n',
  }),
  helmignore: one('n: {{ range $n, $_ := .Files }}{{ $n }} {{ end }}\n', {
    '.helmignore': '# c\n*.bak\n/top\nd/\n!keep*\n',
    'keep1.txt': '',
    'other.txt': '',
  }),
  'helmignore without negation': note('.Files | keys', {
    '.helmignore': '*.bak\n/top\nd/\ne/*.x\n',
    'a.bak': '',
    top: '',
    'd/f': '',
    'e/f.x': '',
    'e/g/f.x': '',
  }),
  'a dependency': sub('- name: db\n  version: 2.x\n'),
  'a dependency that is off': sub('- name: db\n  version: 2.x\n  condition: db.enabled,db.on\n', {
    'values.yaml': 'db: {on: false}\n',
  }),
  'a tag that is off': sub('- name: db\n  version: 2.x\n  tags: [back]\n', { 'values.yaml': 'tags: {back: false}\n' }),
  'two aliases': sub('- name: db\n  version: 2.x\n  alias: one\n- name: db\n  version: ">1"\n  alias: two\n', {
    'values.yaml': 'one: {port: 2}\nglobal: {g: top}\n',
  }),
  'wrong version': sub('- name: db\n  version: 3.x\n'),
  'imported values': sub(
    '- name: db\n  version: 2.x\n  import-values:\n  - data\n  - child: deep\n    parent: mine.deep\n  - nope\n',
    {
      'values.yaml': 'mine: {deep: {a: {c: 2}}}\n',
    },
  ),
  'a library': sub('- name: db\n  version: 2.x\n', {
    'charts/db/Chart.yaml': 'apiVersion: v2\nname: db\nversion: 2.0.0\ntype: library\n',
    'charts/db/templates/_x.tpl': '{{ define "lib" }}L{{ end }}',
    'templates/a.yaml': 'a: {{ include "lib" . }}',
  }),
  'a missing dependency': { 'Chart.yaml': `${CHART}dependencies: [{name: a, version: 1}, {name: b, version: 1}]\n` },
  'requirements.yaml': {
    'Chart.yaml': 'name: web\nversion: 1.0.0\n',
    'requirements.yaml': 'dependencies: [{name: a}]\n',
  },
  kubeVersion: one('', { 'Chart.yaml': `${CHART}kubeVersion: "<1.20"\n` }),
  'library itself': { 'Chart.yaml': `${CHART}type: library\n` },
  'unknown type': { 'Chart.yaml': `${CHART}type: x\n` },
  'no version': { 'Chart.yaml': 'apiVersion: v2\nname: web\n' },
  'bad version': { 'Chart.yaml': 'apiVersion: v2\nname: web\nversion: a\n' },
  'numbers as texts': one('a: {{ .Chart.AppVersion | quote }} {{ .Chart.Version | quote }}', {
    'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1\nappVersion: 20210101\n',
  }),
  'maintainers no list': { 'Chart.yaml': `${CHART}maintainers: x\n` },
  'dependency no map': { 'Chart.yaml': `${CHART}dependencies: [x]\n` },
  'broken Chart.yaml': { 'Chart.yaml': 'a: b: c\n' },
  'broken values': one('', { 'values.yaml': 'a: [\n' }),
  'values no map': one('', { 'values.yaml': '- a\n' }),
  'subchart values no map': sub('- name: db\n  version: 2.x\n', { 'values.yaml': 'db: 1\n' }),
  'subchart without a name': sub('- name: db\n  version: 2.x\n', {
    'charts/db/Chart.yaml': 'apiVersion: v2\nversion: 1.0.0\n',
  }),
  'subchart without Chart.yaml': one('', { 'charts/x/values.yaml': 'a: 1\n' }),
  'loose files in charts': one('f: {{ keys .Files | toJson }}', {
    'charts/README.md': 'x',
    'charts/_off/Chart.yaml': 'x',
  }),
};

if (realTools() === undefined) test.skip('needs real helm: linux-x64 with development dependencies', () => {});
else {
  for (const [title, files] of Object.entries(CASES))
    test(title, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'portolan-engine-'));
      try {
        for (const [name, text] of Object.entries(files)) {
          mkdirSync(dirname(join(folder, 'web', name)), { recursive: true });
          writeFileSync(join(folder, 'web', name), text, 'latin1');
        }
        const theirs = runHelm(['template', 'release-name', join(folder, 'web')]);
        const ours = await ourOutput(join(folder, 'web'), undefined);
        assert.equal(ours, { code: theirs.code, stdout: theirs.stdout, stderr: errorOf(theirs.stderr) });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
}

/** Log lines before the error are no part of it. */
function errorOf(stderr: string): string {
  const at = stderr.startsWith('Error: ') ? 0 : stderr.indexOf('\nError: ') + 1;
  return at === 0 && !stderr.startsWith('Error: ') ? '' : stderr.slice(at);
}

test.run();
