/**
 * Versions as Masterminds/semver 3.5 reads them: `parseVersion` takes "v1", "1.2" and "01.2.3" too, and answers what
 * they mean; `parseStrictVersion` takes nothing but semantic versions. Segments are uint64, hence bigint.
 */
export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** Without its hyphen; "" for a release. */
  readonly prerelease: string;
  /** Without its plus. Comparisons do not look at it. */
  readonly metadata: string;
  /** The text it was read from. */
  readonly original: string;
}

const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const LOOSE = new RegExp(`^v?([0-9]+)(?:\\.([0-9]+))?(?:\\.([0-9]+))?(?:-(${IDENTIFIERS}))?(?:\\+(${IDENTIFIERS}))?$`);

/** As NewVersion. Throws `invalid semantic version` and the like. */
export function parseVersion(text: string): Version {
  const match = LOOSE.exec(text);
  if (!match) throw new Error('invalid semantic version');
  const [, major, minor = '0', patch = '0', prerelease = '', metadata = ''] = match;
  const [x, y, z] = [major!, minor, patch].map((segment) => {
    if (!fits(segment)) throw new Error(`error parsing version segment: ${outOfRange(segment)}`);
    return BigInt(segment);
  });
  if (prerelease !== '') checkPrerelease(prerelease);
  return { major: x!, minor: y!, patch: z!, prerelease, metadata, original: text };
}

/** As StrictNewVersion: three segments without leading zeros, no "v". */
export function parseStrictVersion(text: string): Version {
  if (text === '') throw new Error('version string empty');
  const [, major, minor, tail] = /^([^.]*)\.([^.]*)\.(.*)$/s.exec(text) ?? [];
  if (tail === undefined) throw new Error('invalid semantic version');
  const [beforePlus, metadata] = splitOnce(tail, '+');
  if (metadata !== undefined) checkIdentifiers(metadata, 'invalid metadata string');
  const [patch, prerelease] = splitOnce(beforePlus, '-');
  if (prerelease !== undefined) checkPrerelease(prerelease);
  const [x, y, z] = [major!, minor!, patch].map(strictSegment);
  return { major: x!, minor: y!, patch: z!, prerelease: prerelease ?? '', metadata: metadata ?? '', original: text };
}

export const tryVersion = (text: string): Version | undefined => tryParse(parseVersion, text);
export const isVersion = (text: string): boolean => tryVersion(text) !== undefined;
export const isStrictVersion = (text: string): boolean => tryParse(parseStrictVersion, text) !== undefined;

function tryParse(parse: (text: string) => Version, text: string): Version | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function splitOnce(text: string, at: string): [string, string?] {
  const found = text.indexOf(at);
  return found < 0 ? [text] : [text.slice(0, found), text.slice(found + 1)];
}

function strictSegment(segment: string): bigint {
  if (/[^0-9]/.test(segment)) throw new Error('invalid characters in version');
  if (/^0./.test(segment)) throw new Error('version segment starts with 0');
  if (segment === '') throw new Error('strconv.ParseUint: parsing "": invalid syntax');
  if (!fits(segment)) throw new Error(outOfRange(segment));
  return BigInt(segment);
}

function checkIdentifiers(text: string, message: string): void {
  if (!text.split('.').every((part) => /^[0-9A-Za-z-]+$/.test(part))) throw new Error(message);
}

function checkPrerelease(text: string): void {
  for (const part of text.split('.')) {
    checkIdentifiers(part, 'invalid prerelease string');
    if (/^0[0-9]+$/.test(part)) throw new Error('version segment starts with 0');
  }
}

/** As SetPrerelease and SetMetadata, which check what they are given. */
export function withPrerelease(version: Version, prerelease: string): Version {
  if (prerelease !== '') checkPrerelease(prerelease);
  return { ...version, prerelease };
}

export function withMetadata(version: Version, metadata: string): Version {
  if (metadata !== '') checkIdentifiers(metadata, 'invalid metadata string');
  return { ...version, metadata };
}

const MAX_UINT64 = 2n ** 64n - 1n;

/** Whether the number fits into uint64. Only what has about as many digits is worth reading. */
function fits(digits: string): boolean {
  const { length } = digits.replace(/^0+/, '');
  return length < 20 || (length === 20 && BigInt(digits) <= MAX_UINT64);
}

const outOfRange = (digits: string): string => `strconv.ParseUint: parsing "${digits}": value out of range`;

/** The version in full, without the "v" it may have been written with. */
export function formatVersion({ major, minor, patch, prerelease, metadata }: Version): string {
  return `${major}.${minor}.${patch}${prerelease && `-${prerelease}`}${metadata && `+${metadata}`}`;
}

/** Negative where `a` is older, 0 where they are of equal precedence. A prerelease comes before its release. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compare(a.major, b.major) ||
    compare(a.minor, b.minor) ||
    compare(a.patch, b.patch) ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

export function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return 1;
  if (b === '') return -1;
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareIdentifiers(left[i] ?? '', right[i] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers by value and before words; what is missing comes first. */
function compareIdentifiers(a: string, b: string): number {
  if (a === b) return 0;
  const [numericA, numericB] = [isNumeric(a), isNumeric(b)];
  if (numericA && numericB) return compare(BigInt(a), BigInt(b));
  if (a === '' || b === '') return a === '' ? -1 : 1;
  if (numericA !== numericB) return numericA ? -1 : 1;
  return a < b ? -1 : 1;
}

const isNumeric = (identifier: string): boolean => /^[0-9]+$/.test(identifier) && fits(identifier);

const compare = (a: bigint | string, b: bigint | string): number => (a < b ? -1 : a > b ? 1 : 0);
