import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { proxyFor } from '../../src/client/proxy-choice.ts';

const PROXY = { HTTP_PROXY: 'plain.example:3128', HTTPS_PROXY: 'https://secure.example' };

/** As golang.org/x/net/http/httpproxy. */
const CASES: [url: string, variables: Record<string, string>, proxy: string | undefined][] = [
  ['http://a.example/', {}, undefined],
  ['http://a.example/', PROXY, 'http://plain.example:3128/'],
  ['https://a.example/', PROXY, 'https://secure.example/'],
  ['https://a.example/', { HTTP_PROXY: 'x' }, undefined],
  ['https://a.example/', { https_proxy: 'small.example' }, 'http://small.example/'],
  ['https://a.example/', { https_proxy: 'small.example', HTTPS_PROXY: 'large.example' }, 'http://large.example/'],
  ['http://localhost:80/', PROXY, undefined],
  ['http://127.0.0.2/', PROXY, undefined],
  ['http://[::1]/', PROXY, undefined],
  ['http://a.example/', { ...PROXY, NO_PROXY: '*' }, undefined],
  ['http://a.example/', { ...PROXY, NO_PROXY: 'a.example' }, undefined],
  ['http://b.a.example/', { ...PROXY, NO_PROXY: 'a.example' }, undefined],
  ['http://ba.example/', { ...PROXY, NO_PROXY: 'a.example' }, 'http://plain.example:3128/'],
  ['http://a.example/', { ...PROXY, NO_PROXY: '.a.example' }, 'http://plain.example:3128/'],
  ['http://b.a.example/', { ...PROXY, no_proxy: ' x , *.a.example' }, undefined],
  ['http://a.example:81/', { ...PROXY, NO_PROXY: 'a.example:80' }, 'http://plain.example:3128/'],
  ['http://a.example/', { ...PROXY, NO_PROXY: 'a.example:80' }, undefined],
  ['http://10.1.2.3/', { ...PROXY, NO_PROXY: '10.0.0.0/8' }, undefined],
  ['http://11.1.2.3/', { ...PROXY, NO_PROXY: '10.0.0.0/8,10.0.0.0/99' }, 'http://plain.example:3128/'],
  ['http://10.1.2.3/', { ...PROXY, NO_PROXY: '10.1.2.3' }, undefined],
  ['http://[fd00::1]/', { ...PROXY, NO_PROXY: 'fd00::/8' }, undefined],
];

test('a proxy is chosen as by Go', () => {
  for (const [url, variables, proxy] of CASES)
    assert.is(proxyFor(new URL(url), variables)?.href, proxy, `${url} ${JSON.stringify(variables)}`);
});

test('proxies that cannot be used are refused', () => {
  const http = (variables: Record<string, string>) => () => proxyFor(new URL('http://a.example'), variables);
  assert.throws(http({ HTTP_PROXY: 'ftp://x' }), 'proxies of the kind "ftp" are not supported');
  assert.throws(http({ HTTP_PROXY: 'x', REQUEST_METHOD: 'GET' }), /refusing to use HTTP_PROXY value in CGI/);
  assert.throws(http({ HTTP_PROXY: 'http://[' }), /invalid proxy address/);
});

test.run();
