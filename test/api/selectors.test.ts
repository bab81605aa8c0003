import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  fromLabelSelector,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  printLabelSelector,
} from '../../src/api/selectors.ts';

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
};

/** What kubectl 1.36.3 says to `create pdb --selector=…`. */
const ERRORS: [string, string][] = [
  ['a in', "unable to parse requirement: found '' expected: '('"],
  ['a in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
  ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['a in (b c)', "unable to parse requirement: found 'c', expected: ',' or ')'"],
  ['a,,', "found ',', expected: identifier after ','"],
  [',a', "found ',', expected: !, identifier, or 'end of string'"],
  ['a=b=c', "found '=', expected: ',' or 'end of string'"],
  [
    'a>x',
    `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
  ],
  ['!a=1', "found '=', expected: ',' or 'end of string'"],
  ['a ! b', "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"],
  ['=', "found '=', expected: !, identifier, or 'end of string'"],
  ['a = (b)', "unable to parse requirement: found '(', expected: identifier"],
  ['a<>b', "unable to parse requirement: found '>', expected: identifier"],
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['/x', 'unable to parse requirement: <nil>: Invalid value: "/x": prefix part must be non-empty'],
  [
    'a=1_',
    `unable to parse requirement: values[0][a]: Invalid value: "1_": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
  ],
];

test('label selectors fail with the texts of Kubernetes', () => {
  for (const [text, expected] of ERRORS)
    assert.is(
      messageOf(() => parseLabelSelector(text)),
      expected,
      text,
    );
});

test('label selectors match', () => {
  const labels = { app: 'web', tier: 'front', n: '5' };
  const cases: [string, boolean][] = [
    ['', true],
    ['app=web', true],
    ['app==web,tier!=back', true],
    ['app in (web, db)', true],
    ['app notin (web)', false],
    ['missing notin (web)', true],
    ['missing!=x', true],
    ['app', true],
    ['!app', false],
    ['!missing', true],
    ['n>4', true],
    ['n<5', false],
    ['app>4', false],
    ['app=', false],
    ['in in (in)', false],
    ['toString', false],
  ];
  for (const [text, expected] of cases) assert.is(matchesLabels(parseLabelSelector(text), labels), expected, text);
});

test('label selectors print sorted', () => {
  assert.is(printLabelSelector(parseLabelSelector('b in (z,y),a==1,!c,d')), 'a==1,b in (y,z),!c,d');
  assert.is(printLabelSelector(parseLabelSelector('a in (x,,y)')), 'a in (,x,y)');
});

test('LabelSelector objects match as selectors', () => {
  const selector = fromLabelSelector({
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['front'] },
      { key: 'x', operator: 'DoesNotExist' },
    ],
  });
  assert.ok(matchesLabels(selector, { app: 'web', tier: 'front' }));
  assert.not(matchesLabels(selector, { app: 'web' }));
  assert.not(matchesLabels(fromLabelSelector(undefined), { app: 'web' }), 'absent selects nothing');
  assert.ok(matchesLabels(fromLabelSelector({}), undefined), 'empty selects everything');
  assert.is(
    messageOf(() => fromLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Like' }] })),
    '"Like" is not a valid label selector operator',
  );
});

test('field selectors parse and match', () => {
  const fields: Record<string, string> = { 'metadata.name': 'a,b', 'status.phase': 'Running' };
  const cases: [string, boolean][] = [
    ['', true],
    ['status.phase=Running', true],
    ['status.phase==Running,metadata.name!=x', true],
    ['metadata.name=a\\,b', true],
    ['status.phase!=Running', false],
    ['spec.nodeName=', true],
  ];
  for (const [text, expected] of cases)
    assert.is(
      matchesFields(parseFieldSelector(text), (field) => fields[field] ?? ''),
      expected,
      text,
    );
  assert.is(
    messageOf(() => parseFieldSelector('a')),
    "invalid selector: 'a'; can't understand 'a'",
  );
  assert.is(
    messageOf(() => parseFieldSelector('a=b=c')),
    'invalid field selector: unescaped character in value: 61',
  );
  assert.is(
    messageOf(() => parseFieldSelector('a=\\x')),
    'invalid field selector: invalid escape sequence: \\x',
  );
});

test.run();
