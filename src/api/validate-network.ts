/** Validation of services, ingresses and network policies. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isCidr, isInside, isIp } from './ip.ts';
import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isPortName,
  isPortNumber,
  isQualifiedName,
  isWildcardDns1123Subdomain,
} from './names.ts';
import { validatePortRef } from './validate-container.ts';
import { validateLabelSelector, validateLabels } from './validate-meta.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const SERVICE_TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

export function validateService({ spec }: Loose, at: Findings): void {
  const headless = spec.clusterIP === 'None';
  if (!(spec.ports?.length > 0) && !headless && spec.type !== 'ExternalName') at.at('ports').required();
  for (const type of ['LoadBalancer', 'NodePort'])
    if (spec.type === type && headless)
      at.at('clusterIPs', 0).invalid(spec.clusterIP, `may not be set to 'None' for ${type} services`);
  if (spec.type === 'ExternalName') validateExternalName(spec, at);
  validateServicePorts(spec.ports, at.at('ports'));
  validateLabels(spec.selector, at.at('selector'));
  if (!spec.sessionAffinity) at.at('sessionAffinity').required();
  else if (!['ClientIP', 'None'].includes(spec.sessionAffinity))
    at.at('sessionAffinity').notSupported(spec.sessionAffinity, ['ClientIP', 'None']);
  validateTimeout(spec, at.at('sessionAffinityConfig', 'clientIP', 'timeoutSeconds'));
  at.at('externalIPs').items(spec.externalIPs as string[], (ip, own) => {
    if (!isIp(ip)) own.invalid(ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)');
  });
  if (!spec.type) at.at('type').required();
  else if (!SERVICE_TYPES.includes(spec.type)) at.at('type').notSupported(spec.type, SERVICE_TYPES);
  checkPortsTogether(spec, at.at('ports'));
  validateTraffic(spec, at);
}

function validateTimeout({ sessionAffinity, sessionAffinityConfig }: Loose, at: Findings): void {
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (sessionAffinity === 'ClientIP' && seconds !== undefined && (seconds <= 0 || seconds > 86400))
    at.invalid(seconds, 'must be greater than 0 and less than 86400');
}

function validateExternalName(spec: Loose, at: Findings): void {
  if (spec['clusterIPs']?.length > 0) at.at('clusterIPs').forbidden('may not be set for ExternalName services');
  const name = (spec['externalName'] ?? '').replace(/\.$/, '');
  if (name === '') at.at('externalName').required();
  else at.at('externalName').each(name, isDns1123Subdomain(name));
}

function validateServicePorts(ports: Loose[] | undefined, at: Findings): void {
  const names = new Set<string>();
  at.items(ports, ({ name, port, protocol, targetPort, appProtocol }, own) => {
    if (!name) {
      if (ports!.length > 1) own.at('name').required();
    } else {
      own.at('name').each(name, isDns1123Label(name));
      if (names.has(name)) own.at('name').duplicate(name);
      names.add(name);
    }
    own.at('port').each(port, isPortNumber(port));
    if (!protocol) own.at('protocol').required();
    else if (!PROTOCOLS.includes(protocol)) own.at('protocol').notSupported(protocol, PROTOCOLS);
    validatePortRef(targetPort, own.at('targetPort'));
    if (appProtocol !== undefined) own.at('appProtocol').each(appProtocol, isQualifiedName(appProtocol));
  });
}

/** What no two ports may share. */
function checkPortsTogether({ type, ports }: Loose, at: Findings): void {
  if (type === 'ClusterIP')
    at.items(ports as Loose[], ({ nodePort }, own) => {
      if (nodePort) own.at('nodePort').forbidden("may not be used when `type` is 'ClusterIP'");
    });
  const nodePorts = new Set<string>();
  at.items(ports as Loose[], ({ protocol, nodePort }, own) => {
    if (!nodePort) return;
    if (nodePorts.has(`${protocol} ${nodePort}`)) own.at('nodePort').duplicate(nodePort);
    nodePorts.add(`${protocol} ${nodePort}`);
  });
  const seen = new Set<string>();
  at.items(ports as Loose[], ({ protocol, port }, own) => {
    // The value as Kubernetes' internal type prints it.
    if (seen.has(`${protocol} ${port}`))
      own.duplicate({ Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 });
    seen.add(`${protocol} ${port}`);
  });
}

