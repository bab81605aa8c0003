/** An IPAddress for every address that a service has, named after it; it goes with the service or its address. */
import { isIP } from 'node:net';
import type { KubeObject } from '../api/object.ts';
import { isAlreadyExists, isNotFound } from '../api/status.ts';
import { keyOf } from '../client/informer.ts';
import { IP_ADDRESSES, SERVICES } from '../client/resources.ts';
import type { ControllerDefinition } from './controller.ts';

const MANAGER = 'ipallocator.k8s.io';
const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by';

export const ipAddressController: ControllerDefinition = {
  name: 'service-ip-address-controller',
  component: 'ipallocator-repair-controller',
  setUp(context) {
    // On a cluster it is the API server that keeps them.
    const client = context.client.named('kube-apiserver');
    const services = context.informer(SERVICES);
    const addresses = context.informer(IP_ADDRESSES);
    addresses.addIndex('service', ({ spec }) => [`${spec.parentRef.namespace}/${spec.parentRef.name}`]);
    services.onChange(({ object }) => context.enqueue(keyOf(object)));
    addresses.onChange(({ type, object }) => {
      const { namespace, name } = object.spec.parentRef;
      if (type === 'deleted') context.enqueue(`${namespace}/${name}`);
    });
    return async (key) => {
      const service = services.byKey(key);
      const wanted = new Set((service?.spec.clusterIPs ?? []).filter((ip: string) => isIP(ip) !== 0) as string[]);
      for (const { metadata } of addresses.byIndex('service', key))
        if (!wanted.delete(metadata.name) && metadata.labels?.[MANAGED_BY] === MANAGER)
          await client.delete(IP_ADDRESSES, metadata.name).catch(unless(isNotFound));
      for (const ip of wanted)
        await client.create(IP_ADDRESSES, addressOf(ip, service!)).catch(unless(isAlreadyExists));
    };
  },
};

const addressOf = (ip: string, { metadata: { namespace, name } }: KubeObject): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IPAddress',
  metadata: {
    name: ip,
    labels: { 'ipaddress.kubernetes.io/ip-family': `IPv${isIP(ip)}`, [MANAGED_BY]: MANAGER },
  },
  spec: { parentRef: { group: '', name, namespace, resource: 'services' } },
});

const unless = (isExpected: (error: unknown) => boolean) => (error: unknown) => {
  if (!isExpected(error)) throw error;
};
