/** Which pods stand behind a service: EndpointSlices, and the older Endpoints beside them. */
import { equalJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import { isReady, isTerminal } from '../api/pods.ts';
import { fromLabels, matchesLabels } from '../api/selectors.ts';
import { ignoreNotFound, isAlreadyExists } from '../api/status.ts';
import { type Informer, keyOf } from '../client/informer.ts';
import { ENDPOINT_SLICES, ENDPOINTS, NODES, PODS, SERVICES } from '../client/resources.ts';
import type { ControllerContext, ControllerDefinition } from './controller.ts';
import { createTriggerTimes, TRIGGER_TIME, type TriggerTimes } from './trigger-times.ts';

/** As many endpoints fit in one slice, or in all of Endpoints. */
const SLICE_SIZE = 100;
const ENDPOINTS_SIZE = 1000;
export const SERVICE_NAME = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';
const ZONE = 'topology.kubernetes.io/zone';

interface Port {
  name?: string;
  port: number;
  protocol: string;
  appProtocol?: string;
}

interface Member {
  pod: KubeObject;
  ports: Port[];
}

export const endpointSliceController: ControllerDefinition = {
  name: 'endpointslice-controller',
  component: 'endpoint-slice-controller',
  setUp(context) {
    const services = context.informer(SERVICES);
    const slices = context.informer(ENDPOINT_SLICES);
    const times = createTriggerTimes();
    indexByService(slices);
    enqueueByPods(context);
    slices.onChange(({ type, object }) => {
      const name = object.metadata.labels?.[SERVICE_NAME];
      if (type === 'deleted' && name) context.enqueue(`${object.metadata.namespace}/${name}`);
    });
    return async (key) => {
      const service = services.byKey(key);
      if (!service) times.forget(key);
      if (service?.spec.selector && service.spec.type !== 'ExternalName') await syncSlices(context, service, times);
    };
  },
};

export const endpointsController: ControllerDefinition = {
  name: 'endpoints-controller',
  component: 'endpoint-controller',
  setUp(context) {
    const services = context.informer(SERVICES);
    const times = createTriggerTimes();
    enqueueByPods(context);
    return async (key) => {
      const service = services.byKey(key);
      if (!service) {
        times.forget(key);
        await deleteEndpoints(context, key);
      } else if (service.spec.selector && service.spec.type !== 'ExternalName')
        await syncEndpoints(context, service, times);
    };
  },
};

export const indexByService = (slices: Informer): void =>
  slices.addIndex('service', ({ metadata }) => [`${metadata.namespace}/${metadata.labels?.[SERVICE_NAME] ?? ''}`]);

/** A service is looked at when it changes, or when a pod it selects or selected does. */
function enqueueByPods(context: ControllerContext): void {
  const services = context.informer(SERVICES);
  services.onChange(({ object }) => context.enqueue(keyOf(object)));
  context.informer(PODS).onChange(({ type, object, previous }) => {
    if (type === 'modified' && previous && isSameForServices(previous, object)) return;
    for (const service of services.list(object.metadata.namespace))
      if (selects(service, object) || (previous && selects(service, previous))) context.enqueue(keyOf(service));
  });
}

const isSameForServices = (a: KubeObject, b: KubeObject): boolean =>
  a.status?.podIP === b.status?.podIP &&
  a.status?.phase === b.status?.phase &&
  a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
  isReady(a) === isReady(b) &&
  a.spec.nodeName === b.spec.nodeName &&
  equalJson(a.metadata.labels, b.metadata.labels);

const selects = ({ spec }: KubeObject, pod: KubeObject): boolean =>
  Boolean(spec.selector) && matchesLabels(fromLabels(spec.selector), pod.metadata.labels);

function membersOf(context: ControllerContext, service: KubeObject): Member[] {
  return context
    .informer(PODS)
    .list(service.metadata.namespace)
    .filter((pod) => pod.status?.podIP && !isTerminal(pod) && selects(service, pod))
    .sort((a, b) => (a.status.podIP < b.status.podIP ? -1 : 1))
    .map((pod) => ({ pod, ports: portsFor(service, pod) }));
}

/** The service's ports as the pod has them; a named target that the pod lacks is left out. */
function portsFor({ spec }: KubeObject, pod: KubeObject): Port[] {
  return (spec.ports ?? []).flatMap((entry: KubeObject) => {
    const port = targetPort(entry, pod);
    const { protocol = 'TCP', name, appProtocol } = entry as Record<string, string>;
    return port === undefined ? [] : [{ name: name ?? '', port, protocol, ...(appProtocol && { appProtocol }) }];
  });
}

function targetPort({ targetPort: target, port, protocol = 'TCP' }: KubeObject, pod: KubeObject): number | undefined {
  if (target === undefined || target === 0) return port;
  if (typeof target === 'number') return target;
  for (const container of pod.spec.containers ?? [])
    for (const named of container.ports ?? [])
      if (named.name === target && (named.protocol ?? 'TCP') === protocol) return named.containerPort;
  return undefined;
}

async function syncSlices(context: ControllerContext, service: KubeObject, times: TriggerTimes): Promise<void> {
  const members = membersOf(context, service);
  const annotations = times.annotation(service, podsOf(members));
  const wanted = slicesFor(context, service, members).map((slice) => ({
    ...slice,
    metadata: { ...slice.metadata, annotations },
  }));
  await replaceSlices(context, keyOf(service), MANAGER, wanted);
}

const podsOf = (members: Member[]): KubeObject[] => members.map(({ pod }) => pod);

/** Makes those of a service's slices that `manager` keeps into the wanted ones, with as few writes as need be. */
export async function replaceSlices(
  context: ControllerContext,
  key: string,
  manager: string,
  wanted: KubeObject[],
): Promise<void> {
  const existing = context
    .informer(ENDPOINT_SLICES)
    .byIndex('service', key)
    .filter(({ metadata }) => metadata.labels?.[MANAGED_BY] === manager && !metadata.deletionTimestamp)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const slice of wanted) {
    const found = existing.findIndex((each) => each['addressType'] === slice['addressType']);
    const at = found < 0 ? undefined : existing.splice(found, 1)[0];
    if (!at) await context.client.create(ENDPOINT_SLICES, slice);
    else if (!isSameSlice(at, slice))
      await context.client.update(ENDPOINT_SLICES, {
        ...at,
        ...slice,
        metadata: { ...at.metadata, labels: slice.metadata.labels, annotations: slice.metadata.annotations },
      });
  }
  for (const { metadata } of existing)
    await context.client.delete(ENDPOINT_SLICES, metadata.name, metadata.namespace).catch(ignoreNotFound);
}

