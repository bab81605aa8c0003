/**
 * Constraints as Masterminds/semver 3.5 reads them: alternatives joined by `||`, each a list of comparisons that must
 * all hold, separated by commas or spaces: `>=1.2 <2 || ~3.1`. npm's ranges differ in many forms.
 */
import { comparePrereleases, compareVersions, formatVersion, parseVersion, type Version } from './version.ts';

export interface Constraint {
  readonly alternatives: readonly Alternative[];
}

interface Alternative {
  comparisons: Comparison[];
  /** Whether a comparison names a prerelease: only then may one satisfy the alternative. */
  takesPrereleases: boolean;
}

interface Comparison {
  operator: Operator;
  /** The version as it was written, for the reasons. */
  written: string;
  version: Version;
  /** Which segment is the first one left open (`x`, `*` or nothing). */
  open: 'none' | 'patch' | 'minor' | 'major';
}

type Operator = '' | '=' | '!=' | '>' | '<' | '>=' | '=>' | '<=' | '=<' | '~' | '~>' | '^';

const SPACES = '\t\n\f\r ';
const SPACE = `[${SPACES}]`;
const SEGMENT = '[0-9|xX*]+';
const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const VERSION = `v?${SEGMENT}(?:\\.${SEGMENT}){0,2}(?:-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?`;
const COMPARISON = new RegExp(
  `(=>|=<|=|!=|>=|>|<=|<|~>|~|\\^|)${SPACE}*(v?(${SEGMENT})(\\.${SEGMENT})?(\\.${SEGMENT})?(-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?)`,
  'y',
);
const RANGE = new RegExp(`(${VERSION})${SPACE}+-${SPACE}+(${VERSION})${SPACE}*`, 'g');

/** No constraint that means something is as long; the patterns are kept from longer ones. */
const MAX_LENGTH = 10_000;

/** Throws `improper constraint: "…"`. */
export function parseConstraint(text: string): Constraint {
  if (text.length > MAX_LENGTH) throw improper(`${text.slice(0, 100)}…`);
  return { alternatives: rewriteRanges(text).split('||').map(parseAlternative) };
}

const improper = (text: string): Error => new Error(`improper constraint: ${quote(text)}`);

/** As %q, for what a constraint is made of. */
const quote = (text: string): string =>
  `"${text.replace(/["\\]/g, '\\$&').replace(/[\x00-\x1f\x7f]/g, (c) => CONTROLS[c] ?? `\\x${hexByte(c)}`)}"`;

const CONTROLS: Record<string, string> = Object.fromEntries(
  [...'abtnvfr'].map((letter, i) => [String.fromCharCode(7 + i), `\\${letter}`]),
);

const hexByte = (char: string): string => char.charCodeAt(0).toString(16).padStart(2, '0');

/** `1.2 - 2.3` becomes `>= 1.2, <= 2.3`; the space before it is lost, so that nothing may stand there without a comma. */
function rewriteRanges(text: string): string {
  let rewritten = '';
  let copied = 0;
  for (const match of text.matchAll(RANGE)) {
    let end = match.index;
    while (end > copied && SPACES.includes(text[end - 1]!)) end--;
    rewritten += `${text.slice(copied, end)}>= ${match[1]}, <= ${match[2]} `;
    copied = match.index + match[0].length;
  }
  return rewritten + text.slice(copied);
}

function parseAlternative(text: string): Alternative {
  const comparisons: Comparison[] = [];
  let at = skipSpaces(text, 0);
  do {
    COMPARISON.lastIndex = at;
    const match = COMPARISON.exec(text);
    if (!match) throw improper(text);
    comparisons.push(comparisonOf(match));
    const end = COMPARISON.lastIndex;
    at = skipSpaces(text, end);
    if (text[at] === ',') {
      at = skipSpaces(text, at + 1);
      if (at === text.length) throw improper(text);
    } else if (at === end && at < text.length) throw improper(text);
  } while (at < text.length);
  return { comparisons, takesPrereleases: comparisons.some(({ version }) => version.prerelease !== '') };
}

function skipSpaces(text: string, start: number): number {
  let at = start;
  while (at < text.length && SPACES.includes(text[at]!)) at++;
  return at;
}

function comparisonOf([, operator, written, major, minor, patch, prerelease = '']: RegExpExecArray): Comparison {
  const open = isOpen(major) ? 'major' : isOpen(minor) ? 'minor' : isOpen(patch) ? 'patch' : 'none';
  const closed = { major: '0.0.0', minor: `${major}.0.0`, patch: `${major}${minor}.0`, none: '' }[open];
  try {
    const version = parseVersion(open === 'none' ? written! : closed + prerelease);
    return { operator: operator as Operator, written: written!, version, open };
  } catch {
    throw new Error('constraint parser error');
  }
}

const isOpen = (segment: string | undefined): boolean => segment === undefined || /^\.?[xX*]$/.test(segment);

/** Whether `version` meets all comparisons of one alternative. */
export function satisfies(version: Version, { alternatives }: Constraint): boolean {
  return alternatives.some(({ comparisons, takesPrereleases }) =>
    comparisons.every((comparison) => failure(version, comparison, takesPrereleases) === undefined),
  );
}

