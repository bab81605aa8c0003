import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Environment } from '../../src/cmd/environment.ts';
import type { Flag } from '../../src/cmd/flag.ts';
import { parseCsv } from '../../src/cmd/flag.ts';
import { exclusiveProblem, parseArguments } from '../../src/cmd/parse.ts';

const environment = { variables: {}, home: '/home' } as unknown as Environment;

const FLAGS: Flag[] = [
  { name: 'all', short: 'a', type: 'bool', help: '' },
  { name: 'on', type: 'bool', default: 'true', help: '' },
  { name: 'name', short: 'n', type: 'string', help: '' },
  { name: 'max', short: 'm', type: 'int', default: '256', help: '' },
  { name: 'width', type: 'uint', help: '' },
  { name: 'qps', type: 'float32', help: '' },
  { name: 'timeout', type: 'duration', default: '5m0s', help: '' },
  { name: 'set', type: 'stringArray', help: '' },
  { name: 'values', short: 'f', type: 'strings', help: '' },
  { name: 'labels', short: 'l', type: 'stringToString', help: '' },
  { name: 'output', short: 'o', type: 'format', help: '' },
  { name: 'wait', type: 'WaitStrategy', bare: 'watcher', help: '' },
  { name: 'dry-run', type: 'string', default: 'none', bare: 'unset', help: '' },
  { name: 'force', type: 'bool', help: '', deprecated: 'use --force-replace instead' },
];

const parse = (line: string) => parseArguments(line === '' ? [] : line.split(' '), FLAGS, environment);

test('flags in every spelling', () => {
  const cases: [string, (f: ReturnType<typeof parse>['flags']) => unknown, unknown][] = [
    ['', (f) => f.number('max'), 256],
    ['', (f) => f.number('timeout'), 300_000],
    ['', (f) => f.bool('on'), true],
    ['--on=false', (f) => f.bool('on'), false],
    ['-a', (f) => f.bool('all'), true],
    ['-a=0', (f) => f.bool('all'), false],
    ['--name x', (f) => f.string('name'), 'x'],
    ['--name=', (f) => f.string('name'), ''],
    ['--name=a=b', (f) => f.string('name'), 'a=b'],
    ['-n x', (f) => f.string('name'), 'x'],
    ['-nx', (f) => f.string('name'), 'x'],
    ['-n=x', (f) => f.string('name'), 'x'],
    ['-anx', (f) => f.string('name'), 'x'],
    ['--name --all', (f) => f.string('name'), '--all'],
    ['-m 0x10', (f) => f.number('max'), 16],
    ['-m 010', (f) => f.number('max'), 8],
    ['-m -1', (f) => f.number('max'), -1],
    ['--qps 1.5', (f) => f.number('qps'), 1.5],
    ['--timeout 1h2m3.5s', (f) => f.number('timeout'), 3_723_500],
    ['--timeout 100ms', (f) => f.number('timeout'), 100],
    ['--timeout 0', (f) => f.number('timeout'), 0],
    ['--set a=1 --set b=1,c=2', (f) => f.list('set'), ['a=1', 'b=1,c=2']],
    ['-f a,b -f "c,d"', (f) => f.list('values'), ['a', 'b', 'c,d']],
    ['-l a=1,b=2 -l c=3', (f) => f.map('labels'), { a: '1', b: '2', c: '3' }],
    ['-l a=1,2', (f) => f.map('labels'), { a: '1,2' }],
    ['-o json', (f) => f.string('output'), 'json'],
    ['', (f) => f.string('output'), 'table'],
    ['--wait', (f) => f.string('wait'), 'watcher'],
    ['--wait=legacy', (f) => f.string('wait'), 'legacy'],
    ['', (f) => f.string('wait'), 'hookOnly'],
    ['--dry-run', (f) => f.string('dry-run'), 'unset'],
    ['--dry-run=server', (f) => f.string('dry-run'), 'server'],
    ['--name x', (f) => [f.isSet('name'), f.isSet('max')], [true, false]],
  ];
  for (const [line, read, expected] of cases) assert.equal(read(parse(line).flags), expected, line);
});

test('arguments stand anywhere, and all after --', () => {
  assert.equal(parse('a --all b -n x c').args, ['a', 'b', 'c']);
  assert.equal(parse('a -- --all -n').args, ['a', '--all', '-n']);
  assert.equal(parse('--dry-run client').args, ['client']);
  assert.equal(parse('-').args, ['-']);
});

test("mistakes get pflag's words", () => {
  const cases: [string, string][] = [
    ['--bogus', 'unknown flag: --bogus'],
    ['--bogus=1', 'unknown flag: --bogus'],
    ['-Z', "unknown shorthand flag: 'Z' in -Z"],
    ['-aZ', "unknown shorthand flag: 'Z' in -aZ"],
    ['--name', 'flag needs an argument: --name'],
    ['-n', "flag needs an argument: 'n' in -n"],
    ['--=x', 'bad flag syntax: --=x'],
    ['---x', 'bad flag syntax: ---x'],
    ['--max=x', 'invalid argument "x" for "-m, --max" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    ['--width=-1', 'invalid argument "-1" for "--width" flag: strconv.ParseUint: parsing "-1": invalid syntax'],
    ['--all=x', 'invalid argument "x" for "-a, --all" flag: strconv.ParseBool: parsing "x": invalid syntax'],
    ['--qps=x', 'invalid argument "x" for "--qps" flag: strconv.ParseFloat: parsing "x": invalid syntax'],
    ['--timeout=5', 'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"'],
    ['--timeout=5x', 'invalid argument "5x" for "--timeout" flag: time: unknown unit "x" in duration "5x"'],
    ['--timeout=x', 'invalid argument "x" for "--timeout" flag: time: invalid duration "x"'],
    ['-o xml', 'invalid argument "xml" for "-o, --output" flag: invalid format type'],
    ['-l x', 'invalid argument "x" for "-l, --labels" flag: x must be formatted as key=value'],
    [
      '--wait=x',
      'invalid argument "x" for "--wait" flag: invalid wait input "x". Valid inputs are watcher, hookOnly, and legacy',
    ],
  ];
  for (const [line, message] of cases) {
    try {
      parse(line);
      assert.unreachable(line);
    } catch (error) {
      assert.is((error as Error).message, message, line);
    }
  }
});

test('a deprecated flag works and is told', () => {
  const { flags, warnings } = parse('--force');
  assert.ok(flags.bool('force'));
  assert.equal(warnings, ['Flag --force has been deprecated, use --force-replace instead']);
});

test('flags that exclude each other', () => {
  const { flags } = parse('--all --force');
  assert.is(
    exclusiveProblem(flags, [['force', 'all']]),
    'if any flags in the group [force all] are set none of the others can be; [all force] were all set',
  );
  assert.is(exclusiveProblem(flags, [['force', 'name']]), undefined);
});

test('comma-separated values', () => {
  assert.equal(parseCsv('a,"b,""c""",'), ['a', 'b,"c"', '']);
  assert.throws(() => parseCsv('a"b'), /bare "/);
  assert.throws(() => parseCsv('"a'), /quoted-field/);
});

test.run();
