/** Validation of services and of the endpoints behind them. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isCidr, isIp, isIpv4 } from './ip.ts';
import { isDns1123Label, isDns1123Subdomain, isPortNumber, isQualifiedName } from './names.ts';
import { validatePortRef } from './validate-container.ts';
import { validateLabels } from './validate-meta.ts';

export const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
export const NO_CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
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
  validateAffinity(spec, at.at('sessionAffinityConfig'));
  if (spec.type !== 'ExternalName') validateAddresses(spec, at);
  at.at('externalIPs').items(spec.externalIPs as string[], (ip, own) => {
    if (!isIp(ip)) own.invalid(ip, NO_IP);
    else validateNonSpecialIp(ip, own);
  });
  if (!spec.type) at.at('type').required();
  else if (!SERVICE_TYPES.includes(spec.type)) at.at('type').notSupported(spec.type, SERVICE_TYPES);
  checkPortsTogether(spec, at.at('ports'));
  validateTraffic(spec, at);
}

const NO_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

function validateAffinity({ sessionAffinity, sessionAffinityConfig: config }: Loose, at: Findings): void {
  const seconds = config?.clientIP?.timeoutSeconds;
  if (sessionAffinity === 'ClientIP' && seconds !== undefined && (seconds <= 0 || seconds > 86400))
    at.at('clientIP', 'timeoutSeconds').invalid(seconds, 'must be greater than 0 and less than 86400');
}

const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

/** The address and the addresses say the same, each of another family. */
function validateAddresses({ clusterIP, clusterIPs = [], ipFamilies = [], ipFamilyPolicy }: Loose, at: Findings): void {
  const own = at.at('clusterIPs');
  if (clusterIP) {
    if (clusterIPs.length > 0 && clusterIPs[0] !== clusterIP)
      own.invalid(clusterIPs, 'first value must match `clusterIP`');
  } else if (clusterIPs.length > 0) own.invalid(clusterIPs, 'must be empty when `clusterIP` is not specified');
  at.at('ipFamilies').items(ipFamilies as string[], (family, place) => {
    if (!FAMILIES.includes(family)) place.notSupported(family, FAMILIES);
    if (ipFamilies.indexOf(family) !== ipFamilies.lastIndexOf(family) && place.path.endsWith('[1]'))
      place.duplicate(family);
  });
  if (ipFamilyPolicy !== undefined && !FAMILY_POLICIES.includes(ipFamilyPolicy))
    at.at('ipFamilyPolicy').notSupported(ipFamilyPolicy, FAMILY_POLICIES);
  if (clusterIPs[0] === 'None') {
    if (clusterIPs.length > 1) own.invalid(clusterIPs, "'None' must be the first and only value");
    return;
  }
  own.items(clusterIPs as string[], (ip, place) => {
    if (!isIp(ip)) place.invalid(ip, NO_IP);
  });
  if (clusterIPs.length > 2) own.invalid(clusterIPs, 'may only hold up to 2 values');
  if (!clusterIPs.every(isIp)) return;
  if (clusterIPs.length > 1 && clusterIPs.every(isIpv4) === clusterIPs.some(isIpv4))
    own.invalid(clusterIPs, 'may specify no more than one IP for each IP family');
  own.items(clusterIPs as string[], (ip, place) => {
    const family = ipFamilies[clusterIPs.indexOf(ip)];
    if (FAMILIES.includes(family) && (family === 'IPv4') !== isIpv4(ip))
      place.invalid(ip, `expected an ${family} value as indicated by \`ipFamilies[${clusterIPs.indexOf(ip)}]\``);
  });
}

/** Addresses that mean the one who asks, or the nodes around. */
const SPECIAL: [address: RegExp, text: (ip: string) => string][] = [
  [/^(0\.0\.0\.0|::)$/, (ip) => `may not be unspecified (${ip})`],
  [/^(127\.|::1$)/, () => 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  [/^(169\.254\.|fe[89ab][0-9a-f]:)/i, () => 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  [/^(224\.0\.0\.|ff02:)/i, () => 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
];

export function validateNonSpecialIp(ip: string, at: Findings): void {
  for (const [address, text] of SPECIAL) if (address.test(ip)) at.invalid(ip, text(ip));
}

function validateExternalName(spec: Loose, at: Findings): void {
  if (spec['clusterIPs']?.length > 0) at.at('clusterIPs').forbidden('may not be set for ExternalName services');
  for (const field of ['ipFamilies', 'ipFamilyPolicy'])
    if (spec[field]?.length > 0) at.at(field).forbidden('may not be set for ExternalName services');
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

const DISTRIBUTIONS = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];

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
  const { trafficDistribution: near } = spec;
  if (near !== undefined && !DISTRIBUTIONS.includes(near))
    at.at('trafficDistribution').notSupported(near, DISTRIBUTIONS);
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

export function validateEndpoints({ subsets }: Loose, at: Findings): void {
  at.at('subsets').items(subsets as Loose[], ({ addresses = [], notReadyAddresses = [], ports = [] }, own) => {
    if (addresses.length + notReadyAddresses.length === 0)
      own.required('must specify `addresses` or `notReadyAddresses`');
    for (const [field, list] of Object.entries({ addresses, notReadyAddresses }))
      own.at(field).items(list as Loose[], validateEndpointAddress);
    own.at('ports').items(ports as Loose[], ({ name, port, protocol, appProtocol }, place) => {
      if (!name && ports.length > 1) place.at('name').required();
      else if (name) place.at('name').each(name, isDns1123Label(name));
      place.at('port').each(port, isPortNumber(port));
      if (!protocol) place.at('protocol').required();
      else if (!PROTOCOLS.includes(protocol)) place.at('protocol').notSupported(protocol, PROTOCOLS);
      if (appProtocol !== undefined) place.at('appProtocol').each(appProtocol, isQualifiedName(appProtocol));
    });
  });
}

function validateEndpointAddress({ ip = '', hostname, nodeName }: Loose, at: Findings): void {
  if (!isIp(ip)) at.at('ip').invalid(ip, NO_IP);
  if (hostname) at.at('hostname').each(hostname, isDns1123Label(hostname));
  if (nodeName !== undefined) at.at('nodeName').each(nodeName, isDns1123Subdomain(nodeName));
  if (isIp(ip)) validateNonSpecialIp(ip, at.at('ip'));
  else at.at('ip').invalid(ip, 'must be a valid IP address');
}
