import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { configMap, type TestServer, withServer } from './server.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const GROUP = '/apis/admissionregistration.k8s.io/v1';
const API = { apiVersion: 'admissionregistration.k8s.io/v1' };
const resourceRules = [
  { operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps', 'pods'] },
];

async function install({ ask }: TestServer, spec: object, name = 'p', binding: object = {}): Promise<void> {
  const whole = { matchConstraints: { resourceRules }, failurePolicy: 'Fail', reinvocationPolicy: 'Never', ...spec };
  const policy = { ...API, kind: 'MutatingAdmissionPolicy', metadata: { name }, spec: whole };
  const made = await ask(`POST ${GROUP}/mutatingadmissionpolicies`, { body: policy });
  assert.is(made.status, 201, JSON.stringify(made.body));
  const bound = {
    ...API,
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, ...binding },
  };
  const put = await ask(`POST ${GROUP}/mutatingadmissionpolicybindings`, { body: bound });
  assert.is(put.status, 201, JSON.stringify(put.body));
}

const apply = (expression: string) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } });
const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } });

/** A policy's mutations, and the data and labels of the config map that they leave; or why it is denied. */
const CASES: [mutations: object[], left: object | string][] = [
  [
    [apply('Object{data: {"b": "2"}, metadata: Object.metadata{labels: {"l": object.metadata.name}}}')],
    { data: { a: '1', b: '2' }, labels: { l: 'm' } },
  ],
  [[patch('[JSONPatch{op: "add", path: "/data/c", value: "3"}]')], { data: { a: '1', c: '3' } }],
  [
    [patch('[JSONPatch{op: "add", path: "/data/" + jsonpatch.escapeKey("x/y~"), value: "3"}]')],
    'Invalid value: "x/y~": a valid config key',
  ],
  [
    [patch('[JSONPatch{op: "test", path: "/data/a", value: "0"}, JSONPatch{op: "remove", path: "/data/a"}]')],
    { data: { a: '1' } },
  ],
  [
    [apply('Object{data: {"b": "2"}}'), patch('[JSONPatch{op: "copy", from: "/data/b", path: "/data/c"}]')],
    { data: { a: '1', b: '2', c: '2' } },
  ],
  [
    [apply('Object{data: object.data.x}')],
    `expression 'Object{data: object.data.x}' resulted in error: no such key: x`,
  ],
  [
    [apply('Object{metadata: Object.spec{}}')],
    'type mismatch: unexpected type name "Object.spec", expected "Object.metadata", which matches field name path from root Object type',
  ],
  [
    [apply('Object{none: 1}')],
    'error applying patch: failed to convert patch object to typed object: .none: field not declared in schema',
  ],
  [
    [patch('[JSONPatch{op: "remove", path: "/data/none"}]')],
    "JSONPath: error in remove for path: '/data/none': Unable to remove nonexistent key: none: missing value",
  ],
];

test('policies in CEL change what is to be stored', async () => {
  for (const [mutations, left] of CASES)
    await withServer(async (server) => {
      await install(server, { mutations });
      const { status, body } = await server.ask(`POST ${MAPS}`, { body: configMap('m', { a: '1' }) });
      if (typeof left !== 'string') {
        assert.is(status, 201, JSON.stringify(body));
        const { data, metadata } = body;
        assert.equal({ data, ...(metadata.labels && { labels: metadata.labels }) }, left);
      } else if (left.startsWith('Invalid')) assert.ok(body.message.includes(left), body.message);
      else {
        assert.equal([status, body.reason], [403, 'Invalid']);
        assert.is(body.message, `policy 'p' with binding 'p' denied request: ${left}`);
        assert.equal(body.details.causes, [{ message: body.message }]);
      }
    });
});

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'c', image: 'i' }] },
};

test('a sidecar is merged into the list by its name, and defaulted', () =>
  withServer(async (server) => {
    const expression = `Object{spec: Object.spec{initContainers: [
      Object.spec.initContainers{name: "mesh", image: "proxy", args: ["proxy"], restartPolicy: "Always"}]}}`;
    await install(server, { mutations: [apply(expression)] });
    const { status, body } = await server.ask(`POST ${PODS}`, { body: pod });
    assert.is(status, 403);
    assert.match(body.message, /may not mutate atomic arrays, maps or structs: \.spec\.initContainers\[0\]\.args$/);
    await server.ask(`DELETE ${GROUP}/mutatingadmissionpolicies/p`);
    const lighter = expression.replace('args: ["proxy"], ', '');
    await install(server, { mutations: [apply(lighter)] }, 'q');
    const made = await server.ask(`POST ${PODS}`, { body: pod });
    assert.is(made.status, 201, JSON.stringify(made.body));
    const [sidecar] = made.body.spec.initContainers;
    assert.equal([sidecar.name, sidecar.restartPolicy, sidecar.imagePullPolicy], ['mesh', 'Always', 'Always']);
  }));