function validateTraffic(spec: Loose, at: Findings): void {
  validateSourceRanges(spec, at.at('LoadBalancerSourceRanges')); // as Kubernetes spells it
  const { externalTrafficPolicy: external, internalTrafficPolicy: internal } = spec;
  const reachable = ['LoadBalancer', 'NodePort'].includes(spec['type']) || spec['externalIPs']?.length > 0;
  if (external && !reachable)
    at.at('externalTrafficPolicy').invalid(external, 'may only be set for externally-accessible services');
  else if (external && !['Cluster', 'Local'].includes(external))
    at.at('externalTrafficPolicy').notSupported(external, ['Cluster', 'Local']);
  if (internal && !['Cluster', 'Local'].includes(internal))
    at.at('internalTrafficPolicy').notSupported(internal, ['Cluster', 'Local']);
  const { healthCheckNodePort: health } = spec;
  if (health && !(spec['type'] === 'LoadBalancer' && external === 'Local'))
    at.at('healthCheckNodePort').invalid(
      health,
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    );
  if (spec['allocateLoadBalancerNodePorts'] !== undefined && spec['type'] !== 'LoadBalancer')
    at.at('allocateLoadBalancerNodePorts').forbidden("may only be used when `type` is 'LoadBalancer'");
  if (spec['loadBalancerClass'] !== undefined && spec['type'] !== 'LoadBalancer')
    at.at('loadBalancerClass').forbidden("may only be used when `type` is 'LoadBalancer'");
}

function validateSourceRanges({ type, loadBalancerSourceRanges: ranges }: Loose, at: Findings): void {
  if (ranges?.length > 0 && type !== 'LoadBalancer') at.forbidden("may only be used when `type` is 'LoadBalancer'");
  at.items(ranges as string[], (range, own) => {
    if (!isCidr(range.trim())) own.invalid(range.trim(), NO_CIDR);
  });
}

/** A cluster address once given stays, except on the way to and from ExternalName. */
export function validateServiceUpdate(object: Loose, old: Loose, at: Findings): void {
  const [spec, before] = [object['spec'], old['spec']];
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return;
  if (before.clusterIP && spec.clusterIP !== before.clusterIP)
    at.at('clusterIPs', 0).invalid([spec.clusterIP ?? ''], 'may not change once set');
  if (
    before.loadBalancerClass !== undefined &&
    spec.type === 'LoadBalancer' &&
    before.type === 'LoadBalancer' &&
    spec.loadBalancerClass !== before.loadBalancerClass
  )
    at.at('loadBalancerClass').invalid(spec.loadBalancerClass ?? null, 'may not change once set');
}

