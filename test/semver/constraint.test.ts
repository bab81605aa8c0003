/** Constraints against what helm's semverCompare answered. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseConstraint, satisfies } from '../../src/semver/constraint.ts';
import { parseVersion } from '../../src/semver/version.ts';

const golden = JSON.parse(readFileSync(new URL('../golden/semver/compare.json', import.meta.url), 'utf8')) as {
  versions: string[];
  constraints: Record<string, (0 | 1 | null)[]>;
};

function answer(constraint: string, version: string): 0 | 1 | null {
  try {
    return satisfies(parseVersion(version), parseConstraint(constraint)) ? 1 : 0;
  } catch {
    return null;
  }
}

for (const [constraint, expected] of Object.entries(golden.constraints))
  test(`"${constraint}" answers as helm's semverCompare`, () => {
    const answers = golden.versions.map((version) => [version, answer(constraint, version)]);
    assert.equal(
      answers,
      golden.versions.map((version, i) => [version, expected[i]]),
    );
  });

test.run();
