/** Versions: what is one, in which order they come, and why one does not satisfy a constraint. */
import { compare } from 'semver';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseConstraint, validate } from '../../src/semver/constraint.ts';
import { compareVersions, formatVersion, parseStrictVersion, parseVersion } from '../../src/semver/version.ts';

const textOrError = (parse: () => string): string => {
  try {
    return parse();
  } catch (error) {
    return `! ${(error as Error).message}`;
  }
};

const LOOSE: [string, string][] = [
  ['1.2.3', '1.2.3'],
  ['v1.2.3-a.1+b', '1.2.3-a.1+b'],
  ['1', '1.0.0'],
  ['v1.2', '1.2.0'],
  ['01.002.3', '1.2.3'],
  ['1.2-beta', '1.2.0-beta'],
  ['18446744073709551615.0.0', '18446744073709551615.0.0'],
  [
    '18446744073709551616.0.0',
    '! error parsing version segment: strconv.ParseUint: parsing "18446744073709551616": value out of range',
  ],
  ['1.2.3-01', '! version segment starts with 0'],
  ['', '! invalid semantic version'],
  ['V1', '! invalid semantic version'],
  ['1.2.3.4', '! invalid semantic version'],
  [' 1.2.3', '! invalid semantic version'],
  ['1.2.3-a..b', '! invalid semantic version'],
];

for (const [text, expected] of LOOSE)
  test(`parseVersion "${text}"`, () =>
    assert.is(
      textOrError(() => formatVersion(parseVersion(text))),
      expected,
    ));

const STRICT: [string, string][] = [
  ['1.2.3', '1.2.3'],
  ['1.2.3-a-b.1+c.01', '1.2.3-a-b.1+c.01'],
  ['', '! version string empty'],
  ['1.2', '! invalid semantic version'],
  ['v1.2.3', '! invalid characters in version'],
  ['01.2.3', '! version segment starts with 0'],
  ['1.2.3-', '! invalid prerelease string'],
  ['1.2.3-01', '! version segment starts with 0'],
  ['1.2.3+', '! invalid metadata string'],
  ['1.2.3+a_b', '! invalid metadata string'],
  ['1..3', '! strconv.ParseUint: parsing "": invalid syntax'],
];

for (const [text, expected] of STRICT)
  test(`parseStrictVersion "${text}"`, () =>
    assert.is(
      textOrError(() => formatVersion(parseStrictVersion(text))),
      expected,
    ));

test('the order is that of semantic versioning', () => {
  const texts =
    '0.0.1 0.1.0 1.0.0-0 1.0.0-2 1.0.0-10 1.0.0-a 1.0.0-a.1 1.0.0-a.a 1.0.0-b 1.0.0 1.0.1 1.1.0 2.0.0-rc.1 2.0.0';
  const versions = texts.split(' ');
  for (const a of versions)
    for (const b of versions) assert.is(compareVersions(parseVersion(a), parseVersion(b)), compare(a, b), `${a} ${b}`);
});

test('metadata does not count', () => {
  assert.is(compareVersions(parseVersion('1.0.0+a'), parseVersion('1.0.0+b')), 0);
});

const REASONS: [constraint: string, version: string, reasons: string[]][] = [
  ['>=1.2', '1.3.0', []],
  ['>=1.2', 'v1.1', ['"1.1.0" is less than "1.2"']],
  ['>1, <2', '2.1.0', ['"2.1.0" is greater than or equal to "2"']],
  ['^1.2.3', '2.0.0', ['"2.0.0" does not have same major version as "1.2.3"']],
  ['~1.2', '1.3.0', ['"1.3.0" does not have same major and minor version as "1.2"']],
  ['=1.2.3', '1.2.4', ['"1.2.4" is not equal to "1.2.3"']],
  ['!=1.x', '1.2.4', ['"1.2.4" is equal to "1.x"']],
  ['<=1.2', '1.3.0', ['"1.3.0" is greater than "1.2"']],
  [
    '^0.2.3',
    '0.3.0',
    [
      '"0.3.0" does not have same minor version as "0.2.3". Expected minor versions to match when constraint major version is 0',
    ],
  ],
  [
    '^0.0.3',
    '0.0.4',
    ['"0.0.4" does not equal "0.0.3". Expect version and constraint to equal when major and minor versions are 0'],
  ],
  [
    '>=1, <3 || >=4',
    '2.0.0-rc',
    ['"2.0.0-rc" is a prerelease version and the constraint is only looking for release versions'],
  ],
  ['<1 || >2', '1.5.0', ['"1.5.0" is greater than or equal to "1"', '"1.5.0" is less than or equal to "2"']],
];

for (const [constraint, version, reasons] of REASONS)
  test(`why ${version} is not ${constraint}`, () =>
    assert.equal(validate(parseVersion(version), parseConstraint(constraint)), reasons));

test('hostile constraints end', () => {
  for (const text of [
    `${'1 '.repeat(4000)}!`,
    '1'.repeat(9999),
    ' '.repeat(9999),
    `1${' '.repeat(9000)}- `,
    '1'.repeat(1e6),
  ])
    textOrError(() => String(parseConstraint(text).alternatives.length));
  assert.throws(() => parseConstraint(`${'1 '.repeat(4000)}!`), /improper constraint/);
});

test.run();
