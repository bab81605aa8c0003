import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { configMap, type TestServer, withServer } from './server.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const GROUP = '/apis/admissionregistration.k8s.io/v1';
const API = { apiVersion: 'admissionregistration.k8s.io/v1' };
const rule = { operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };

async function install({ ask }: TestServer, spec: object, binding: object = {}): Promise<void> {
  const policy = {
    ...API,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'p' },
    spec: { matchConstraints: { resourceRules: [rule] }, failurePolicy: 'Fail', ...spec },
  };
  const bound = {
    ...API,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'b' },
    spec: { policyName: 'p', validationActions: ['Deny'], ...binding },
  };
  const made = await ask(`POST ${GROUP}/validatingadmissionpolicies`, { body: policy });
  assert.is(made.status, 201, JSON.stringify(made.body));
  const put = await ask(`POST ${GROUP}/validatingadmissionpolicybindings`, { body: bound });
  assert.is(put.status, 201, JSON.stringify(put.body));
}

const START = `ValidatingAdmissionPolicy 'p' with binding 'b'`;

/** A policy, the data of a config map, and why it is denied; nothing where it is not. */
const CASES: [spec: object, data: Record<string, string>, denied: string | undefined][] = [
  [{ validations: [{ expression: 'size(object.data) < 2' }] }, { a: '1' }, undefined],
  [
    { validations: [{ expression: 'size(object.data) < 2' }] },
    { a: '1', b: '2' },
    'failed expression: size(object.data) < 2',
  ],
  [{ validations: [{ expression: 'false', message: 'never' }] }, {}, 'never'],
  [{ validations: [{ expression: 'false', messageExpression: '"no " + object.metadata.name' }] }, {}, 'no a'],
  [{ validations: [{ expression: 'request.operation == "CREATE"' }] }, {}, undefined],
  [{ validations: [{ expression: 'oldObject == null && namespaceObject.metadata.name == "default"' }] }, {}, undefined],
  [
    {
      variables: [{ name: 'count', expression: 'size(object.data)' }],
      validations: [{ expression: 'variables.count == 1' }],
    },
    { a: '1' },
    undefined,
  ],
  [
    {
      matchConditions: [{ name: 'c', expression: 'object.metadata.name != "a"' }],
      validations: [{ expression: 'false' }],
    },
    {},
    undefined,
  ],
];

test('policies in CEL judge what is to be stored', async () => {
  for (const [spec, data, denied] of CASES)
    await withServer(async (server) => {
      await install(server, spec);
      const { status, body } = await server.ask(`POST ${MAPS}`, { body: configMap('a', data) });
      if (denied === undefined) return assert.is(status, 201, JSON.stringify(body));
      assert.equal([status, body.reason], [422, 'Invalid']);
      assert.match(body.message, `is forbidden: ${START} denied request: ${denied}`);
    });
});

test('a binding may only warn, and may leave objects out', () =>
  withServer(async (server) => {
    await install(server, { validations: [{ expression: 'false' }] }, { validationActions: ['Warn'] });
    const { status, headers } = await server.ask(`POST ${MAPS}`, { body: configMap('a') });
    assert.is(status, 201);
    assert.match(headers['warning'] ?? '', `Validation failed for ${START}: failed expression: false`);
    const path = `${GROUP}/validatingadmissionpolicybindings/b`;
    const { body } = await server.ask(`GET ${path}`);
    body.spec.matchResources = { objectSelector: { matchLabels: { strict: 'yes' } } };
    await server.ask(`PUT ${path}`, { body });
    assert.is((await server.ask(`POST ${MAPS}`, { body: configMap('b') })).headers['warning'], undefined);
  }));

test('an expression that fails denies unless failures are ignored', async () => {
  for (const [failurePolicy, status] of [
    ['Fail', 422],
    ['Ignore', 201],
  ])
    await withServer(async (server) => {
      await install(server, { failurePolicy, validations: [{ expression: 'object.data.nosuch == "x"' }] });
      assert.is((await server.ask(`POST ${MAPS}`, { body: configMap('a', { k: 'v' }) })).status, status);
    });
});

