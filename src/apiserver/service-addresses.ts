/** The addresses and node ports of services: given out of one range each, never twice. */
import { randomInt } from 'node:crypto';
import { invalidField } from '../api/field-error.ts';
import { equalJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import type { Call, Draft } from './call.ts';

const NETWORK = '10.96';
/** Of which the first address is the API server's own service. */
export const SERVICE_RANGE = `${NETWORK}.0.0/16`;
const FIRST_PORT = 30_000;
const LAST_PORT = 32_767;

interface ServicePort {
  port: number;
  protocol?: string;
  nodePort?: number;
}

export function allocateAddresses(service: Draft, call: Call, current?: KubeObject): void {
  const { spec } = service;
  const others = otherServices(service, call);
  if (current !== undefined) keepAllocated(spec, current['spec']);
  if (spec.type === 'ExternalName') releaseAddresses(spec);
  else allocateClusterIp(service, others, current);
  if (usesNodePorts(spec)) allocateNodePorts(service, others);
  else dropNodePorts(spec, current);
}

function otherServices({ metadata }: Draft, { api, type }: Call): KubeObject[] {
  const isSelf = (other: KubeObject) =>
    other.metadata.name === metadata.name && other.metadata.namespace === metadata.namespace;
  return api.objects.all(type).filter((other) => !isSelf(other));
}

// biome-ignore lint/suspicious/noExplicitAny: a service's spec is checked by the scheme.
type Spec = any;

/** A client that sends what it once applied means to keep what was given out to it. */
function keepAllocated(spec: Spec, before: Spec): void {
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return;
  if (!spec.clusterIP && !spec.clusterIPs?.length) {
    spec.clusterIP = before.clusterIP;
    spec.clusterIPs = before.clusterIPs;
  }
  spec.ipFamilies ??= before.ipFamilies;
  spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
  if (!usesNodePorts(spec) || !usesNodePorts(before)) return;
  const taken = new Set((spec.ports ?? []).map(({ nodePort }: ServicePort) => nodePort));
  for (const port of (spec.ports ?? []) as ServicePort[]) {
    if (port.nodePort) continue;
    const same = (before.ports as ServicePort[]).find(
      (old) => old.port === port.port && old.protocol === port.protocol,
    );
    if (same?.nodePort && !taken.has(same.nodePort)) port.nodePort = same.nodePort;
  }
  if (spec.healthCheckNodePort === undefined && needsHealthCheck(spec))
    spec.healthCheckNodePort = before.healthCheckNodePort;
}

function releaseAddresses(spec: Spec): void {
  for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) delete spec[field];
}

function allocateClusterIp(service: Draft, others: KubeObject[], current: KubeObject | undefined): void {
  const { spec } = service;
  const asked = spec.clusterIP || spec.clusterIPs?.[0] || '';
  if (asked === 'None') spec.clusterIP = 'None';
  else if (asked === '') spec.clusterIP = freeAddress(others);
  else {
    if (asked !== current?.['spec'].clusterIP) checkAddress(service, asked, others);
    spec.clusterIP = asked;
  }
  spec.clusterIPs = [spec.clusterIP];
  spec.ipFamilies ??= ['IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
}

const addressesOf = (services: KubeObject[]): Set<string> =>
  new Set(services.map(({ spec }) => spec.clusterIP as string));

function freeAddress(others: KubeObject[]): string {
  const used = addressesOf(others);
  used.add(`${NETWORK}.0.1`).add(`${NETWORK}.0.10`);
  for (;;) {
    // Never .0 nor .255: the ends of the range are no addresses of hosts.
    const address = `${NETWORK}.${randomInt(256)}.${randomInt(1, 255)}`;
    if (!used.has(address)) return address;
  }
}

function checkAddress(service: Draft, address: string, others: KubeObject[]): void {
  const refuseAddress = (why: string) =>
    refuse(service, 'spec.clusterIPs', [address], `failed to allocate IP ${address}: ${why}`);
  if (!address.startsWith(`${NETWORK}.`) || !isAddress(address))
    refuseAddress(`the provided IP (${address}) is not in the valid range. The range of valid IPs is ${SERVICE_RANGE}`);
  if (addressesOf(others).has(address)) refuseAddress('provided IP is already allocated');
}

const isAddress = (text: string): boolean => {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
};

const usesNodePorts = ({ type, allocateLoadBalancerNodePorts }: Spec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);

const needsHealthCheck = ({ type, externalTrafficPolicy }: Spec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

function allocateNodePorts(service: Draft, others: KubeObject[]): void {
  const { spec } = service;
  const used = new Set(others.flatMap(nodePortsOf));
  for (const [i, port] of ((spec.ports ?? []) as ServicePort[]).entries())
    if (port.nodePort) checkNodePort(service, `spec.ports[${i}].nodePort`, port.nodePort, used);
  for (const port of (spec.ports ?? []) as ServicePort[]) {
    port.nodePort ||= freePort(used);
    used.add(port.nodePort);
  }
  if (needsHealthCheck(spec)) spec.healthCheckNodePort ||= freePort(used);
  else delete spec.healthCheckNodePort;
}

const nodePortsOf = ({ spec }: KubeObject): number[] => [
  ...((spec.ports ?? []) as ServicePort[]).map(({ nodePort }) => nodePort ?? 0),
  ...(spec.healthCheckNodePort ? [spec.healthCheckNodePort] : []),
];

function checkNodePort(service: Draft, field: string, port: number, used: Set<number>): void {
  if (port < FIRST_PORT || port > LAST_PORT)
    refuse(
      service,
      field,
      port,
      `provided port is not in the valid range. The range of valid ports is ${FIRST_PORT}-${LAST_PORT}`,
    );
  if (used.has(port)) refuse(service, field, port, 'provided port is already allocated');
}

function freePort(used: Set<number>): number {
  if (used.size > LAST_PORT - FIRST_PORT) throw new Error('range is full');
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (!used.has(port)) return port;
  }
}

/** As Kubernetes: node ports left over from another type go, unless the client changed them itself. */
function dropNodePorts(spec: Spec, current: KubeObject | undefined): void {
  if (current === undefined || spec.type === 'LoadBalancer' || !usesNodePorts(current['spec'])) return;
  const before = new Set(nodePortsOf(current));
  for (const port of (spec.ports ?? []) as ServicePort[])
    if (port.nodePort !== undefined && before.has(port.nodePort)) delete port.nodePort;
  for (const field of [
    'healthCheckNodePort',
    'externalTrafficPolicy',
    'allocateLoadBalancerNodePorts',
    'loadBalancerClass',
  ])
    if (equalJson(spec[field], current['spec'][field])) delete spec[field];
}

function refuse({ metadata }: Draft, field: string, value: unknown, why: string): never {
  const service = { group: '', version: 'v1', kind: 'Service' };
  throw invalidField(service, metadata.name, field, (at) => at.invalid(value, why));
}
