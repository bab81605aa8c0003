/**
 * Whether an API served by a service can be had: the condition that `kubectl get apiservices` shows. What answers behind
 * a simulated pod is taken to be well, as its probes are.
 */
import { type KubeObject, timestamp } from '../api/object.ts';
import { type Informer, keyOf } from '../client/informer.ts';
import { API_SERVICES, ENDPOINT_SLICES, SERVICES } from '../client/resources.ts';
import type { ControllerDefinition } from './controller.ts';
import { indexByService, SERVICE_NAME } from './endpoint-slice.ts';

interface Verdict {
  status: 'True' | 'False';
  reason: string;
  message: string;
}

export const apiServiceAvailabilityController: ControllerDefinition = {
  name: 'apiservice-remote-available-controller',
  component: 'kube-aggregator',
  setUp(context) {
    // On a cluster it is the API server that looks.
    const client = context.client.named('kube-apiserver');
    const apis = context.informer(API_SERVICES);
    const services = context.informer(SERVICES);
    const slices = context.informer(ENDPOINT_SLICES);
    indexByService(slices);
    apis.addIndex('service', ({ spec }) => (spec.service ? [`${spec.service.namespace}/${spec.service.name}`] : []));
    const enqueueBehind = (key: string) => {
      for (const api of apis.byIndex('service', key)) context.enqueue(keyOf(api));
    };
    apis.onChange(({ object }) => object.spec.service && context.enqueue(keyOf(object)));
    services.onChange(({ object }) => enqueueBehind(keyOf(object)));
    slices.onChange(({ object: { metadata } }) =>
      enqueueBehind(`${metadata.namespace}/${metadata.labels?.[SERVICE_NAME] ?? ''}`),
    );
    return async (key) => {
      const api = apis.byKey(key);
      if (!api?.spec.service) return;
      const verdict = judge(api, services, slices);
      const [current] = api.status?.conditions ?? [];
      if (
        current?.status === verdict.status &&
        current.reason === verdict.reason &&
        current.message === verdict.message
      )
        return;
      const changed = timestamp(context.clock.now());
      const lastTransitionTime = current?.status === verdict.status ? current.lastTransitionTime : changed;
      const status = { conditions: [{ type: 'Available', lastTransitionTime, ...verdict }] };
      await client.update(API_SERVICES, { ...api, status }, { subresource: 'status' });
    };
  },
};

/** The first that is amiss, in the words of Kubernetes. */
function judge(api: KubeObject, services: Informer, slices: Informer): Verdict {
  const { name, namespace, port = 443 } = api.spec.service;
  const no = (reason: string, message: string): Verdict => ({ status: 'False', reason, message });
  const service = services.get(name, namespace);
  if (!service) return no('ServiceNotFound', `service/${name} in "${namespace}" is not present`);
  if (service.spec.type === 'ClusterIP') {
    const found = (service.spec.ports ?? []).find((each: { port: number }) => each.port === port);
    if (!found) return no('ServicePortError', `service/${name} in "${namespace}" is not listening on port ${port}`);
    const behind = slices.byIndex('service', keyOf(service));
    if (behind.length === 0)
      return no('EndpointsNotFound', `cannot find endpointslices for service/${name} in "${namespace}"`);
    const portName: string = found.name ?? '';
    if (!behind.some((slice) => hasReady(slice, portName))) {
      const why = `have no addresses with port name "${portName}"`;
      return no('MissingEndpoints', `endpoints for service/${name} in "${namespace}" ${why}`);
    }
  }
  return { status: 'True', reason: 'Passed', message: 'all checks passed' };
}

const hasReady = ({ endpoints, ports }: KubeObject, portName: string): boolean =>
  (ports ?? []).some((port: { name?: string }) => (port.name ?? '') === portName) &&
  (endpoints ?? []).some(({ conditions }: KubeObject) => conditions?.ready !== false);