const isSameSlice = (a: KubeObject, b: KubeObject): boolean =>
  equalJson(a.endpoints ?? [], b.endpoints) &&
  equalJson(a.ports ?? [], b.ports) &&
  equalJson(a.metadata.labels, b.metadata.labels);

/** Pods with the same ports share slices; a service without pods has one empty slice. */
function slicesFor(context: ControllerContext, service: KubeObject, all: Member[]): KubeObject[] {
  const groups = new Map<string, Member[]>();
  for (const member of all) {
    const key = JSON.stringify(member.ports);
    groups.set(key, [...(groups.get(key) ?? []), member]);
  }
  const slices: KubeObject[] = [];
  for (const members of groups.values())
    for (let at = 0; at < members.length; at += SLICE_SIZE) {
      const part = members.slice(at, at + SLICE_SIZE);
      slices.push(
        sliceOf(
          service,
          part[0]!.ports,
          part.map((member) => endpointOf(context, service, member)),
        ),
      );
    }
  return slices.length > 0 ? slices : [sliceOf(service, [], [])];
}

function sliceOf(service: KubeObject, ports: Port[], endpoints: unknown[]): KubeObject {
  const { name, namespace, uid, labels } = service.metadata;
  const headless = service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {};
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { ...labels, ...headless, [MANAGED_BY]: MANAGER, [SERVICE_NAME]: name },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Service', name, uid: uid!, controller: true, blockOwnerDeletion: true },
      ],
    } as unknown as KubeObject['metadata'],
    addressType: 'IPv4',
    endpoints,
    ports: [...ports].sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1)),
  };
}

