import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type DocumentedResource, openApiV2, openApiV3, openApiV3Index } from '../../src/api/openapi.ts';
import { encodeOpenApiV2 } from '../../src/api/openapi-protobuf.ts';
import { type StructType, typeNamed } from '../../src/api/scheme.ts';

const DEPLOYMENTS: DocumentedResource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  namespaced: true,
  verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: { scale: { verbs: ['get', 'patch', 'update'], group: 'autoscaling', version: 'v1', kind: 'Scale' } },
};

const WIDGETS: DocumentedResource = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  resource: 'widgets',
  namespaced: false,
  verbs: ['get', 'list'],
  schema: { type: 'object', properties: { spec: { type: 'object', nullable: true } } },
};

// biome-ignore lint/suspicious/noExplicitAny: documents are read by path.
type Loose = any;

test('version 3 has what explaining and patching need', () => {
  const document: Loose = openApiV3([DEPLOYMENTS]);
  const schemas = document.components.schemas;
  const deployment = schemas['io.k8s.api.apps.v1.Deployment'];
  assert.equal(deployment['x-kubernetes-group-version-kind'], [{ group: 'apps', version: 'v1', kind: 'Deployment' }]);
  assert.equal(schemas['io.k8s.api.core.v1.PodSpec'].required, ['containers']);
  const { containers, volumes, restartPolicy } = schemas['io.k8s.api.core.v1.PodSpec'].properties;
  const { description, ...shape } = containers;
  assert.match(description, /^The containers that run side by side/);
  assert.equal(shape, {
    type: 'array',
    items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    'x-kubernetes-patch-merge-key': 'name',
    'x-kubernetes-patch-strategy': 'merge',
  });
  assert.is(volumes['x-kubernetes-patch-strategy'], 'merge,retainKeys');
  assert.equal(restartPolicy.enum, ['Always', 'Never', 'OnFailure']);
  const item = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
  assert.ok(item.patch.parameters.some(({ name }: Loose) => name === 'fieldValidation'));
  assert.equal(item.patch['x-kubernetes-group-version-kind'], { group: 'apps', version: 'v1', kind: 'Deployment' });
  assert.ok(document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale'].get);
});

test('a described field that refers to a type keeps its reference', () => {
  const v3: Loose = openApiV3([DEPLOYMENTS]);
  const { spec } = v3.components.schemas['io.k8s.api.apps.v1.Deployment'].properties;
  assert.equal(spec, {
    description: 'What is wanted.',
    allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec' }],
  });
  const v2: Loose = openApiV2([DEPLOYMENTS]);
  assert.equal(v2.definitions['io.k8s.api.apps.v1.Deployment'].properties.spec, {
    description: 'What is wanted.',
    $ref: '#/definitions/io.k8s.api.apps.v1.DeploymentSpec',
  });
});

test('what is described is there', () => {
  const source = readFileSync(new URL('../../src/api/descriptions.ts', import.meta.url), 'utf8');
  const lines = /const TEXT = `\n([^`]*)\n`;/.exec(source)![1]!.split('\n');
  let type: StructType | undefined;
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(' '));
    if (!name.startsWith('.')) type = typeNamed(name) as StructType | undefined;
    assert.ok(name.startsWith('.') ? type?.byName.has(name.slice(1)) : type, `${type?.name} ${name}`);
  }
});

test('every reference has its schema', () => {
  for (const document of [openApiV3([DEPLOYMENTS, WIDGETS]), openApiV2([DEPLOYMENTS, WIDGETS])] as Loose[]) {
    const schemas = document.definitions ?? document.components.schemas;
    for (const [, name] of JSON.stringify(document).matchAll(/"\$ref":"[^"]*\/([^"/]+)"/g))
      assert.ok(schemas[name!], `no schema ${name}`);
  }
});

test('custom resources are documented by their own schema', () => {
  const v3: Loose = openApiV3([WIDGETS]);
  const schema = v3.components.schemas['com.example.v1.Widget'];
  assert.equal(Object.keys(schema.properties).sort(), ['apiVersion', 'kind', 'metadata', 'spec']);
  assert.is(schema.properties.spec.nullable, true);
  const v2: Loose = openApiV2([WIDGETS]);
  assert.is(v2.definitions['com.example.v1.Widget'].properties.spec.nullable, undefined, 'version 2 has no nullable');
});

test('the index names every document', () => {
  assert.equal(
    openApiV3Index(['v1', 'apps/v1'], () => 'H'),
    {
      paths: {
        'api/v1': { serverRelativeURL: '/openapi/v3/api/v1?hash=H' },
        'apis/apps/v1': { serverRelativeURL: '/openapi/v3/apis/apps/v1?hash=H' },
      },
    },
  );
});

test('version 2 is told in protobuf too', () => {
  const bytes = encodeOpenApiV2({
    swagger: '2.0',
    info: { title: 'T', version: 'v' },
    paths: {},
    definitions: { A: { type: 'object', required: ['b'], properties: { b: { type: 'string' } } } },
  });
  // swagger, info, paths, definitions > A > required, type, properties > b > type
  assert.is(
    Buffer.from(bytes).toString('hex'),
    '0a03322e30' +
      '12060a0154120176' +
      '4200' +
      '4a2b0a290a0141122' +
      '4' +
      '9a010162b201080a066f626a656374ca01120a100a0162120bb201080a06737472696e67',
  );
});

test.run();
