/** Addresses that a cloud would give: services of type LoadBalancer get one each, ingresses share one. */
import type { KubeObject } from '../api/object.ts';
import { keyOf } from '../client/informer.ts';
import { INGRESSES, SERVICES } from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition } from './controller.ts';
import { isEqual } from './equal.ts';

/** TEST-NET-3 and the benchmarking range: documented never to be anyone's. */
const INGRESS_ADDRESS = '203.0.113.1';
const POOL_SIZE = 65_534;

export const serviceController: ControllerDefinition = {
  name: 'service-lb-controller',
  component: 'service-controller',
  setUp(context) {
    const services = context.informer(SERVICES);
    services.onChange(({ object }) => context.enqueue(keyOf(object)));
    return async (key) => {
      const service = services.byKey(key);
      if (service && !service.metadata.deletionTimestamp) await syncService(context, service, services.list());
    };
  },
};

export const ingressController: ControllerDefinition = {
  name: 'ingress-controller',
  component: 'portolan-ingress-controller',
  setUp(context) {
    const ingresses = context.informer(INGRESSES);
    ingresses.onChange(({ object }) => context.enqueue(keyOf(object)));
    return async (key) => {
      const ingress = ingresses.byKey(key);
      if (!ingress || ingress.metadata.deletionTimestamp) return;
      const loadBalancer = { ingress: [{ ip: INGRESS_ADDRESS }] };
      if (isEqual(ingress.status?.loadBalancer, loadBalancer)) return;
      await context.client.update(INGRESSES, { ...ingress, status: { loadBalancer } }, { subresource: 'status' });
    };
  },
};

async function syncService(
  { client, recorder }: ControllerContext,
  service: KubeObject,
  all: KubeObject[],
): Promise<void> {
  const wanted = service.spec.type === 'LoadBalancer' && !service.spec.loadBalancerClass;
  const current = service.status?.loadBalancer?.ingress;
  if (!wanted && !(current && service.spec.type !== 'LoadBalancer')) return;
  if (wanted && current) return;
  if (wanted) recorder.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
  const loadBalancer = wanted ? { ingress: [{ ip: addressFor(service, all), ipMode: 'VIP' }] } : {};
  await client.update(SERVICES, { ...service, status: { ...service.status, loadBalancer } }, { subresource: 'status' });
  if (wanted) recorder.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
}

/** The address asked for, else the first that no other service has. */
function addressFor({ spec }: KubeObject, all: KubeObject[]): string {
  if (spec.loadBalancerIP) return spec.loadBalancerIP;
  const taken = new Set(
    all.flatMap(({ status }) => (status?.loadBalancer?.ingress ?? []).map(({ ip }: { ip: string }) => ip)),
  );
  for (let n = 1; n < POOL_SIZE; n++) {
    const ip = `198.18.${n >> 8}.${n & 255}`;
    if (!taken.has(ip)) return ip;
  }
  throw new Error('no load balancer address is left');
}
