import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HandlebarsTemplates, loadHandlebars } from '../../src/handlebars/templates.ts';
import { ExecError, LimitError, ParseError } from '../../src/template/error.ts';
import { GO_OBJECT, type GoFunction, type GoObject, type Value } from '../../src/template/value.ts';
import { functions } from '../template/functions.ts';

const handlebars = await loadHandlebars();

const get: GoFunction = Object.assign((name: Value) => `content of ${name as string}`, {
  signature: { params: ['string'] },
});

const files: GoObject = {
  [GO_OBJECT]: true,
  type: 'engine.files',
  kind: 'map',
  field: () => undefined,
  method: (name) => (name === 'Get' ? get : undefined),
  print: () => 'map[a.txt:A]',
  entries: () => [['a.txt', 'A']],
};

const data = {
  Values: {
    one: 1,
    million: 1000000,
    half: 1.5,
    text: '<b> & "c"',
    list: ['x', 'y'],
    map: { b: 2, a: 1 },
    empty: {},
    yes: true,
    nil: null,
    first: 'own',
  },
  Files: files,
  Release: { Name: 'r' },
};

function templates(files: Record<string, string>): HandlebarsTemplates {
  const set = new HandlebarsTemplates({ handlebars, functions });
  for (const [name, text] of Object.entries(files)) set.parse(name, text);
  return set;
}

const render = (text: string, others: Record<string, string> = {}): string =>
  templates({ ...others, 'web/templates/t.hbs': text }).execute('web/templates/t.hbs', data as unknown as Value);

const OUTPUTS: [subject: string, template: string, output: string][] = [
  ['numbers', '{{Values.one}} {{Values.million}} {{Values.half}}', '1 1000000 1.5'],
  ['nothing is escaped', '{{Values.text}} {{{Values.text}}}', '<b> & "c" <b> & "c"'],
  ['lists and maps as Go prints them', '{{Values.list}} {{Values.map}}', '[x y] map[a:1 b:2]'],
  ['what is not there', '[{{Values.nil}}{{Values.nope}}{{Values.nope.deeper}}]', '[]'],
  ['functions', '{{upper "a"}} {{trunc 2 "abc"}} {{upper (trunc 1 "abc")}}', 'A ab A'],
  ['a float where an int is asked for', '{{trunc Values.one "abc"}} {{add Values.one 2}}', 'a 3'],
  ['kinds of numbers', '{{printf "%T %T %T" 1 1.5 Values.one}}', 'int float64 float64'],
  ['a hash is a map', '{{toJson a=1 b="x"}} {{dict a=1 b="x"}}', '{"a":1,"b":"x"} map[a:1 b:x]'],
  ['if, with calls in it', '{{#if (eq Values.text "x")}}a{{else if (not Values.nope)}}b{{else}}c{{/if}}', 'b'],
  [
    'truth is that of Go',
    '{{#if Values.empty}}y{{else}}n{{/if}}{{#unless 0}}y{{/unless}}{{#if Values.one}}y{{/if}}',
    'nyy',
  ],
  ['any function opens a block', '{{#eq 1 1}}same{{else}}other{{/eq}}{{#eq 1 2}}same{{else}}other{{/eq}}', 'sameother'],
  ['its result is the block parameter', '{{#index Values.list 1 as |found|}}[{{found}}]{{/index}}', '[y]'],
  ['each', '{{#each Values.list}}{{@index}}{{this}}{{#unless @last}},{{/unless}}{{/each}}', '0x,1y'],
  [
    'each in the order of keys',
    '{{#each Values.map as |value key|}}{{key}}{{value}}{{@first}} {{/each}}',
    'a1true b2false ',
  ],
  ['each of nothing', '{{#each Values.nope}}x{{else}}none{{/each}}', 'none'],
  ['with, and ways out of it', '{{#with Values}}{{one}}{{../Release.Name}}{{@root.Release.Name}}{{/with}}', '1rr'],
  ['a field goes before a function of its name', '{{#with Values}}{{first}}{{/with}} {{first Values.list}}', 'own x'],
  ['a block parameter goes before a function', '{{#each Values.list as |first|}}{{first}}{{/each}}', 'xy'],
  [
    'methods',
    '{{Files.Get "a"}} {{#each Files}}{{@key}}={{this}}{{/each}} {{Files}}',
    'content of a a.txt=A map[a.txt:A]',
  ],
  ['lookup', '{{lookup Values.list 1}}{{lookup Values "one"}}{{lookup Values.nope "x"}}', 'y1'],
  [
    'nothing of prototypes',
    '[{{constructor}}{{Values.constructor}}{{Values.__proto__}}{{lookup Values "__proto__"}}{{Values.list.map}}]',
    '[]',
  ],
  ['white space control', 'a {{~#if true~}} b {{~/if~}} c{{! not shown }}', 'abc'],
  ['and, or', '{{and 1 0}} {{or 0 "x"}} {{or "" 0}}', '0 x 0'],
  ['an inline partial', '{{#*inline "in"}}<{{this.one}}{{upper "a"}}>{{/inline}}{{> in Values}}', '<1A>'],
  ['the default of a partial', '{{#> nope}}default{{/nope}}', 'default'],
];

