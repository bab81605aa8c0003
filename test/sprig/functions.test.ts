/** The whole library against what real helm made of thousands of expressions. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { toJson } from '../../src/encoding/json.ts';
import { parseYamlMap } from '../../src/encoding/yaml.ts';
import { sprigFunctions } from '../../src/sprig/functions.ts';
import { ExecError } from '../../src/template/error.ts';
import { printed } from '../../src/template/printf.ts';
import { Templates } from '../../src/template/template.ts';
import { typeName } from '../../src/template/type.ts';
import { typedMap, type Value } from '../../src/template/value.ts';
import { CHART_VALUES, type Entry, GOLDEN } from './golden.ts';

const FILE = 'g/templates/x.yaml';

/** Functions that the engine adds. */
const OF_THE_ENGINE = ['include', 'lookup', 'required', 'tpl'];

/** As many differences as a failing test shows. */
const SHOWN = 40;

const library = Object.fromEntries(sprigFunctions({ now: () => Date.now(), randomBytes }));
let caught: Value;
const functions = {
  ...library,
  catch: Object.assign(
    (value: Value) => {
      caught = value;
      return '';
    },
    { signature: { params: ['interface {}'] } },
  ),
};

function data(): Value {
  const values = parseYamlMap(CHART_VALUES);
  delete values['nul'];
  return { Values: typedMap('common.Values', values), Chart: { Name: 'g' } };
}

/** The expression's value in the form of an entry, or where and why it failed. */
function answer(expression: string): string[] {
  const templates = new Templates({ functions, missingKey: 'zero' });
  try {
    templates.parse(FILE, `r: {{ $x := ${expression} }}{{ catch $x }}`);
    templates.execute(FILE, data());
    return [expression, typeName(caught), printed(caught), json(caught)];
  } catch (error) {
    return [expression, failure(error)];
  }
}

function json(value: Value): string {
  try {
    return toJson(value);
  } catch {
    return '';
  }
}

function failure(error: unknown): string {
  if (!(error instanceof ExecError)) return (error as Error).message;
  return `${error.position?.column} <${error.node}> ${error.detail}`;
}

/** Helm's two forms of an error reduced to the same: column, node, text. */
function expected([expression, ...rest]: Entry): string[] {
  if (rest.length > 1) return [expression, ...rest];
  const text = rest[0]!.replace(/\n\nUse --debug flag[\s\S]*$/, '');
  const match =
    /^Error: template: \S+:1:(\d+): executing "\S+" at <([\s\S]*)>: (error calling [\s\S]*)$/.exec(text) ??
    /^Error: \S+:1:(\d+)\n {2}executing "\S+" at <([\s\S]*)>:\n {4}([\s\S]*)$/.exec(text);
  return [expression, match ? `${match[1]} <${match[2]}> ${match[3]}` : text];
}

const golden = readdirSync(GOLDEN)
  .filter((name) => name.endsWith('.json'))
  .map((file) => ({ file, entries: JSON.parse(readFileSync(join(GOLDEN, file), 'utf8')) as Entry[] }));

for (const { file, entries } of golden)
  test(`${file.replace('.json', '')} as in helm`, () => {
    const different = entries
      .map((entry) => ({ want: expected(entry), got: answer(entry[0]) }))
      .filter(({ want, got }) => JSON.stringify(want) !== JSON.stringify(got));
    const shown = different.slice(0, SHOWN).map(({ want, got }) => `\n  want ${want}\n  got  ${got.slice(1)}`);
    assert.is(different.length, 0, `${different.length} of ${entries.length} differ:${shown.join('')}`);
  });

test('the library has the functions that helm has', () => {
  const names = readFileSync(join(GOLDEN, 'names.txt'), 'utf8').trim().split('\n');
  assert.equal([...Object.keys(library), ...OF_THE_ENGINE].sort(), names);
});

test.run();
