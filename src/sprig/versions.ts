/** semver and semverCompare. */
import { parseConstraint, satisfies } from '../semver/constraint.ts';
import { compareVersions, formatVersion, parseVersion, type Version } from '../semver/version.ts';
import { GO_OBJECT, type GoFunction, GoInt, type GoObject, isGoObject, type Value } from '../template/value.ts';
import { type Family, go } from './function.ts';
import { getter, type MethodTable, methodOf } from './go-object.ts';

const VERSIONS = new WeakMap<GoObject, Version>();

/** A version as a template's value: a pointer, or the struct that the Inc methods give. */
function versionObject(version: Version, kind: 'ptr' | 'struct'): GoObject {
  const object: GoObject = {
    [GO_OBJECT]: true,
    type: kind === 'ptr' ? '*semver.Version' : 'semver.Version',
    kind,
    field: () => undefined,
    method: (name) => methodOf(METHODS, version, name),
    print: () => formatVersion(version),
    toData: () => formatVersion(version),
  };
  VERSIONS.set(object, version);
  return object;
}

const comparing = (holds: (order: number) => Value) => (self: Version) =>
  go('*semver.Version', (other: Value) => {
    const version = isGoObject(other) ? VERSIONS.get(other) : undefined;
    if (!version) throw new Error('runtime error: invalid memory address or nil pointer dereference');
    return holds(compareVersions(self, version));
  });

const segment = (name: 'major' | 'minor' | 'patch') => (self: Version) => getter(new GoInt('uint64', self[name]));

const next =
  (change: (version: Version) => Partial<Version>) =>
  (self: Version): GoFunction =>
    go('', () => {
      const changed = { ...self, prerelease: '', metadata: '', ...change(self) };
      const original = (self.original.startsWith('v') ? 'v' : '') + formatVersion(changed);
      return versionObject({ ...changed, original }, 'struct');
    });

const METHODS: MethodTable<Version> = {
  Compare: comparing((order) => BigInt(order)),
  Equal: comparing((order) => order === 0),
  GreaterThan: comparing((order) => order > 0),
  GreaterThanEqual: comparing((order) => order >= 0),
  LessThan: comparing((order) => order < 0),
  LessThanEqual: comparing((order) => order <= 0),
  IncMajor: next(({ major }) => ({ major: major + 1n, minor: 0n, patch: 0n })),
  IncMinor: next(({ minor }) => ({ minor: minor + 1n, patch: 0n })),
  IncPatch: next(({ patch, prerelease }) => (prerelease === '' ? { patch: patch + 1n } : {})),
  Major: segment('major'),
  Minor: segment('minor'),
  Patch: segment('patch'),
  Metadata: (self) => getter(self.metadata),
  Original: (self) => getter(self.original),
  Prerelease: (self) => getter(self.prerelease),
  String: (self) => getter(formatVersion(self)),
};

export const versions: Family = {
  semver: go('string', (text: string) => versionObject(parseVersion(text), 'ptr')),
  semverCompare: go('string, string', (constraint: string, version: string) => {
    const parsed = parseConstraint(constraint);
    return satisfies(parseVersion(version), parsed);
  }),
};
