/** Bytes and text, base64, base32, floats, quotes: tables of what Go gives. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Base64Kind, decodeBase32, decodeBase64, encodeBase32, encodeBase64 } from '../../src/encoding/base64.ts';
import { type FloatFormat, formatFloat } from '../../src/template/float.ts';
import { quote, quoteRune } from '../../src/template/quote.ts';
import { byteLength, decodeUtf8, encodeUtf8, toValidText } from '../../src/template/utf8.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

test('every byte survives', () => {
  const samples = [
    Uint8Array.from({ length: 256 }, (_, i) => i),
    bytesOf('aé日😀\0\u2028'),
    Uint8Array.of(0xef, 0xbb, 0xbf, 0x61),
    Uint8Array.of(0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xe2, 0x82, 0x41),
  ];
  for (const bytes of samples) {
    const text = decodeUtf8(bytes);
    assert.equal([...encodeUtf8(text)], [...bytes]);
    assert.is(byteLength(text), bytes.length);
  }
  assert.is(decodeUtf8(Uint8Array.of(0x61, 0xff, 0xc3, 0xa9)), 'a\udcffé');
  assert.is(toValidText('a\udcff\udc80'), 'a\ufffd\ufffd');
});

test('base64', () => {
  const cases: [string, Base64Kind, string][] = [
    ['', 'std', ''],
    ['a', 'std', 'YQ=='],
    ['ab', 'std', 'YWI='],
    ['abc', 'std', 'YWJj'],
    ['a', 'raw', 'YQ'],
    ['ab', 'rawUrl', 'YWI'],
    ['??>', 'std', 'Pz8+'],
    ['??>', 'url', 'Pz8-'],
  ];
  for (const [text, kind, encoded] of cases) {
    assert.is(encodeBase64(bytesOf(text), kind), encoded);
    assert.is(decodeUtf8(decodeBase64(encoded, kind)), text);
  }
  assert.is(decodeUtf8(decodeBase64('YW\nJj\r\nYQ=\n=\n')), 'abca');
});

test('base64 errors', () => {
  const cases: [string, number][] = [
    ['!', 0],
    ['YQ', 2 - 2],
    ['YQ=', 3],
    ['YQ=x', 2],
    ['YQ==x', 4],
    ['Y===', 1],
    ['YWJj=', 4],
    ['YWJjY', 4],
    ['YW Jj', 2],
    ['YWJ\n', 1],
  ];
  for (const [text, at] of cases) {
    assert.throws(() => decodeBase64(text), `illegal base64 data at input byte ${at}`, text);
  }
});

test('base32', () => {
  for (const [text, encoded] of [
    ['', ''],
    ['f', 'MY======'],
    ['fo', 'MZXQ===='],
    ['foo', 'MZXW6==='],
    ['foob', 'MZXW6YQ='],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI======'],
  ] as const) {
    assert.is(encodeBase32(bytesOf(text)), encoded);
    assert.is(decodeUtf8(decodeBase32(encoded)), text);
  }
  for (const [text, at] of [
    ['!', 0],
    ['MY', 0],
    ['MY=====', 7],
    ['my======', 0],
    ['MZXW6YQ1', 7],
  ] as const)
    assert.throws(() => decodeBase32(text), `illegal base32 data at input byte ${at}`, text);
});

test('floats', () => {
  const cases: [number, FloatFormat, number, string][] = [
    [0, 'g', -1, '0'],
    [-0, 'g', -1, '-0'],
    [1, 'g', -1, '1'],
    [1e6, 'g', -1, '1e+06'],
    [123456, 'g', -1, '123456'],
    [1e-5, 'g', -1, '1e-05'],
    [0.0001, 'g', -1, '0.0001'],
    [1e21, 'f', -1, '1000000000000000000000'],
    [1e-7, 'f', -1, '0.0000001'],
    [0.5, 'f', 0, '0'],
    [1.5, 'f', 0, '2'],
    [2.5, 'f', 0, '2'],
    [2.675, 'f', 2, '2.67'],
    [1e22, 'f', 1, '10000000000000000000000.0'],
    [100, 'e', -1, '1e+02'],
    [0, 'e', -1, '0e+00'],
    [0, 'e', 2, '0.00e+00'],
    [12345.678, 'e', 3, '1.235e+04'],
    [9.999999999999999e22, 'e', 20, '9.99999999999999916114e+22'],
    [9.99, 'e', 0, '1e+01'],
    [123456789, 'g', 3, '1.23e+08'],
    [100000, 'g', 3, '1e+05'],
    [100, 'g', 3, '100'],
    [0.1, 'f', 20, '0.10000000000000000555'],
    [5e-324, 'g', -1, '5e-324'],
    [1.5, 'E', 1, '1.5E+00'],
    [1e10, 'G', -1, '1E+10'],
    [Number.NaN, 'g', -1, 'NaN'],
    [Number.POSITIVE_INFINITY, 'f', 2, '+Inf'],
  ];
  for (const [value, format, precision, expected] of cases)
    assert.is(formatFloat(value, format, precision), expected, `${value} ${format} ${precision}`);
  assert.is(formatFloat(0.1, 'g', -1, 32), '0.1');
  assert.is(formatFloat(16777216, 'g', -1, 32), '1.6777216e+07');
  assert.is(formatFloat(3.4e38, 'g', -1, 32), '3.4e+38');
});

test('quotes', () => {
  for (const [text, quoted] of [
    ['a b', '"a b"'],
    ['"\\\n\t\0', '"\\"\\\\\\n\\t\\x00"'],
    ['é日😀', '"é日😀"'],
    ['\u00a0\u200b\ue000', '"\\u00a0\\u200b\\ue000"'],
    ['\udcff', '"\\xff"'],
  ] as const)
    assert.is(quote(text), quoted);
  assert.is(quoteRune(39), "'\\''");
  assert.is(quoteRune(120), "'x'");
});

test.run();
