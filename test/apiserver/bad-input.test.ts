import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Asked, configMap, withServer } from './server.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const TWICE = 'apiVersion: v1\nmetadata:\n  name: a\n  name: b\ndata:\n  a: "1"\n  a: "2"\nx: 1\nkind: ConfigMap\n';
const yaml = { 'content-type': 'application/yaml' };
const proto = { 'content-type': 'application/vnd.kubernetes.protobuf' };
const merge = { 'content-type': 'application/merge-patch+json' };

/** What is asked, and what is answered: the code and a part of the message. */
const CASES: [line: string, asked: Asked, status: number, message: RegExp][] = [
  [
    `POST ${MAPS}`,
    { body: '{' },
    400,
    /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error: unexpected end of JSON input \(\{\)$/,
  ],
  [`POST ${MAPS}`, { body: '{"a": x}' }, 400, /invalid character 'x' looking for beginning of value \(\{"a": x\}\)$/],
  [
    `POST ${MAPS}`,
    { body: 'kind: ConfigMap' },
    400,
    /invalid character 'k' looking for beginning of value \(6b696e643a20436f6e6669674d6170\)$/,
  ],
  [
    `POST ${MAPS}`,
    { body: '[]' },
    400,
    /json: cannot unmarshal array into Go value of type struct \{ APIVersion string/,
  ],
  [
    `PATCH ${MAPS}/a`,
    { body: '{"a":}', headers: merge },
    400,
    /^error decoding patch: invalid character '\}' looking for/,
  ],
  [`POST ${MAPS}`, { body: 'null' }, 400, /unrecognized/],
  [`POST ${MAPS}`, {}, 400, /unrecognized/],
  [`POST ${MAPS}`, { body: 'a: [', headers: yaml }, 400, /YAML/],
  [`POST ${MAPS}`, { body: 'k8s', headers: proto }, 400, /protobuf/],
  [`POST ${MAPS}`, { body: 'k8s\0\n\xff\xff\xff\xff', headers: proto }, 400, /./],
  [`POST ${MAPS}`, { body: 'x', headers: { 'content-type': 'text/html' } }, 415, /unknown format/],
  [`POST ${MAPS}`, { body: `{"a":"${'x'.repeat(3 << 20)}"}` }, 413, /limit is 3145728/],
  [`POST ${MAPS}`, { body: `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}` }, 400, /max depth/],
  [`POST ${MAPS}`, { body: { ...configMap('a'), kind: 'Secret' } }, 400, /cannot be handled as a ConfigMap/],
  [`POST ${MAPS}`, { body: { ...configMap('a'), apiVersion: 'v2' } }, 400, /does not match the expected API version/],
  [`POST ${MAPS}`, { body: configMap('a', {}, { namespace: 'other' }) }, 400, /does not match the namespace/],
  [`POST ${MAPS}`, { body: { ...configMap('a'), data: { a: 1 } } }, 400, /cannot unmarshal number/],
  [`POST ${MAPS}`, { body: { ...configMap('a'), metadata: 'x' } }, 400, /cannot unmarshal string/],
  [`POST ${MAPS}`, { body: configMap('') }, 422, /name or generateName is required/],
  [`POST ${MAPS}`, { body: configMap('A') }, 422, /RFC 1123/],
  [`POST ${MAPS}?fieldValidation=Strict`, { body: { ...configMap('a'), x: 1 } }, 400, /unknown field "x"/],
  [
    `POST ${MAPS}?fieldValidation=Strict`,
    { body: '{"kind":"ConfigMap","kind":"ConfigMap","apiVersion":"v1"}' },
    400,
    /duplicate field "kind"/,
  ],
  [
    `POST ${MAPS}?fieldValidation=Strict`,
    { body: TWICE, headers: yaml },
    400,
    /strict decoding error: yaml: unmarshal errors:\n {2}line 4: key "name" already set in map\n {2}line 7: key "a" already set in map, unknown field "x"$/,
  ],
  [
    `PATCH ${MAPS}/b?fieldValidation=Strict&fieldManager=m`,
    { body: TWICE.replace('x: 1\n', ''), headers: { 'content-type': 'application/apply-patch+yaml' } },
    400,
    /^error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:\n {2}line 4: key "name" already set in map\n {2}line 7: key "a" already/,
  ],
  [
    `PATCH ${MAPS}/b?fieldValidation=Strict&fieldManager=m`,
    { body: '{"data":{"a":"1",\n"a":"2"}}', headers: { 'content-type': 'application/apply-patch+yaml' } },
    400,
    /unmarshal errors:\n {2}line 2: key "a" already set in map$/,
  ],
  [`PUT ${MAPS}/a`, { body: configMap('b') }, 400, /does not match the name on the URL/],
  [`PUT ${MAPS}/a`, { body: configMap('a') }, 404, /configmaps "a" not found/],
  [`PATCH ${MAPS}/a`, { body: '{}', headers: merge }, 404, /configmaps "a" not found/],
  [`PATCH ${MAPS}/a`, { body: '{}', headers: { 'content-type': 'application/json' } }, 415, /unknown format/],
  [
    `PATCH ${MAPS}/a`,
    { body: 'a: b', headers: { 'content-type': 'application/apply-patch+yaml' } },
    422,
    /fieldManager: Required/,
  ],
  [
    `POST ${MAPS}?dryRun=Some`,
    { body: configMap('a') },
    422,
    /dryRun: Unsupported value: "Some": supported values: "All"/,
  ],
  [`POST ${MAPS}?fieldValidation=No`, { body: configMap('a') }, 422, /fieldValidation: Unsupported value: "No"/],
  [`POST ${MAPS}?fieldManager=${'x'.repeat(129)}`, { body: configMap('a') }, 422, /fieldManager: Too long/],
  [`GET ${MAPS}?limit=abc`, {}, 400, /^strconv.ParseInt: parsing "abc": invalid syntax$/],
  [`GET ${MAPS}?watch=1&timeoutSeconds=9999999999999999999`, {}, 400, /value out of range$/],
  [
    `GET ${MAPS}?resourceVersion=1&resourceVersionMatch=Near`,
    {},
    422,
    /: supported values: "Exact", "NotOlderThan", ""$/,
  ],
  [
    `GET ${MAPS}?sendInitialEvents=true`,
    {},
    422,
    /sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list$/,
  ],
  [`GET ${MAPS}?watch=1&sendInitialEvents=true`, {}, 422, /requires setting resourceVersionMatch to NotOlderThan$/],
  [`GET ${MAPS}?watch=1&resourceVersionMatch=NotOlderThan`, {}, 422, /unless sendInitialEvents is provided$/],
  [
    `POST ${MAPS}`,
    { body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":null}' },
    422,
    /^ConfigMap "" is invalid: metadata.name: Required value/,
  ],
  [
    'POST /api/v1/namespaces/default/pods',
    { body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: null } } },
    422,
    /spec.containers: Required value$/,
  ],
  [
    'POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    {
      body: {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'zs.x.io' },
        spec: { group: 'x.io', names: null, scope: 'Namespaced', versions: null },
      },
    },
    422,
    /spec.versions: Invalid value: \[\]: must have at least one version/,
  ],
  [
    'POST /apis/events.k8s.io/v1/namespaces/default/events',
    { body: { apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: 'e' }, eventTime: null, type: 'Odd' } },
    422,
    /^Event.events.k8s.io "e" is invalid: \[eventTime: Required value, type: Invalid value: "": has invalid value: Odd\]$/,
  ],
  ['POST /api/v1/configmaps', { body: configMap('a') }, 405, /does not allow this method/],
  ['POST /api/v1/namespaces/nosuch/configmaps', { body: configMap('a') }, 404, /namespaces "nosuch" not found/],
  ['DELETE /api/v1/namespaces', {}, 405, /does not allow this method/],
  ['GET /api/v1/namespaces/default/pods/p/nosuch', {}, 404, /could not find the requested resource/],
  [`GET ${MAPS}`, { headers: { accept: 'text/html' } }, 406, /only the following media types/],
  [`GET ${MAPS}`, { user: { name: 'bob', groups: [] } }, 403, /User "bob" cannot list resource "configmaps"/],
];

