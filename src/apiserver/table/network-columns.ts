/** The tables of services and what leads to them. */
import type { KubeObject } from '../../api/object.ts';
import { ageOf, labelText, listText, orNone, selectorText } from './cells.ts';
import { type Columns, defineColumns } from './table.ts';

export const networkColumns: Record<string, Columns> = {
  services: defineColumns('Name  Type  Cluster-IP  External-IP  Port(s)  Age +Selector', (object, now) => [
    object.metadata.name,
    object['spec'].type,
    orNone(object['spec'].clusterIPs?.[0]),
    externalIp(object),
    portText(object['spec'].ports ?? []),
    ageOf(object, now),
    labelText(object['spec'].selector),
  ]),
  endpoints: defineColumns('Name  Endpoints  Age', (object, now) => [
    object.metadata.name,
    listText(endpointTexts(object['subsets'] ?? []), 3, object['subsets']?.length ? '' : '<none>'),
    ageOf(object, now),
  ]),
  'endpointslices.discovery.k8s.io': defineColumns('Name  AddressType  Ports  Endpoints  Age', (object, now) => [
    object.metadata.name,
    object['addressType'],
    listText(
      (object['ports'] ?? []).map(({ port, name }: Port) => String(port ?? name ?? '*')),
      3,
      '<unset>',
    ),
    listText(
      (object['endpoints'] ?? []).flatMap((e: { addresses?: string[] }) => e.addresses ?? []),
      3,
      '<unset>',
    ),
    ageOf(object, now),
  ]),
  'ingresses.networking.k8s.io': defineColumns('Name  Class  Hosts  Address  Ports  Age', (object, now) => [
    object.metadata.name,
    object['spec']?.ingressClassName ?? '<none>',
    hostText(object['spec']?.rules ?? []),
    loadBalancerText(object),
    object['spec']?.tls?.length ? '80, 443' : '80',
    ageOf(object, now),
  ]),
  'ingressclasses.networking.k8s.io': defineColumns('Name  Controller  Parameters  Age', (object, now) => [
    object.metadata.name,
    object['spec']?.controller ?? '',
    parametersText(object['spec']?.parameters),
    ageOf(object, now),
  ]),
  'networkpolicies.networking.k8s.io': defineColumns('Name  Pod-Selector  Age', (object, now) => [
    object.metadata.name,
    selectorText(object['spec']?.podSelector ?? {}),
    ageOf(object, now),
  ]),
  'servicecidrs.networking.k8s.io': defineColumns('Name  CIDRs  Age', (object, now) => [
    object.metadata.name,
    (object['spec']?.cidrs ?? []).join(','),
    ageOf(object, now),
  ]),
  'ipaddresses.networking.k8s.io': defineColumns('Name  ParentRef', (object) => [
    object.metadata.name,
    parentText(object['spec']?.parentRef),
  ]),
};

interface Port {
  name?: string;
  port?: number;
  protocol?: string;
  nodePort?: number;
}

function portText(ports: Port[]): string {
  const texts = ports.map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`);
  return orNone(texts.join(','));
}

function externalIp(service: KubeObject): string {
  const { type, externalIPs = [], externalName } = service['spec'];
  if (type === 'ExternalName') return externalName;
  if (type !== 'LoadBalancer') return orNone(externalIPs.join(','));
  return [loadBalancerText(service), ...externalIPs].filter((text) => text !== '').join(',') || '<pending>';
}

function loadBalancerText({ status }: KubeObject): string {
  const ingress: { ip?: string; hostname?: string }[] = status?.loadBalancer?.ingress ?? [];
  const addresses = ingress.map(({ ip, hostname }) => ip || hostname || '').filter((address) => address !== '');
  return [...new Set(addresses)].sort().join(',');
}

interface Subset {
  addresses?: { ip: string }[];
  ports?: { port: number }[];
}

const endpointTexts = (subsets: Subset[]): string[] =>
  subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) =>
          addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
        ),
  );

const MOST_HOSTS = 3;

/** As Kubernetes counts: rules without a host take a place among the first three but are not shown. */
function hostText(rules: { host?: string }[]): string {
  const hosts: string[] = [];
  let more = false;
  for (const { host } of rules) {
    if (hosts.length === MOST_HOSTS) more = true;
    if (!more && host) hosts.push(host);
  }
  if (hosts.length === 0) return '*';
  return more ? `${hosts.join(',')} + ${rules.length - MOST_HOSTS} more...` : hosts.join(',');
}

interface Parameters {
  apiGroup?: string;
  kind: string;
  name: string;
}

const parametersText = (parameters: Parameters | undefined): string =>
  parameters === undefined
    ? '<none>'
    : `${parameters.kind}${parameters.apiGroup === undefined ? '' : `.${parameters.apiGroup}`}/${parameters.name}`;

interface ParentReference {
  group?: string;
  resource: string;
  namespace?: string;
  name: string;
}

function parentText(parent: ParentReference | undefined): string {
  if (parent === undefined) return '<none>';
  const resource = parent.group ? `${parent.resource}.${parent.group}` : parent.resource;
  return [resource.toLowerCase(), ...(parent.namespace ? [parent.namespace] : []), parent.name].join('/');
}