export function validateIngress({ spec = {} }: Loose, at: Findings): void {
  if (!(spec.rules?.length > 0) && !spec.defaultBackend)
    at.invalid(spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified');
  if (spec.defaultBackend) validateBackend(spec.defaultBackend, at.at('defaultBackend'));
  at.at('rules').items(spec.rules as Loose[], ({ host, http }, own) => {
    if (host) {
      if (isIp(host)) own.at('host').invalid(host, 'must be a DNS name, not an IP address');
      own.at('host').each(host, hostErrors(host));
    }
    if (http) validatePaths(http.paths, own.at('http', 'paths'));
  });
  at.at('tls').items(spec.tls as Loose[], ({ hosts, secretName }, own) => {
    own.at('hosts').items(hosts as string[], (host, place) => place.each(host, hostErrors(host)));
    if (secretName) own.at('secretName').each(secretName, isDns1123Subdomain(secretName));
  });
  if (spec.ingressClassName !== undefined)
    at.at('ingressClassName').each(spec.ingressClassName, isDns1123Subdomain(spec.ingressClassName));
}

const CLASS = 'kubernetes.io/ingress.class';

/** The class by annotation, as it was told before, and the class of the spec are one. */
export function validateNewIngress({ metadata, spec = {} }: Loose, at: Findings): void {
  const given = metadata.annotations?.[CLASS];
  if (given !== undefined && spec.ingressClassName !== undefined && given !== spec.ingressClassName)
    at.at('annotations', CLASS).invalid(given, 'must match `ingressClassName` when both are specified');
}

const hostErrors = (host: string): string[] =>
  host.includes('*') ? isWildcardDns1123Subdomain(host) : isDns1123Subdomain(host);

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

function validatePaths(paths: Loose[] | undefined, at: Findings): void {
  if (!(paths && paths.length > 0)) {
    at.required();
    return;
  }
  at.items(paths, ({ path, pathType, backend }, own) => {
    if (!pathType) {
      own.at('pathType').required('pathType must be specified');
      return;
    }
    if (pathType === 'Exact' || pathType === 'Prefix') {
      if (!path?.startsWith('/')) own.at('path').invalid(path ?? '', 'must be an absolute path');
      for (const part of ['//', '/./', '/../', '%2f', '%2F'])
        if (path?.includes(part)) own.at('path').invalid(path, `must not contain '${part}'`);
      for (const end of ['/..', '/.'])
        if (path?.endsWith(end)) own.at('path').invalid(path, `cannot end with '${end}'`);
    } else if (pathType === 'ImplementationSpecific') {
      if (path && !path.startsWith('/')) own.at('path').invalid(path, 'must be an absolute path');
    } else own.at('pathType').notSupported(pathType, PATH_TYPES);
    validateBackend(backend ?? {}, own.at('backend'));
  });
}

function validateBackend({ service, resource }: Loose, at: Findings): void {
  if (service && resource) at.invalid('', 'cannot set both resource and service backends');
  else if (resource) {
    for (const field of ['kind', 'name']) if (!resource[field]) at.at('resource', field).required();
  } else if (service) validateServiceBackend(service, at);
  else at.invalid('', 'resource or service backend is required');
}

function validateServiceBackend(service: Loose, at: Findings): void {
  const own = at.at('service');
  if (!service['name']) own.at('name').required();
  else own.at('name').each(service['name'], isDns1035Label(service['name']));
  const { name, number } = service['port'] ?? {};
  if (name && number) at.invalid('', 'cannot set both port name & port number');
  else if (name) own.at('port', 'name').each(name, isPortName(name));
  else if (number) own.at('port', 'number').each(number, isPortNumber(number));
  else at.required('port name or number is required');
}

export function validateNetworkPolicy({ spec = {} }: Loose, at: Findings): void {
  validateLabelSelector(spec.podSelector, at.at('podSelector'));
  for (const [list, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const)
    at.at(list).items(spec[list] as Loose[], (rule, own) => {
      own.at('ports').items(rule['ports'] as Loose[], validatePolicyPort);
      own.at(peers).items(rule[peers] as Loose[], validatePeer);
    });
  const types: string[] = spec.policyTypes ?? [];
  if (types.length > 2) {
    at.at('policyTypes').invalid(types, 'may not specify more than two policyTypes');
    return;
  }
  at.at('policyTypes').items(types, (type, own) => {
    if (!['Ingress', 'Egress'].includes(type)) own.notSupported(type, ['Egress', 'Ingress']);
  });
}

function validatePolicyPort({ protocol, port, endPort }: Loose, at: Findings): void {
  if (protocol && !PROTOCOLS.includes(protocol)) at.at('protocol').notSupported(protocol, PROTOCOLS);
  if (port !== undefined) validatePortRef(port, at.at('port'));
  if (endPort === undefined) return;
  if (port === undefined) at.at('endPort').required('may not be specified when `port` is not specified');
  else if (typeof port === 'string')
    at.at('endPort').invalid(endPort, 'may not be specified when `port` is non-numeric');
  else if (endPort < port) at.at('endPort').invalid(endPort, 'must be greater than or equal to `port`');
}

function validatePeer(peer: Loose, at: Findings): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  validateLabelSelector(podSelector, at.at('podSelector'));
  validateLabelSelector(namespaceSelector, at.at('namespaceSelector'));
  if (!podSelector && !namespaceSelector && !ipBlock) at.required('must specify a peer');
  else if (ipBlock && (podSelector || namespaceSelector)) at.forbidden('may not specify both ipBlock and another peer');
  if (!ipBlock) return;
  const own = at.at('ipBlock');
  if (!ipBlock.cidr) own.at('cidr').required();
  else if (!isCidr(ipBlock.cidr)) own.at('cidr').invalid(ipBlock.cidr, NO_CIDR);
  else
    own.at('except').items(ipBlock.except as string[], (except, place) => {
      if (!isCidr(except)) place.invalid(except, NO_CIDR);
      else if (!isInside(except, ipBlock.cidr)) place.invalid(except, 'must be a strict subset of `cidr`');
    });
}

const NO_CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
