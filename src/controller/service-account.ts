/** Every namespace has a service account named default and the cluster's certificate authority to give to pods. */
import type { KubeObject } from '../api/object.ts';
import { isAlreadyExists } from '../api/status.ts';
import { CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS } from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition } from './controller.ts';

const ROOT_CA = 'kube-root-ca.crt';

export const serviceAccountController: ControllerDefinition = {
  name: 'serviceaccount-controller',
  component: 'serviceaccount-controller',
  setUp(context) {
    const accounts = context.informer(SERVICE_ACCOUNTS);
    return eachNamespace(context, accounts, async ({ metadata: { name: namespace } }) => {
      if (accounts.get('default', namespace)) return;
      await create(context, SERVICE_ACCOUNTS, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace },
      });
    });
  },
};

/** `authority` is the PEM text that pods are to trust; the map stays empty where the plane has none. */
export const rootCaController = (authority = ''): ControllerDefinition => ({
  name: 'root-ca-certificate-publisher-controller',
  component: 'root-ca-cert-publisher',
  setUp(context) {
    const maps = context.informer(CONFIG_MAPS);
    return eachNamespace(context, maps, async ({ metadata: { name: namespace } }) => {
      const data = { 'ca.crt': authority };
      const map = maps.get(ROOT_CA, namespace);
      if (map?.data?.['ca.crt'] === authority) return;
      const annotations = {
        'kubernetes.io/description':
          'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
      };
      if (map) await context.client.update(CONFIG_MAPS, { ...map, data });
      else
        await create(context, CONFIG_MAPS, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: ROOT_CA, namespace, annotations },
          data,
        });
    });
  },
});

/** Looks at a namespace when it appears, and again when what it should hold is deleted. */
function eachNamespace(
  context: ControllerContext,
  held: ReturnType<ControllerContext['informer']>,
  ensure: (namespace: KubeObject) => Promise<void>,
) {
  const namespaces = context.informer(NAMESPACES);
  namespaces.onChange(({ object }) => context.enqueue(object.metadata.name));
  held.onChange(({ type, object }) => {
    if (type !== 'added') context.enqueue(object.metadata.namespace ?? '');
  });
  return async (key: string): Promise<void> => {
    const namespace = namespaces.byKey(key);
    if (namespace && !namespace.metadata.deletionTimestamp && namespace.status?.phase !== 'Terminating')
      await ensure(namespace);
  };
}

async function create(
  { client }: ControllerContext,
  resource: Parameters<ControllerContext['informer']>[0],
  object: KubeObject,
): Promise<void> {
  await client.create(resource, object).catch((error) => {
    if (!isAlreadyExists(error)) throw error;
  });
}
