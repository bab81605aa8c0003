import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ExecError, LimitError, ParseError } from '../../src/template/error.ts';
import { Templates } from '../../src/template/template.ts';
import type { GoFunction, Value } from '../../src/template/value.ts';

const newSet = (functions: Record<string, GoFunction> = {}, limits = {}): Templates =>
  new Templates({ functions, missingKey: 'zero', limits });

const caught = (run: () => unknown): Error => {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};

test('a clone is added to without changing what it came from', () => {
  const set = newSet();
  set.parse('a', '{{ define "x" }}old{{ end }}{{ template "x" }}');
  const clone = set.clone();
  clone.parse('b', '{{ define "x" }}new{{ end }}');
  set.parse('c', '{{ define "later" }}{{ end }}');
  assert.is(clone.execute('a', null), 'new');
  assert.is(set.execute('a', null), 'old');
  assert.equal(set.names().sort(), ['a', 'c', 'later', 'x']);
  assert.equal(clone.names().sort(), ['a', 'b', 'x']);
  assert.not(clone.has('later'));
});

test('functions: those of a clone and those of one execution go first', () => {
  const named =
    (name: string): GoFunction =>
    () =>
      name;
  const set = newSet({ who: named('set') });
  set.parse('a', '{{ who }}');
  assert.is(set.clone({ who: named('clone') }).execute('a', null), 'clone');
  assert.is(set.execute('a', null, { functions: { who: named('execution') } }), 'execution');
  assert.is(set.execute('a', null), 'set');
});

test('a function of another signature fits its arguments anew', () => {
  const typed = (type: string): GoFunction =>
    Object.assign((value: Value) => typeof value, { signature: { params: [type] } });
  const set = newSet({ f: typed('int') });
  set.parse('a', '{{ f 2 }}');
  assert.is(set.execute('a', null), 'bigint');
  assert.is(set.execute('a', null, { functions: { f: typed('float64') } }), 'number');
  assert.is(set.execute('a', null), 'bigint');
});

test('an action that stood in a text before means what its new place makes of it', () => {
  const cases: [text: string, output: string][] = [
    ['{{ $x := "1" }}{{ $x }}{{ if .a }}{{ $x := "2" }}{{ $x }}{{ end }}{{ $x }}', '121'],
    ['{{ $x := .a }}{{ $y := $x }}{{ if $x }}{{ $x }}{{ end }}{{ $x := "b" }}{{ if $x }}{{ $x }}{{ end }}', 'ab'],
    ['{{ $.a }}{{ $ := .m }}{{ $.a }}{{ .a }}', 'aza'],
    ['{{ .a }}{{ with .m }}{{ .a }}{{ range .l }}{{ . }}{{ $.a }}{{ end }}{{ end }}', 'az1a2a'],
    ['[{{ "a" -}}  ] [{{ "a" -}}\n{{ "a" }} ]', '[a] [aa ]'],
    ['{{ "}}" }}{{ "}}" }}{{ `{{` }}{{ `{{` }}', '}}}}{{{{'],
    ['{{ if .no }}{{ else if .a }}1{{ end }}{{ if .no }}{{ else if .a }}2{{ end }}{{ if .a }}3{{ end }}', '123'],
    ['{{ if .no }}{{ else with .a }}-{{ end }}', 'error: template: t7:1: unexpected <with> in input'],
    ['{{ with .no }}{{ else with .a }}{{ . }}{{ end }}', 'a'],
    ['{{ .a }}\n{{ $x }}', 'error: template: t9:2: undefined variable "$x"'],
    ['{{ .a.b }}', 'error: template: t10:1:5: executing "t10" at <.a.b>: can\'t evaluate field b in type interface {}'],
    [
      '\n {{ .a }}{{ .a.b }}',
      'error: template: t11:2:14: executing "t11" at <.a.b>: can\'t evaluate field b in type interface {}',
    ],
  ];
  const set = newSet();
  cases.forEach(([text, output], i) => {
    const name = `t${i}`;
    const run = (): string => {
      set.parse(name, text);
      return set.execute(name, { a: 'a', m: { a: 'z', l: ['1', '2'] } });
    };
    let shown: string;
    try {
      shown = run();
    } catch (error) {
      shown = `error: ${(error as Error).message}`;
    }
    assert.is(shown, output, text);
  });
});

test('a blank template replaces none, but what was parsed can be executed', () => {
  const set = newSet();
  set.parse('a', 'full');
  const blank = set.parse('a', ' {{/* nothing */}} ');
  assert.is(set.execute('a', null), 'full');
  assert.is(set.execute(blank, null), '  ');
});

test('missing keys', () => {
  const render = (missingKey: 'default' | 'zero' | 'error', text: string) => {
    const set = new Templates({ functions: {}, missingKey });
    set.parse('t', text);
    return set.execute('t', { a: {} });
  };
  assert.is(render('default', '{{ .a.b }}{{ .a.b.c }}'), '<no value><no value>');
  assert.is(render('zero', '{{ .a.b }}'), '<no value>');
  const error = caught(() => render('error', '{{ .a.b }}'));
  assert.is(error.message, 'template: t:1:5: executing "t" at <.a.b>: map has no entry for key "b"');
});