for (const [subject, template, output] of OUTPUTS) test(subject, () => assert.is(render(template), output));

test('partials: of the same folder before those of others', () => {
  const others = {
    'web/templates/_labels.hbs': 'app: {{name}} {{Values.one}}',
    'web/charts/db/templates/_labels.hbs': 'other',
    'web/charts/db/templates/_port.hbs': 'port: {{this}}',
  };
  assert.is(
    render('{{> labels name="n"}}; {{> port 80}}; {{> (trunc 4 "portx") 81}}', others),
    'app: n 1; port: 80; port: 81',
  );
});

const PARSE_ERRORS: [template: string, message: RegExp][] = [
  ['a\n{{#if x}}', /^template: web\/templates\/t\.hbs:2: Expecting .* got 'EOF'$/],
  ['{{#if x}}{{/unless}}', /^template: web\/templates\/t\.hbs:1: if doesn't match unless$/],
];

for (const [template, message] of PARSE_ERRORS)
  test(`cannot parse ${JSON.stringify(template)}`, () => {
    assert.throws(
      () => render(template),
      (error: Error) => error instanceof ParseError && message.test(error.message),
    );
  });

const at = (place: string, node: string) => `template: ${place}: executing "web/templates/t.hbs" at <${node}>: `;

const EXEC_ERRORS: [template: string, message: string][] = [
  [
    'é {{upper Values.one}}',
    `${at('web/templates/t.hbs:1:3', '{{upper Values.one}}')}wrong type for value; expected string; got float64`,
  ],
  ['a\n  {{upper}}', `${at('web/templates/t.hbs:2:2', '{{upper}}')}wrong number of args for upper: want 1 got 0`],
  [
    '{{upper "a" "b"}}',
    `${at('web/templates/t.hbs:1:0', '{{upper "a" "b"}}')}wrong number of args for upper: want 1 got 2`,
  ],
  [
    '{{index Values.list 9}}',
    `${at('web/templates/t.hbs:1:0', '{{index Values.list 9}}')}error calling index: index out of range: 9`,
  ],
  ['{{> nope}}', `${at('web/templates/t.hbs:1:0', '{{> nope}}')}partial "nope" not defined`],
  ['{{nofunction 1}}', 'template: web/templates/t.hbs: Missing helper: "nofunction"'],
];

for (const [template, message] of EXEC_ERRORS)
  test(`fails: ${template}`, () => {
    assert.throws(
      () => render(template),
      (error: Error) => {
        assert.instance(error, ExecError);
        assert.is(error.message, message);
        return true;
      },
    );
  });

test('an error in a partial tells where that was called', () => {
  const others = { 'web/templates/_bad.hbs': '\n{{upper 1}}' };
  assert.throws(
    () => render('{{> bad}}', others),
    (error: Error) => {
      const inner = 'template: web/templates/_bad.hbs:2:0: executing "web/templates/_bad.hbs" at <{{upper 1}}>: ';
      const detail = `${inner}wrong type for value; expected string; got int`;
      assert.is(error.message, `${at('web/templates/t.hbs:1:0', '{{> bad}}')}error calling bad: ${detail}`);
      assert.is((error.cause as Error).message, detail);
      return true;
    },
  );
});

const DEEP: [what: string, text: (depth: number) => string][] = [
  ['blocks', (depth) => '{{#if 1}}'.repeat(depth) + 'x' + '{{/if}}'.repeat(depth)],
  ['calls', (depth) => `{{print ${'(print '.repeat(depth)}"x"${')'.repeat(depth)}}}`],
];

for (const [what, text] of DEEP)
  test(`${what} that nest deep work, or are refused at once`, () => {
    assert.is(render(text(100)), 'x');
    assert.throws(() => render(text(100_000)), /t\.hbs:1: blocks or calls nest too deep/);
  });

test('a partial that calls itself ends', () => {
  assert.throws(
    () => render('{{> t}}'),
    (error: Error) => error instanceof LimitError,
  );
});

test.run();
