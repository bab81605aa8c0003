/** Objects for the tests of controllers, as short as they can be. */
import type { KubeObject } from '../../src/api/object.ts';

export const template = (app: string, image: string, spec: object = {}, metadata: object = {}) => ({
  metadata: { labels: { app }, ...metadata },
  spec: { containers: [{ name: app, image }], ...spec },
});

const object = (apiVersion: string, kind: string, name: string, rest: object, metadata: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'default', ...metadata },
  ...rest,
});

export const deployment = (name: string, image: string, spec: object = {}): KubeObject =>
  object('apps/v1', 'Deployment', name, {
    spec: { replicas: 3, selector: { matchLabels: { app: name } }, template: template(name, image), ...spec },
  });

export const statefulSet = (name: string, image: string, spec: object = {}): KubeObject =>
  object('apps/v1', 'StatefulSet', name, {
    spec: {
      replicas: 3,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: template(name, image),
      ...spec,
    },
  });

export const daemonSet = (name: string, image: string, spec: object = {}): KubeObject =>
  object('apps/v1', 'DaemonSet', name, {
    spec: { selector: { matchLabels: { app: name } }, template: template(name, image), ...spec },
  });

export const job = (name: string, image: string, spec: object = {}): KubeObject =>
  object('batch/v1', 'Job', name, { spec: { template: template(name, image, { restartPolicy: 'Never' }), ...spec } });

export const service = (name: string, spec: object = {}): KubeObject =>
  object('v1', 'Service', name, { spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec } });

export const pod = (name: string, image: string, spec: object = {}, metadata: object = {}): KubeObject =>
  object('v1', 'Pod', name, { spec: { containers: [{ name: 'main', image }], ...spec } }, metadata);

export const namespace = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