/** As Validate: why `version` does not satisfy the constraint, empty where it does. */
export function validate(version: Version, { alternatives }: Constraint): string[] {
  const reasons: string[] = [];
  for (const { comparisons, takesPrereleases } of alternatives) {
    const failures = comparisons
      .map((comparison) => failure(version, comparison, takesPrereleases))
      .filter((reason) => reason !== undefined);
    if (failures.length === 0) return [];
    for (const reason of failures)
      if (reason !== PRERELEASE(version) || !reasons.includes(reason)) reasons.push(reason);
  }
  return reasons;
}

const PRERELEASE = (version: Version): string =>
  `${quote(formatVersion(version))} is a prerelease version and the constraint is only looking for release versions`;

function failure(version: Version, comparison: Comparison, takesPrereleases: boolean): string | undefined {
  if (version.prerelease !== '' && !takesPrereleases) return PRERELEASE(version);
  const reason = COMPARE[comparison.operator](version, comparison);
  if (reason === undefined) return undefined;
  const [verb, remark = ''] = typeof reason === 'string' ? [reason] : reason;
  return `${quote(formatVersion(version))} ${verb} ${quote(comparison.written)}${remark}`;
}

/** What the version is to the constraint's where the comparison fails, with a remark after it. */
type Failure = string | [verb: string, remark: string] | undefined;

const COMPARE: Record<Operator, (version: Version, comparison: Comparison) => Failure> = {
  '': equals,
  '=': equals,
  '!=': differs,
  '>': isGreater,
  '<': (version, { version: limit }) =>
    compareVersions(version, limit) < 0 ? undefined : 'is greater than or equal to',
  '>=': isAtLeast,
  '=>': isAtLeast,
  '<=': isAtMost,
  '=<': isAtMost,
  '~': isNear,
  '~>': isNear,
  '^': isCompatible,
};

/** An open segment makes `=` a `~`. */
function equals(version: Version, comparison: Comparison): Failure {
  if (comparison.open !== 'none') return isNear(version, comparison);
  return compareVersions(version, comparison.version) === 0 ? undefined : 'is not equal to';
}

function differs(version: Version, { version: other, open }: Comparison): Failure {
  const equal = 'is equal to';
  if (open === 'none') return compareVersions(version, other) === 0 ? equal : undefined;
  if (version.major !== other.major) return undefined;
  if (open === 'minor') return equal;
  if (version.minor !== other.minor) return undefined;
  if (open === 'patch') return comparePrereleases(version.prerelease, other.prerelease) === 0 ? equal : undefined;
  return compareVersions(version, other) === 0 ? equal : undefined;
}

/** `>1` asks for 2, and `>1.2` for 1.3. */
function isGreater(version: Version, { version: other, open }: Comparison): Failure {
  const less = 'is less than or equal to';
  if (open !== 'none' && version.major !== other.major) return version.major > other.major ? undefined : less;
  if (open === 'minor') return less;
  if (open === 'patch') return version.minor > other.minor ? undefined : less;
  return compareVersions(version, other) > 0 ? undefined : less;
}

function isAtLeast(version: Version, { version: other }: Comparison): Failure {
  return compareVersions(version, other) >= 0 ? undefined : 'is less than';
}

/** `<=1` takes all of 1, and `<=1.2` all of 1.2. */
function isAtMost(version: Version, { version: other, open }: Comparison): Failure {
  const greater = 'is greater than';
  if (open === 'none') return compareVersions(version, other) <= 0 ? undefined : greater;
  if (version.major > other.major) return greater;
  return version.major === other.major && version.minor > other.minor && open !== 'minor' ? greater : undefined;
}

/** `~1.2.3` is 1.2, from there on; `~1` all of 1; `~0.0.0` and `~*` anything. */
function isNear(version: Version, { version: other, open }: Comparison): Failure {
  if (compareVersions(version, other) < 0) return 'is less than';
  const zero = other.major === 0n && other.minor === 0n && other.patch === 0n;
  if (zero && open !== 'minor' && open !== 'patch') return undefined;
  if (version.major !== other.major) return 'does not have same major version as';
  if (version.minor !== other.minor && open !== 'minor') return 'does not have same major and minor version as';
  return undefined;
}

/** `^1.2.3` is 1, from there on; `^0.2.3` is 0.2, and `^0.0.3` that alone. */
function isCompatible(version: Version, { version: other, open }: Comparison): Failure {
  if (compareVersions(version, other) < 0) return 'is less than';
  const sameMajor = version.major === other.major;
  if (other.major > 0n || open === 'minor') return sameMajor ? undefined : 'does not have same major version as';
  if (version.major > 0n) return 'does not have same major version as';
  if (other.minor > 0n || open === 'patch')
    return version.minor === other.minor
      ? undefined
      : [
          'does not have same minor version as',
          '. Expected minor versions to match when constraint major version is 0',
        ];
  if (version.minor > 0n) return 'does not have same minor version as';
  return version.patch === other.patch
    ? undefined
    : ['does not equal', '. Expect version and constraint to equal when major and minor versions are 0'];
}
