/** Endpoints made by hand, for services without a selector, are mirrored into EndpointSlices. */
import { isIPv6 } from 'node:net';
import type { KubeObject } from '../api/object.ts';
import { keyOf } from '../client/informer.ts';
import { ENDPOINT_SLICES, ENDPOINTS, SERVICES } from '../client/resources.ts';
import type { ControllerDefinition } from './controller.ts';
import { indexByService, MANAGED_BY, replaceSlices, SERVICE_NAME } from './endpoint-slice.ts';
import { ownerReference } from './ownership.ts';

const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const NOT_COPIED = new Set([
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
]);
/** As many addresses of one subset are mirrored. */
const MOST = 1000;

export const endpointSliceMirroringController: ControllerDefinition = {
  name: 'endpointslice-mirroring-controller',
  component: 'endpoint-slice-mirroring-controller',
  setUp(context) {
    const endpoints = context.informer(ENDPOINTS);
    const services = context.informer(SERVICES);
    const slices = context.informer(ENDPOINT_SLICES);
    indexByService(slices);
    for (const informer of [endpoints, services]) informer.onChange(({ object }) => context.enqueue(keyOf(object)));
    slices.onChange(({ type, object }) => {
      const { labels, namespace } = object.metadata;
      if (type === 'deleted' && labels?.[MANAGED_BY] === MANAGER)
        context.enqueue(`${namespace}/${labels[SERVICE_NAME]}`);
    });
    return async (key) => {
      const object = endpoints.byKey(key);
      const service = services.byKey(key);
      const wanted = object && isMirrored(object) && service && !service.spec.selector;
      await replaceSlices(context, key, MANAGER, wanted ? slicesFor(object) : []);
    };
  },
};

const isMirrored = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp === undefined &&
  metadata.labels?.[SKIP] !== 'true' &&
  metadata.annotations?.[LEADER] === undefined;

/** One slice for each kind of address and set of ports. */
function slicesFor(object: KubeObject): KubeObject[] {
  const slices = new Map<string, KubeObject>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of object['subsets'] ?? []) {
    const all = [
      ...addresses.map((address: KubeObject) => ({ address, ready: true })),
      ...notReadyAddresses.map((address: KubeObject) => ({ address, ready: false })),
    ];
    for (const { address, ready } of all.slice(0, MOST)) {
      const type = isIPv6(String(address.ip)) ? 'IPv6' : 'IPv4';
      const key = type + JSON.stringify(ports);
      const slice = slices.get(key) ?? sliceOf(object, type, ports);
      slices.set(key, slice);
      slice['endpoints'].push(endpointOf(address, ready));
    }
  }
  return [...slices.values()];
}

function endpointOf({ ip, hostname, nodeName, targetRef }: KubeObject, ready: boolean) {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    ...(targetRef && { targetRef }),
  };
}

function sliceOf(object: KubeObject, addressType: string, ports: KubeObject[]): KubeObject {
  const { name, namespace, labels, annotations = {} } = object.metadata;
  const copied = Object.entries(annotations).filter(([key]) => !NOT_COPIED.has(key));
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER },
      ...(copied.length > 0 && { annotations: Object.fromEntries(copied) }),
      ownerReferences: [ownerReference(object)],
    } as unknown as KubeObject['metadata'],
    addressType,
    endpoints: [],
    ports: ports.map(({ name: portName = '', ...port }) => ({ name: portName, ...port })),
  };
}
