import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as names from '../../src/api/names.ts';

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const DNS1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

const CASES: [rule: (value: string) => string[], value: string, expected: string[]][] = [
  [names.isDns1123Label, 'web-1', []],
  [names.isDns1123Label, 'a.b', ['must not contain dots']],
  [names.isDns1123Label, 'Web', [LABEL]],
  [names.isDns1123Label, '', [LABEL]],
  [names.isDns1123Label, 'a'.repeat(64), ['must be no more than 63 bytes']],
  [names.isDns1123Subdomain, 'a.b-c.d', []],
  [names.isDns1123Subdomain, 'a..b', [SUBDOMAIN]],
  [names.isDns1123Subdomain, '-a', [SUBDOMAIN]],
  [names.isDns1123Subdomain, 'a_b', [SUBDOMAIN]],
  [names.isDns1035Label, 'abc', []],
  [names.isDns1035Label, '1abc', [DNS1035]],
  [names.isQualifiedName, 'example.com/my.Name_1', []],
  [names.isQualifiedName, '/a', ['prefix part must be non-empty']],
  [names.isLabelValue, '', []],
  [names.isLabelValue, 'My.Value_1', []],
  [names.isPortName, 'http', []],
  [names.isPortName, 'this-is-far-too-long', ['must be no more than 15 characters']],
  [names.isPortName, '80', ['must contain at least one letter (a-z)']],
  [names.isPortName, 'a--b', ['must not contain consecutive hyphens']],
  [names.isEnvVarName, 'A.b-c 1', []],
  [names.isConfigMapKey, 'a.b', []],
  [names.isConfigMapKey, '..', ["must not be '..'"]],
  [names.isPathSegmentName, 'system:node', []],
  [names.isPathSegmentName, 'a/b%', ["may not contain '/'", "may not contain '%'"]],
  [(value) => names.subdomainName(value, true), 'web-', []],
  [(value) => names.subdomainName(value), 'web-', [SUBDOMAIN]],
];

test('names are judged with the texts of Kubernetes', () => {
  for (const [rule, value, expected] of CASES) assert.equal(rule(value), expected, value);
});

test('long names take linear time', () => {
  assert.is(names.isDns1123Subdomain(`${'a'.repeat(1_000_000)}!`).length, 2);
});

test.run();
