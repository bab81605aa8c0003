import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { withServer } from './server.ts';

const namesIn = (body: { items: KubeObject[] }): string[] => body.items.map(({ metadata }) => metadata.name);

/** What a new cluster holds beside its namespaces and roles, by path. */
const FRESH: [path: string, names: string[]][] = [
  ['/api/v1/namespaces/default/endpoints', ['kubernetes']],
  ['/apis/networking.k8s.io/v1/servicecidrs', ['kubernetes']],
  ['/api/v1/namespaces/kube-system/configmaps', ['kube-apiserver-legacy-service-account-token-tracking']],
  [
    '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas',
    [
      'catch-all',
      'endpoint-controller',
      'exempt',
      'global-default',
      'kube-controller-manager',
      'kube-scheduler',
      'kube-system-service-accounts',
      'probes',
      'service-accounts',
      'system-leader-election',
      'system-node-high',
      'system-nodes',
      'workload-leader-election',
    ],
  ],
  [
    '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations',
    [
      'catch-all',
      'exempt',
      'global-default',
      'leader-election',
      'node-high',
      'system',
      'workload-high',
      'workload-low',
    ],
  ],
  [
    '/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/rolebindings',
    [
      'system::extension-apiserver-authentication-reader',
      'system::leader-locking-kube-controller-manager',
      'system::leader-locking-kube-scheduler',
      'system:controller:bootstrap-signer',
      'system:controller:cloud-provider',
      'system:controller:token-cleaner',
    ],
  ],
];

test('a new cluster holds what those look up who extend one', () =>
  withServer(async ({ ask }) => {
    for (const [path, names] of FRESH) assert.equal(namesIn((await ask(`GET ${path}`)).body), names, path);
  }));

test('what is there from the start would be accepted from anybody', () =>
  withServer(async ({ ask }) => {
    const [, ...paths] = FRESH.map(([path]) => path);
    for (const path of [...paths, '/apis/apiregistration.k8s.io/v1/apiservices'])
      for (const { kind, apiVersion, ...object } of (await ask(`GET ${path}`)).body.items) {
        const again = { kind, apiVersion, ...object, metadata: { ...object.metadata, resourceVersion: undefined } };
        const { status, body } = await ask(`PUT ${path}/${object.metadata.name}?fieldValidation=Strict`, {
          body: again,
        });
        assert.is(status, 200, `${path}: ${JSON.stringify(body)}`);
        assert.equal(body.spec, object['spec'], 'nothing is left to be defaulted');
      }
  }));

test('every group version has its API service, and custom ones while they are served', () =>
  withServer(async ({ ask }) => {
    const services = '/apis/apiregistration.k8s.io/v1/apiservices';
    const groups: { versions: { groupVersion: string }[] }[] = (await ask('GET /apis')).body.groups;
    const expected = groups
      .flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion.split('/').reverse().join('.')))
      .filter((name) => name !== 'v1.apiregistration.k8s.io');
    assert.equal(namesIn((await ask(`GET ${services}`)).body), ['v1.', ...expected].sort());
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const schema = { openAPIV3Schema: { type: 'object' } };
    const spec = {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural: 'tabs', singular: 'tab', kind: 'Tab', listKind: 'TabList' },
      versions: ['v1', 'v2'].map((name) => ({ name, served: true, storage: name === 'v1', schema })),
    };
    const { body } = await ask(`POST ${crds}`, {
      body: {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'tabs.example.com' },
        spec,
      },
    });
    const custom = async () => namesIn((await ask(`GET ${services}`)).body).filter((name) => /example/.test(name));
    assert.equal(await custom(), ['v1.example.com', 'v2.example.com']);
    body.spec.versions[1].served = false;
    assert.is((await ask(`PUT ${crds}/tabs.example.com`, { body })).status, 200);
    assert.equal(await custom(), ['v1.example.com']);
    assert.is((await ask(`DELETE ${crds}/tabs.example.com`)).status, 200);
    assert.equal(await custom(), []);
  }));

test.run();