test('what cannot be done is refused with a Status', () =>
  withServer(async ({ ask }) => {
    for (const [line, asked, status, message] of CASES) {
      const answer = await ask(line, asked);
      assert.is(answer.status, status, `${line}: ${JSON.stringify(answer.body).slice(0, 200)}`);
      assert.equal([answer.body.kind, answer.body.code], ['Status', status]);
      assert.match(answer.body.message, message);
    }
  }));

test('an object whose items cannot be told apart has no managers', () =>
  withServer(async ({ ask }) => {
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 's' }, secrets: [null] };
    const made = await ask('POST /api/v1/namespaces/default/serviceaccounts', { body });
    assert.equal([made.status, made.body.metadata?.managedFields], [201, undefined]);
  }));

test('what is no path is not found', () =>
  withServer(async ({ ask }) => {
    for (const path of ['/nosuch', '/api/v2', '/apis/nosuch', '/apis/apps/v1/nosuch', '/api/v1/%zz', '/openapi/v4'])
      assert.equal((await ask(`GET ${path}`)).status, 404, path);
  }));

test('keys that name the prototype are data like any other', () =>
  withServer(async ({ ask }) => {
    const text =
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"p"},"data":{"__proto__":"x","constructor":"y"}}';
    assert.is((await ask(`POST ${MAPS}`, { body: text })).status, 201);
    const { body } = await ask(`GET ${MAPS}/p`);
    assert.equal(Object.keys(body.data).sort(), ['__proto__', 'constructor']);
    const patch = '{"data":{"__proto__":"z"}}';
    const patched = await ask(`PATCH ${MAPS}/p`, { body: patch, headers: merge });
    assert.is(Object.getOwnPropertyDescriptor(patched.body.data, '__proto__')?.value, 'z');
    assert.is(({} as { polluted?: unknown }).polluted, undefined);
  }));

test('unknown fields are told as warnings unless the client is strict', () =>
  withServer(async ({ ask }) => {
    const { status, headers, body } = await ask(`POST ${MAPS}`, { body: { ...configMap('a'), spec: {} } });
    assert.equal([status, headers['warning'], body.spec], [201, '299 - "unknown field \\"spec\\""', undefined]);
  }));

test.run();
