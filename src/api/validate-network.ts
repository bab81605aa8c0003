/** Validation of ingresses, their classes and network policies. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isCidr, isInside, isIp } from './ip.ts';
import {
  isDns1035Label,
  isDns1123Subdomain,
  isPathSegmentName,
  isPortName,
  isPortNumber,
  isWildcardDns1123Subdomain,
  labelName,
} from './names.ts';
import { validatePortRef } from './validate-container.ts';
import { immutable, validateLabelSelector, validatePrefixedPath } from './validate-meta.ts';
import { NO_CIDR, PROTOCOLS } from './validate-service.ts';

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
  else if (resource) validateTypedReference(resource, at.at('resource'));
  else if (service) validateServiceBackend(service, at);
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
    if (!['Ingress', 'Egress'].includes(type)) own.notSupported(type, ['Ingress', 'Egress']);
  });
}

function validatePolicyPort({ protocol, port, endPort }: Loose, at: Findings): void {
  if (protocol && !PROTOCOLS.includes(protocol)) at.at('protocol').notSupported(protocol, ['TCP', 'UDP', 'SCTP']);
  if (port !== undefined) validatePortRef(port, at.at('port'));
  if (endPort === undefined) return;
  if (port === undefined) at.at('endPort').invalid(endPort, 'may not be specified when `port` is not specified');
  else if (typeof port === 'string')
    at.at('endPort').invalid(endPort, 'may not be specified when `port` is non-numeric');
  else {
    if (endPort < port) at.at('endPort').invalid(endPort, 'must be greater than or equal to `port`');
    at.at('endPort').each(endPort, isPortNumber(endPort));
  }
}

function validatePeer(peer: Loose, at: Findings): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  validateLabelSelector(podSelector, at.at('podSelector'));
  validateLabelSelector(namespaceSelector, at.at('namespaceSelector'));
  if (ipBlock) validateBlock(ipBlock, at.at('ipBlock'));
  if (!podSelector && !namespaceSelector && !ipBlock) at.required('must specify a peer');
  else if (ipBlock && (podSelector || namespaceSelector)) at.forbidden('may not specify both ipBlock and another peer');
}

function validateBlock({ cidr, except }: Loose, at: Findings): void {
  if (!cidr) at.at('cidr').required();
  else if (!isCidr(cidr)) at.at('cidr').invalid(cidr, NO_CIDR);
  else
    at.at('except').items(except as string[], (each, own) => {
      if (!isCidr(each)) own.invalid(each, NO_CIDR);
      else if (!isInside(each, cidr)) own.invalid(each, 'must be a strict subset of `cidr`');
    });
}

const LONGEST_CONTROLLER = 250;

export function validateIngressClass({ spec = {} }: Loose, at: Findings): void {
  const { controller, parameters } = spec;
  if (controller?.length > LONGEST_CONTROLLER) at.at('controller').tooLong(LONGEST_CONTROLLER);
  validatePrefixedPath(controller, at.at('controller'));
  if (!parameters) return;
  const own = at.at('parameters');
  validateTypedReference(parameters, own);
  const { scope, namespace } = parameters;
  if (scope === undefined) own.at('scope').required();
  else if (!['Cluster', 'Namespace'].includes(scope)) own.at('scope').notSupported(scope, ['Cluster', 'Namespace']);
  else if (scope === 'Cluster') {
    if (namespace !== undefined) own.at('namespace').forbidden("`parameters.scope` is set to 'Cluster'");
  } else if (namespace === undefined) own.at('namespace').required("`parameters.scope` is set to 'Namespace'");
  else own.at('namespace').each(namespace, labelName(namespace));
}

function validateTypedReference(reference: Loose, at: Findings): void {
  const { apiGroup } = reference;
  if (apiGroup !== undefined) at.at('apiGroup').each(apiGroup, isDns1123Subdomain(apiGroup));
  for (const field of ['kind', 'name'])
    if (!reference[field]) at.at(field).required();
    else at.at(field).each(reference[field], isPathSegmentName(reference[field]));
}

export function validateIngressClassUpdate(object: Loose, old: Loose, at: Findings): void {
  immutable(object['spec']?.controller, old['spec']?.controller, at.at('controller'));
}
