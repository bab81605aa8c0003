/** semver and semverCompare. */
import { parseConstraint, satisfies } from '../semver/constraint.ts';
import {
  compareVersions,
  formatVersion,
  parseVersion,
  type Version,
  withMetadata,
  withPrerelease,
} from '../semver/version.ts';
import { quote } from '../template/quote.ts';
import { GO_OBJECT, type GoFunction, GoInt, type GoObject, isGoObject, type Value } from '../template/value.ts';
import { textBytes } from './bytes.ts';
import { type Family, go, NIL_POINTER } from './function.ts';
import { getter, getterOf, type MethodTable, methodOf } from './go-object.ts';

const VERSIONS = new WeakMap<GoObject, Version>();

/** A version as a template's value: a pointer, or the struct that the Inc methods give. */
function versionObject(version: Version, kind: 'ptr' | 'struct'): GoObject {
  const object: GoObject = {
    [GO_OBJECT]: true,
    type: kind === 'ptr' ? '*semver.Version' : 'semver.Version',
    kind,
    field: () => undefined,
    method: (name) => methodOf(kind === 'ptr' ? POINTER_METHODS : METHODS, version, name),
    print: () => formatVersion(version),
    goString: () => `${kind === 'ptr' ? '&' : ''}${goString(version)}`,
    toData: () => formatVersion(version),
  };
  VERSIONS.set(object, version);
  return object;
}

function goString({ major, minor, patch, prerelease, metadata, original }: Version): string {
  const [x, y, z] = [major, minor, patch].map((segment) => `0x${segment.toString(16)}`);
  const [pre, meta, text] = [prerelease, metadata, original].map((text) => quote(text));
  return `semver.Version{major:${x}, minor:${y}, patch:${z}, pre:${pre}, metadata:${meta}, original:${text}}`;
}

const comparing = (holds: (order: number) => Value) => (self: Version) =>
  go('*semver.Version', (other: Value) => holds(order(self, other)));

function order(self: Version, other: Value): number {
  const version = isGoObject(other) ? VERSIONS.get(other) : undefined;
  if (!version) throw new Error(NIL_POINTER);
  return compareVersions(self, version);
}

const segment = (name: 'major' | 'minor' | 'patch') => (self: Version) => getter(new GoInt('uint64', self[name]));

/** A method that checks a text and gives the version with it. */
const withText =
  (change: (version: Version, text: string) => Version) =>
  (self: Version): GoFunction =>
    go('string', (text: string) => {
      const changed = change(self, text);
      return versionObject({ ...changed, original: originalOf(self, changed) }, 'struct');
    });

const originalOf = (self: Version, changed: Version): string =>
  (self.original.startsWith('v') ? 'v' : '') + formatVersion(changed);

const next =
  (change: (version: Version) => Partial<Version>) =>
  (self: Version): GoFunction =>
    go('', () => {
      const changed = { ...self, prerelease: '', metadata: '', ...change(self) };
      return versionObject({ ...changed, original: originalOf(self, changed) }, 'struct');
    });

const METHODS: MethodTable<Version> = {
  IncMajor: next(({ major }) => ({ major: major + 1n, minor: 0n, patch: 0n })),
  IncMinor: next(({ minor }) => ({ minor: minor + 1n, patch: 0n })),
  IncPatch: next(({ patch, prerelease }) => (prerelease === '' ? { patch: patch + 1n } : {})),
  Major: segment('major'),
  Minor: segment('minor'),
  Patch: segment('patch'),
  MarshalJSON: (self) => getterOf(() => textBytes(JSON.stringify(formatVersion(self)))),
  MarshalText: (self) => getterOf(() => textBytes(formatVersion(self))),
  Metadata: (self) => getter(self.metadata),
  Prerelease: (self) => getter(self.prerelease),
  SetMetadata: withText(withMetadata),
  SetPrerelease: withText(withPrerelease),
  String: (self) => getter(formatVersion(self)),
  Value: (self) => getter(formatVersion(self)),
};

/** What the struct that the Inc methods give does not have, as templates cannot take its address. */
const POINTER_METHODS: MethodTable<Version> = {
  ...METHODS,
  Compare: comparing((order) => BigInt(order)),
  Equal: (self) => go('*semver.Version', (other: Value) => other !== null && order(self, other) === 0),
  GreaterThan: comparing((order) => order > 0),
  GreaterThanEqual: comparing((order) => order >= 0),
  LessThan: comparing((order) => order < 0),
  LessThanEqual: comparing((order) => order <= 0),
  Original: (self) => getter(self.original),
};

export const versions: Family = {
  semver: go('string', (text: string) => versionObject(parseVersion(text), 'ptr')),
  semverCompare: go('string, string', (constraint: string, version: string) => {
    const parsed = parseConstraint(constraint);
    return satisfies(parseVersion(version), parsed);
  }),
};