test('parameters come from the objects the binding names', () =>
  withServer(async (server) => {
    await server.ask(`POST ${MAPS}`, { body: configMap('limits', { most: '1' }) });
    const spec = {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [{ expression: 'size(object.data) <= int(params.data.most)' }],
    };
    const paramRef = { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' };
    await install(server, spec, { paramRef });
    assert.is((await server.ask(`POST ${MAPS}`, { body: configMap('a', { x: '1' }) })).status, 201);
    assert.is((await server.ask(`POST ${MAPS}`, { body: configMap('b', { x: '1', y: '2' }) })).status, 422);
    await server.ask(`DELETE ${MAPS}/limits`);
    const { body } = await server.ask(`POST ${MAPS}`, { body: configMap('c') });
    const why = 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction';
    assert.ok(body.message.endsWith(`${START} denied request: ${why}`), body.message);
  }));

/** What is wrong with a policy, by its field. */
const REFUSED: [spec: object, field: string, message: string][] = [
  [
    { validations: [] },
    'spec.validations',
    'Required value: validations or auditAnnotations must contain at least one',
  ],
  [
    { validations: [{ expression: '' }] },
    'spec.validations[0].expression',
    'Required value: expression is not specified',
  ],
  [{ validations: [{ expression: '"a"' }] }, 'spec.validations[0].expression', 'must evaluate to bool but got string'],
  [
    { validations: [{ expression: 'params.x == 1' }] },
    'spec.validations[0].expression',
    "undeclared reference to 'params'",
  ],
  [{ validations: [{ expression: 'true', reason: 'Odd' }] }, 'spec.validations[0].reason', 'Unsupported value: "Odd"'],
  [
    { validations: [{ expression: 'true' }], variables: [{ name: 'in', expression: '1' }] },
    'spec.variables[0].name',
    'name is not a valid CEL identifier',
  ],
  [
    { validations: [{ expression: 'true' }], matchConstraints: {} },
    'spec.matchConstraints.resourceRules',
    'Required value',
  ],
];

test('a policy that cannot work is refused', () =>
  withServer(async ({ ask }) => {
    for (const [spec, field, message] of REFUSED) {
      const whole = { matchConstraints: { resourceRules: [rule] }, ...spec };
      const policy = { ...API, kind: 'ValidatingAdmissionPolicy', metadata: { name: 'p' }, spec: whole };
      const { status, body } = await ask(`POST ${GROUP}/validatingadmissionpolicies`, { body: policy });
      assert.is(status, 422, field);
      const cause = body.details.causes.find((each: { field: string }) => each.field === field);
      assert.ok(cause?.message.includes(message), `${field}: ${JSON.stringify(body.details.causes)}`);
    }
  }));

test('expressions ask the authorizer', () =>
  withServer(async (server) => {
    const expression =
      'authorizer.group("").resource("secrets").namespace("default").check("get").allowed() && ' +
      '!authorizer.serviceAccount("default", "default").path("/metrics").check("get").allowed() && ' +
      'authorizer.requestResource.check("delete").allowed()';
    await install(server, { validations: [{ expression }] });
    const { status, body } = await server.ask(`POST ${MAPS}`, { body: configMap('a') });
    assert.is(status, 201, JSON.stringify(body));
  }));

const typed = (apiGroup: string, resource: string, version = 'v1') => ({
  resourceRules: [{ operations: ['CREATE'], apiGroups: [apiGroup], apiVersions: [version], resources: [resource] }],
});

const MISFITS: [spec: object, warnings: [fieldRef: string, warning: string][]][] = [
  [
    {
      matchConstraints: typed('apps', 'deployments'),
      validations: [
        {
          expression: "object.spec.replicas > '1'",
          messageExpression: "'wants more than ' + object.spec.replicas",
        },
        { expression: 'object.spec.maxRetries > 1' },
        { expression: 'object.spec.template.spec.containers.all(c, c.image.startsWith("a"))' },
      ],
    },
    [
      ['spec.validations[0].expression', "'_>_' applied to '(int, string)'"],
      ['spec.validations[0].messageExpression', "'_+_' applied to '(string, int)'"],
      ['spec.validations[1].expression', "undefined field 'maxRetries'"],
    ],
  ],
  [{ matchConstraints: typed('*', 'deployments'), validations: [{ expression: 'object.nope > 1' }] }, []],
  [{ matchConstraints: typed('', 'nothing'), validations: [{ expression: 'object.nope > 1' }] }, []],
];

test('what does not fit the types it is for is told in the status of a policy', () =>
  withServer(async ({ ask }) => {
    const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
    for (const [i, [spec, warnings]] of MISFITS.entries()) {
      const { status, body } = await ask(`POST ${path}`, { body: { metadata: { name: `p${i}` }, spec } });
      assert.is(status, 201, JSON.stringify(body));
      const { observedGeneration, typeChecking } = body.status;
      assert.is(observedGeneration, 1);
      const told: { fieldRef: string; warning: string }[] = typeChecking.expressionWarnings ?? [];
      assert.equal(
        told.map(({ fieldRef }) => fieldRef),
        warnings.map(([fieldRef]) => fieldRef),
      );
      for (const [k, [, warning]] of warnings.entries()) {
        assert.match(told[k]!.warning, 'apps/v1, Kind=Deployment: compilation failed: ERROR: <input>:1:');
        assert.match(told[k]!.warning, warning);
      }
    }
    const { body } = await ask(`GET ${path}/p0`);
    body.spec.validations = [{ expression: 'object.spec.replicas > 1' }];
    const mended = await ask(`PUT ${path}/p0`, { body });
    assert.equal(mended.body.status, { observedGeneration: 2, typeChecking: {} });
  }));

test.run();
