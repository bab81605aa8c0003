/** CEL by its results and its errors; the texts are those of cel-go and of Kubernetes' libraries. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MOST_STEPS } from '../../../src/apiserver/cel/bounded.ts';
import { loadCel } from '../../../src/apiserver/cel/language.ts';
import { toCelValue } from '../../../src/apiserver/cel/values.ts';

const SELF = {
  one: 1,
  half: 0.5,
  text: 'x',
  nothing: null,
  list: [3, 1, 2],
  names: ['a', 'b'],
  map: { k: 'v', constructor: 'c' },
  objects: [{ name: 'a' }, {}],
  url: 'https://user@example.com:80/path/a?b=1&b=2',
  many: Array.from({ length: 1000 }, (_, i) => i),
};

const TRUE = [
  'self.one == 1 && self.half < 1 && self.one > 0.5',
  'self.nothing == null && self != null',
  '!has(self.missing) && has(self.map.k) && has(self.objects[0].name) && !has(self.objects[1].name)',
  'self.map.constructor == "c" && "k" in self.map && !("z" in self.map)',
  'self.list.all(i, i > 0) && self.list.exists(i, i == 2) && self.list.exists_one(i, i == 3)',
  'self.list.map(i, i * 2) == [6, 2, 4] && self.list.filter(i, i > 1).size() == 2',
  'self.list.sum() == 6 && self.list.min() == 1 && self.list.max() == 3 && !self.list.isSorted()',
  'self.list.indexOf(2) == 2 && self.list.lastIndexOf(9) == -1 && self.names.isSorted()',
  'sets.contains([1, 2], [1]) && sets.equivalent([1, 2], [2, 1, 1]) && !sets.intersects([1], [2])',
  'self.text.matches("^x$") && "abc 123".find("[0-9]+") == "123" && "a1b2".findAll("[0-9]") == ["1", "2"]',
  '"a-b".replace("-", "_") == "a_b" && "abc".charAt(1) == "b" && "a,b".split(",") == ["a", "b"]',
  '"%s=%d %.2f %x %%".format(["a", 7, 1.5, 255]) == "a=7 1.50 ff %"',
  'isURL(self.url) && url(self.url).getScheme() == "https" && url(self.url).getHost() == "example.com:80"',
  'url(self.url).getHostname() == "example.com" && url(self.url).getPort() == "80"',
  'url(self.url).getEscapedPath() == "/path/a" && url(self.url).getQuery() == {"b": ["1", "2"]}',
  'isURL("/path") && !isURL("path") && !isURL("https://a b/") && !isURL("")',
  'quantity("1Gi").isGreaterThan(quantity("500Mi")) && quantity("1").compareTo(quantity("1000m")) == 0',
  'quantity("2k").asInteger() == 2000 && isQuantity("10Mi") && !isQuantity("10X")',
  'quantity("1").add(quantity("500m")) == quantity("1.5") && quantity("5").sub(2).sign() == 1',
  'isIP("10.0.0.1") && isIP("::1") && !isIP("10.0.0") && ip("fe80::1").family() == 6',
  'ip("127.0.0.1").isLoopback() && ip("8.8.8.8").isGlobalUnicast() && ip.isCanonical("2001:db8::1")',
  'cidr("10.0.0.0/8").containsIP("10.1.2.3") && !cidr("10.0.0.0/8").containsCIDR("11.0.0.0/16")',
  'cidr("192.168.1.7/24").masked() == cidr("192.168.1.0/24") && cidr("::/0").prefixLength() == 0',
  'string(cidr("2001:db8:0:0:1::/64").masked()) == "2001:db8::/64" && isCIDR("1.2.3.0/24")',
  'semver("1.10.0").isGreaterThan(semver("1.9.9")) && semver("1.0.0-a").isLessThan(semver("1.0.0"))',
  'isSemver("1.2.3") && !isSemver("v1.2") && isSemver("v1.2", true)',
  'format.dns1123Label().validate("Bad_").hasValue() && !format.dns1123Label().validate("good").hasValue()',
  'self.?map.?k.orValue("d") == "v" && self.?none.orValue("d") == "d"',
  'self.?map.optMap(m, m.k).orValue("") == "v" && optional.none().hasValue() == false',
  'duration("90m") > duration("1h") && timestamp("2024-01-02T00:00:00Z") > timestamp("2024-01-01T00:00:00Z")',
  'type(self.one) == int && type(self.half) == double && type(self.text) == string',
  'false || self.one == 1 || self.missing',
];

test('expressions that hold', async () => {
  const cel = await loadCel();
  const self = toCelValue(SELF);
  for (const expression of TRUE) {
    const value = cel.compile(expression, ['self'])({ self }, { left: MOST_STEPS });
    assert.is(value, true, expression);
  }
});

const FAILING: [expression: string, message: string][] = [
  ['self.missing', 'no such key: missing'],
  ['has(self.missing.deeper)', 'no such key: missing'],
  ['self.list[7]', 'index out of bounds: 7'],
  ['self.text + 1', 'no such overload'],
  ['self.one / 0', 'division by zero'],
  ['self.one % 0', 'modulus by zero'],
  ['9223372036854775807 + self.one', 'integer overflow'],
  [
    'quantity(self.text)',
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  ['optional.none().value()', 'optional.none() dereference'],
  ['self.many.all(a, self.many.all(b, self.many.all(c, true)))', 'operation cancelled: actual cost limit exceeded'],
  [
    'self.many.exists(a, self.many.map(b, self.many.map(c, a)) == []) || true',
    'operation cancelled: actual cost limit exceeded',
  ],
];

test('evaluations that fail', async () => {
  const cel = await loadCel();
  const self = toCelValue(SELF);
  for (const [expression, message] of FAILING) {
    const run = cel.compile(expression, ['self']);
    assert.throws(
      () => run({ self }, { left: MOST_STEPS }),
      (error: Error) => error.message === message,
      expression,
    );
  }
});

const WRONG: [expression: string, message: string][] = [
  ['self.', '<input>:1:6: Syntax error: Expected IDENTIFIER, got EOF\n | self.\n | .....^'],
  ['self.a >\n', '<input>:2:1: Syntax error: Unexpected token: EOF\n | \n | ^'],
  ['nobody == 1', "<input>:1:1: undeclared reference to 'nobody' (in container '')\n | nobody == 1\n | ^"],
  ['has(self)', '<input>:1:5: invalid argument to has() macro\n | has(self)\n | ....^'],
  ['foo(1)', "<input>:1:1: found no matching overload for 'foo' applied to '(int)'\n | foo(1)\n | ^"],
  [
    '1.matches("a")',
    `<input>:1:1: found no matching overload for 'matches' applied to 'int.(string)'\n | 1.matches("a")\n | ^`,
  ],
];

test('expressions that do not compile', async () => {
  const cel = await loadCel();
  for (const [expression, message] of WRONG)
    assert.throws(
      () => cel.compile(expression, ['self']),
      (error: Error) => {
        assert.is(error.message, `compilation failed: ERROR: ${message}`);
        return true;
      },
    );
});

/** Doubling at every step, in size or in time. */
const HOSTILE = [
  `['x']${'.map(a, a + a)'.repeat(60)}`,
  `dyn([[1]])${'.map(a, dyn([a, a]))'.repeat(60)} == dyn([[1]])`,
  `self.many${'.map(a, self.many)'.repeat(3)}.size() > 0`,
  `self.many.map(a, "${'a'.repeat(1000)}").join("").matches("(a*)*(a*)*b")`,
];

test('hostile expressions end', async () => {
  const cel = await loadCel();
  const self = toCelValue(SELF);
  for (const expression of HOSTILE) {
    const budget = { left: MOST_STEPS };
    try {
      cel.compile(expression, ['self'])({ self }, budget);
    } catch (error) {
      assert.match(
        (error as Error).message,
        /cost limit exceeded|too long|Exceeded/,
        `${expression} ${(error as Error).message}`,
      );
    }
    assert.ok(budget.left <= MOST_STEPS);
  }
  assert.throws(() => cel.compile('('.repeat(100_000), []), /compilation failed/);
  assert.throws(() => cel.compile(`"${'a'.repeat(100_000)}"`, []), /too long/);
});

test.run();