function endpointOf(context: ControllerContext, service: KubeObject, { pod }: Member) {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isReady(pod);
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const zone = context.informer(NODES).get(pod.spec.nodeName ?? '')?.metadata.labels?.[ZONE];
  const { hostname, subdomain, nodeName } = pod.spec;
  return {
    addresses: [pod.status.podIP],
    conditions: { ready, serving, terminating },
    ...(hostname && subdomain === service.metadata.name && { hostname }),
    ...(nodeName && { nodeName }),
    targetRef: targetOf(pod),
    ...(zone && { zone }),
  };
}

const targetOf = ({ metadata }: KubeObject) => ({
  kind: 'Pod',
  name: metadata.name,
  namespace: metadata.namespace,
  uid: metadata.uid,
});

async function syncEndpoints(context: ControllerContext, service: KubeObject, times: TriggerTimes): Promise<void> {
  const { name, namespace, labels = {} } = service.metadata;
  const members = membersOf(context, service);
  const trigger = times.annotation(service, podsOf(members));
  const subsets = subsetsFor(service, members);
  const headless: Record<string, string> =
    service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {};
  const wanted: Record<string, string> = {
    ...labels,
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    ...headless,
  };
  const current = context.informer(ENDPOINTS).get(name, namespace);
  if (current && equalJson(current.subsets ?? [], subsets) && equalJson(current.metadata.labels ?? {}, wanted)) return;
  const body = { ...(subsets.length > 0 && { subsets }) };
  if (current) {
    const { subsets: _, ...rest } = current;
    const { [TRIGGER_TIME]: __, ...others } = current.metadata.annotations ?? {};
    const metadata = { ...current.metadata, labels: wanted, annotations: { ...others, ...trigger } };
    await context.client.update(ENDPOINTS, { ...rest, metadata, ...body });
  } else
    await context.client
      .create(ENDPOINTS, {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name, namespace, labels: wanted, annotations: trigger },
        ...body,
      })
      .catch((error) => {
        if (!isAlreadyExists(error)) throw error;
      });
}

function subsetsFor(service: KubeObject, members: Member[]): KubeObject[] {
  const subsets = new Map<string, { addresses: unknown[]; notReadyAddresses: unknown[]; ports: Port[] }>();
  for (const { pod, ports } of members.slice(0, ENDPOINTS_SIZE)) {
    if (pod.metadata.deletionTimestamp) continue;
    const key = JSON.stringify(ports);
    const subset = subsets.get(key) ?? { addresses: [], notReadyAddresses: [], ports };
    subsets.set(key, subset);
    const { hostname, subdomain, nodeName } = pod.spec;
    const address = {
      ip: pod.status.podIP,
      ...(hostname && subdomain === service.metadata.name && { hostname }),
      ...(nodeName && { nodeName }),
      targetRef: targetOf(pod),
    };
    const ready = isReady(pod) || service.spec.publishNotReadyAddresses;
    subset[ready ? 'addresses' : 'notReadyAddresses'].push(address);
  }
  return [...subsets.values()].map(({ addresses, notReadyAddresses, ports }) => ({
    ...(addresses.length > 0 && { addresses }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
    ...(ports.length > 0 && { ports: ports.map(({ name, ...port }) => ({ ...(name && { name }), ...port })) }),
  })) as unknown as KubeObject[];
}

async function deleteEndpoints({ client, informer }: ControllerContext, key: string): Promise<void> {
  const endpoints = informer(ENDPOINTS).byKey(key);
  const managed = endpoints?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller';
  if (endpoints && managed)
    await client.delete(ENDPOINTS, endpoints.metadata.name, endpoints.metadata.namespace).catch(ignoreNotFound);
}