test('parse errors know their place', () => {
  const error = caught(() => newSet().parse('f', 'a\n{{ nope }}')) as ParseError;
  assert.instance(error, ParseError);
  assert.is(error.message, 'template: f:2: function "nope" not defined');
  assert.equal(error.position, { file: 'f', line: 2 });
  assert.is(error.detail, 'function "nope" not defined');
});

test('execution errors know their place, the template and the node', () => {
  const set = newSet();
  set.parse('f', 'a\né {{ define "x" }}\n  {{ .b.c }}{{ end }}{{ template "x" . }}');
  const error = caught(() => set.execute('f', {})) as ExecError;
  assert.instance(error, ExecError);
  assert.equal(error.position, { file: 'f', line: 3, column: 7 });
  assert.is(error.template, 'x');
  assert.is(error.node, '.b.c');
  assert.is(error.detail, 'nil pointer evaluating interface {}.c');
});

test('what a function throws is the cause', () => {
  const thrown = new Error('boom');
  const set = newSet({
    bad: () => {
      throw thrown;
    },
  });
  set.parse('f', '{{ bad 1 }}');
  const error = caught(() => set.execute('f', null));
  assert.is(error.message, 'template: f:1:3: executing "f" at <bad 1>: error calling bad: boom');
  assert.is(error.cause, thrown);
});

const ENDLESS: [what: string, template: string, message: RegExp][] = [
  [
    'a template that calls itself',
    '{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" }}',
    /executing "r" .* exceeded maximum template depth/,
  ],
  ['a function that calls its template', '{{ again }}', /exceeded maximum template depth/],
  ['a loop', '{{ range 1000000000 }}{{ end }}', /too many steps/],
  ['loops in loops', '{{ range 100000 }}{{ range 100000 }}{{ end }}{{ end }}', /too many steps/],
  [
    'templates that double',
    `${Array.from({ length: 60 }, (_, i) => `{{ define "${i}" }}{{ template "${i + 1}" }}{{ template "${i + 1}" }}{{ end }}`).join('')}{{ define "60" }}{{ end }}{{ template "0" }}`,
    /too many steps/,
  ],
  ['output that grows', '{{ range 100000 }}0123456789{{ end }}', /writes more than 50000 characters/],
  ['one large value', '{{ printf "%999999d" 1 }}', /writes more than 50000 characters/],
];

for (const [what, template, message] of ENDLESS)
  test(`ends: ${what}`, () => {
    const set: Templates = newSet({ again: () => set.execute('t', null) }, { maxSteps: 200_000, maxOutput: 50_000 });
    set.parse('t', template);
    const error = caught(() => set.execute('t', null));
    assert.instance(error, LimitError);
    assert.match(error.message, message);
  });

test('a limit that a function puts words around is still told as it is', () => {
  const set: Templates = newSet(
    {
      wrap: () => {
        try {
          return set.execute('inner', null);
        } catch (error) {
          throw new Error('words', { cause: error });
        }
      },
    },
    { maxSteps: 10 },
  );
  set.parse('inner', '{{ range 100 }}{{ end }}');
  set.parse('t', '{{ wrap }}');
  assert.instance(
    caught(() => set.execute('t', null)),
    LimitError,
  );
});

test('steps are counted anew for each rendering, and over all that it executes', () => {
  const set: Templates = newSet({ inner: () => set.execute('inner', null) }, { maxSteps: 100 });
  set.parse('inner', '{{ range 40 }}{{ end }}');
  set.parse('two', '{{ inner }}{{ inner }}');
  set.parse('three', '{{ inner }}{{ inner }}{{ inner }}');
  for (let i = 0; i < 3; i++) assert.is(set.execute('two', null), '');
  assert.instance(
    caught(() => set.execute('three', null)),
    LimitError,
  );
});

test('deep nesting is refused or works, but never crashes', () => {
  for (const depth of [100, 20_000]) {
    for (const [open, close] of [
      ['(', ')'],
      ['{{ if 1 }}', '{{ end }}'],
    ] as const) {
      const text = open.repeat(depth) + (open === '(' ? '1' : 'x') + close.repeat(depth);
      const set = newSet();
      const run = () => set.execute(set.parse('t', open === '(' ? `{{ ${text} }}` : text), null);
      if (depth === 100) assert.is(run(), open === '(' ? '1' : 'x');
      else assert.is(caught(run).message, 'template: t:1: max expression depth exceeded');
    }
  }
});

test('keys of charts reach no prototype', () => {
  const set = newSet();
  set.parse('t', '{{ .constructor }}{{ .__proto__ }}{{ .toString }}{{ index . "hasOwnProperty" }}');
  assert.is(set.execute('t', {}), '<no value>'.repeat(4));
});

test('the data may be nothing', () => {
  const set = newSet();
  set.parse('t', '{{ . }}{{ .a }}{{ .a.b }}{{ range . }}x{{ end }}');
  assert.is(set.execute('t', null), '<no value>'.repeat(3));
});

test('a template that is not there', () => {
  const error = caught(() => newSet().execute('nope', null));
  assert.is(error.message, 'template: no template "nope" associated with template "gotpl"');
});

test.run();
