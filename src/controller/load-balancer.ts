/** Addresses that a cloud would give: services of type LoadBalancer get one each, ingresses share one. */
import { equalJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import { keyOf } from '../client/informer.ts';
import { INGRESSES, SERVICES } from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition } from './controller.ts';

/** Of TEST-NET-3; services have the benchmarking range. Both are documented never to be anyone's. */
const INGRESS_ADDRESS = '203.0.113.1';
const POOL_SIZE = 65_534;

export const serviceController: ControllerDefinition = {
  name: 'service-lb-controller',
  component: 'service-controller',
  setUp(context) {
    const services = context.informer(SERVICES);
    // By service, so that two given at the same time are not the same.
    const given = new Map<string, string>();
    services.onChange(({ type, object }) => {
      if (type === 'deleted') given.delete(object.metadata.uid!);
      for (const { ip } of object.status?.loadBalancer?.ingress ?? []) given.set(object.metadata.uid!, ip);
      context.enqueue(keyOf(object));
    });
    return async (key) => {
      const service = services.byKey(key);
      if (service && !service.metadata.deletionTimestamp) await syncService(context, service, given);
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
      if (equalJson(ingress.status?.loadBalancer, loadBalancer)) return;
      await context.client.update(INGRESSES, { ...ingress, status: { loadBalancer } }, { subresource: 'status' });
    };
  },
};

async function syncService(
  { client, recorder }: ControllerContext,
  service: KubeObject,
  given: Map<string, string>,
): Promise<void> {
  const { uid } = service.metadata;
  const wanted = service.spec.type === 'LoadBalancer' && !service.spec.loadBalancerClass;
  const current = service.status?.loadBalancer?.ingress;
  if (!wanted && !(current && service.spec.type !== 'LoadBalancer')) return;
  if (wanted && current) return;
  if (!wanted) given.delete(uid!);
  const [doing, done] = wanted ? ['Ensuring', 'Ensured'] : ['Deleting', 'Deleted'];
  recorder.event(service, 'Normal', `${doing}LoadBalancer`, `${doing} load balancer`);
  const loadBalancer = wanted ? { ingress: [{ ip: addressFor(service, given), ipMode: 'VIP' }] } : {};
  await client.update(SERVICES, { ...service, status: { ...service.status, loadBalancer } }, { subresource: 'status' });
  recorder.event(service, 'Normal', `${done}LoadBalancer`, `${done} load balancer`);
}

/** The address asked for, else the first that no other service has. */
function addressFor({ spec, metadata }: KubeObject, given: Map<string, string>): string {
  if (spec.loadBalancerIP) return spec.loadBalancerIP;
  const taken = new Set(given.values());
  for (let n = 1; n < POOL_SIZE; n++) {
    const ip = `198.18.${n >> 8}.${n & 255}`;
    if (taken.has(ip)) continue;
    given.set(metadata.uid!, ip);
    return ip;
  }
  throw new Error('no load balancer address is left');
}
