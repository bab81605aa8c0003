/** What is told of pods that keep a workload from being ready. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import type { Client } from '../../src/client/types.ts';
import { findReasons } from '../../src/kube/reasons.ts';

const pod = (name: string, message: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'ns' },
  status: {
    phase: 'Pending',
    containerStatuses: [{ name: 'main', state: { waiting: { reason: 'ImagePullBackOff', message } } }],
  },
});

async function reasonOf(pods: KubeObject[]) {
  const client = {
    list: async ({ resource }: { resource: string }) => ({ items: resource === 'pods' ? pods : [] }),
  } as unknown as Client;
  const live: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'ns' },
    spec: { selector: { matchLabels: { app: 'web' } } },
  };
  const resource = {
    resource: { group: 'apps', version: 'v1', resource: 'deployments', kind: 'Deployment', namespaced: true },
  };
  const status = { resource: { ...resource, name: 'web', namespace: 'ns', object: live }, live };
  const [reason] = await findReasons(client, [
    { ...status, readiness: 'InProgress', message: 'Available: 0/3' } as never,
  ]);
  return reason!;
}

test('pods of which the same is to be told are told once', async () => {
  const { facts, advice } = await reasonOf([pod('web-1', 'gone'), pod('web-2', 'gone'), pod('web-3', 'denied')]);
  assert.equal(facts, [
    'Available: 0/3',
    'pod web-1: Pending',
    'container main: ImagePullBackOff, gone',
    'pod web-3: Pending',
    'container main: ImagePullBackOff, denied',
    'other pods are like that',
  ]);
  assert.equal(advice, ['check the name of the image, its tag, and the pull secret']);
});

test.run();