test('conditions, parameters and variables', () =>
  withServer(async (server) => {
    await server.ask(`POST ${MAPS}`, { body: configMap('team', { name: 'blue' }) });
    const spec = {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConditions: [{ name: 'new', expression: '!has(object.data.team)' }],
      variables: [{ name: 'team', expression: 'params.data.name' }],
      mutations: [apply('Object{data: {"team": variables.team}}')],
    };
    const paramRef = { name: 'team', namespace: 'default', parameterNotFoundAction: 'Deny' };
    await install(server, spec, 'p', { paramRef });
    assert.is((await server.ask(`POST ${MAPS}`, { body: configMap('a', { k: 'v' }) })).body.data.team, 'blue');
    assert.is((await server.ask(`POST ${MAPS}`, { body: configMap('b', { team: 'red' }) })).body.data.team, 'red');
    await server.ask(`DELETE ${MAPS}/team`);
    const { status, body } = await server.ask(`POST ${MAPS}`, { body: configMap('c', { k: 'v' }) });
    const why = 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction';
    assert.equal([status, body.reason], [403, 'Forbidden']);
    assert.is(body.message, `policy 'p' with binding 'p' denied request: ${why}`);
  }));

test('a policy that is willing is asked again when a later one has changed the object', async () => {
  for (const [reinvocationPolicy, seen] of [
    ['IfNeeded', { first: 'yes', second: 'yes', both: 'yes' }],
    ['Never', { first: 'yes', second: 'yes' }],
  ] as const)
    await withServer(async (server) => {
      const mutations = [
        apply('Object{data: has(object.data) && "second" in object.data ? {"both": "yes"} : {"first": "yes"}}'),
      ];
      await install(server, { mutations, reinvocationPolicy }, 'a');
      await install(server, { mutations: [apply('Object{data: {"second": "yes"}}')] }, 'b');
      const { body } = await server.ask(`POST ${MAPS}`, { body: configMap('m') });
      assert.equal(body.data, seen);
    });
});

test('updates are changed, failures may be ignored', () =>
  withServer(async (server) => {
    const broken = { mutations: [apply('Object{data: object.none}')], failurePolicy: 'Ignore' };
    await install(server, broken, 'broken');
    await install(server, { mutations: [apply('Object{data: {"op": request.operation}}')] });
    assert.is((await server.ask(`POST ${MAPS}`, { body: configMap('m') })).body.data.op, 'CREATE');
    assert.is((await server.ask(`PUT ${MAPS}/m`, { body: configMap('m') })).body.data.op, 'UPDATE');
    assert.is((await server.ask(`DELETE ${MAPS}/m`)).status, 200);
  }));

/** What is wrong with a policy, by its field. */
const REFUSED: [spec: object, field: string, message: string][] = [
  [{ mutations: [] }, 'spec.mutations', 'Required value: mutations must contain at least one item'],
  [{ mutations: [{}] }, 'spec.mutations[0].patchType', 'Required value'],
  [
    { mutations: [apply('"a"')] },
    'spec.mutations[0].applyConfiguration.expression',
    'must evaluate to Object but got string',
  ],
  [
    { mutations: [patch('1')] },
    'spec.mutations[0].jsonPatch.expression',
    'must evaluate to list(JSONPatch) but got int',
  ],
  [
    { mutations: [{ ...patch('[]'), patchType: 'ApplyConfiguration' }] },
    'spec.mutations[0].jsonPatch',
    'Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration',
  ],
  [{ mutations: [apply('Object{}')], reinvocationPolicy: undefined }, 'spec.reinvocationPolicy', 'Required value'],
  [
    { mutations: [apply('Object{')] },
    'spec.mutations[0].applyConfiguration.expression',
    'Invalid value: "Object{": compilation failed: ERROR: <input>:1:8: Syntax error',
  ],
];

test('a policy that cannot work is refused', () =>
  withServer(async ({ ask }) => {
    for (const [spec, field, message] of REFUSED) {
      const whole = { matchConstraints: { resourceRules }, reinvocationPolicy: 'Never', ...spec };
      const policy = { ...API, kind: 'MutatingAdmissionPolicy', metadata: { name: 'p' }, spec: whole };
      const { status, body } = await ask(`POST ${GROUP}/mutatingadmissionpolicies`, { body: policy });
      assert.is(status, 422, field);
      const cause = body.details.causes.find((each: { field: string }) => each.field === field);
      assert.ok(cause?.message.includes(message), `${field}: ${JSON.stringify(body.details.causes)}`);
    }
  }));

test.run();
