/** Validation of the containers of a pod. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import {
  isConfigMapKey,
  isDns1123Label,
  isDns1123Subdomain,
  isEnvVarName,
  isHttpHeaderName,
  isPortName,
  isPortNumber,
  isQualifiedName,
} from './names.ts';
import { compareQuantities, parseQuantity, type Quantity } from './quantity.ts';
import { nonNegative, oneOf } from './validate-meta.ts';
import { validateContainerSecurity } from './validate-placement.ts';
import { validateRelative } from './validate-volumes.ts';

export function validateContainers(spec: Loose, volumes: Set<string>, at: Findings): void {
  const seen = new Set<string>();
  const { containers } = spec;
  if (!(containers?.length > 0)) at.at('containers').required();
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
    at.at(list).items(spec[list] as Loose[], (container, own) => {
      validateContainer(container, volumes, own);
      if (seen.has(container['name'])) own.at('name').duplicate(container['name']);
      seen.add(container['name']);
      validateLife(container, list, own);
    });
    if (list === 'containers') validateHostPorts(containers, at.at(list));
  }
}

function validateContainer(container: Loose, volumes: Set<string>, at: Findings): void {
  const { name } = container;
  if (!name) at.at('name').required();
  else at.at('name').each(name, isDns1123Label(name));
  if (!container['image']) at.at('image').required();
  oneOf(container['terminationMessagePolicy'], ['File', 'FallbackToLogsOnError'], at.at('terminationMessagePolicy'));
  validatePorts(container['ports'], at.at('ports'));
  validateEnv(container['env'], at.at('env'));
  validateEnvFrom(container['envFrom'], at.at('envFrom'));
  validateMounts(container, volumes, at);
  oneOf(container['imagePullPolicy'], ['Always', 'IfNotPresent', 'Never'], at.at('imagePullPolicy'));
  validateResources(container['resources'] ?? {}, at.at('resources'));
  validateContainerSecurity(container['securityContext'], at.at('securityContext'));
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'];

/** Probes and hooks are for what keeps running: containers, and init containers that restart. */
function validateLife(container: Loose, list: string, at: Findings): void {
  if (list === 'containers' || (list === 'initContainers' && container['restartPolicy'] === 'Always')) {
    for (const hook of ['postStart', 'preStop'])
      if (container['lifecycle']?.[hook]) validateHandler(container['lifecycle'][hook], at.at('lifecycle', hook));
    for (const probe of PROBES)
      if (container[probe]) validateProbe(container[probe], at.at(probe), probe === 'readinessProbe');
    return;
  }
  const text =
    list === 'initContainers'
      ? 'may not be set for init containers without restartPolicy=Always'
      : 'cannot be set for an Ephemeral Container';
  for (const field of ['lifecycle', ...PROBES]) if (container[field]) at.at(field).forbidden(text);
}

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

function validatePorts(ports: Loose[] | undefined, at: Findings): void {
  const seen = new Set<string>();
  at.items(ports, (port, own) => {
    if (port['name']) {
      const wrong = isPortName(port['name']);
      own.at('name').each(port['name'], wrong);
      if (wrong.length === 0) {
        if (seen.has(port['name'])) own.at('name').duplicate(port['name']);
        seen.add(port['name']);
      }
    }
    if (!port['containerPort']) own.at('containerPort').required();
    else own.at('containerPort').each(port['containerPort'], isPortNumber(port['containerPort']));
    if (port['hostPort']) own.at('hostPort').each(port['hostPort'], isPortNumber(port['hostPort']));
    oneOf(port['protocol'], PROTOCOLS, own.at('protocol'));
  });
}

function validateHostPorts(containers: Loose[] | undefined, at: Findings): void {
  const seen = new Set<string>();
  at.items(containers, (container, own) =>
    own.at('ports').items(container['ports'] as Loose[], ({ hostPort, hostIP = '', protocol }, place) => {
      if (!hostPort) return;
      const text = `${protocol}/${hostIP}/${hostPort}`;
      if (seen.has(text)) place.at('hostPort').duplicate(text);
      seen.add(text);
    }),
  );
}

const ENV_SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];

function validateEnv(env: Loose[] | undefined, at: Findings): void {
  at.items(env, (each, own) => {
    if (!each['name']) own.at('name').required();
    else own.at('name').each(each['name'], isEnvVarName(each['name']));
    if (!each['valueFrom']) return;
    const from = own.at('valueFrom');
    const given = ENV_SOURCES.filter((source) => each['valueFrom'][source]);
    for (const source of given) validateEnvSource(source, each['valueFrom'][source], from.at(source));
    if (given.length === 0)
      from.invalid(
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      );
    else if (each['value']) from.invalid('', 'may not be specified when `value` is not empty');
    else if (given.length > 1) from.invalid('', 'may not have more than one field specified at a time');
  });
}

/** What a variable may take from its pod. */
const FIELD_PATHS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const RESOURCE_PATHS = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

function validateEnvSource(kind: string, source: Loose, at: Findings): void {
  if (kind === 'configMapKeyRef' || kind === 'secretKeyRef') {
    at.at('name').each(source['name'] ?? '', isDns1123Subdomain(source['name'] ?? ''));
    if (!source['key']) at.at('key').required();
    else at.at('key').each(source['key'], isConfigMapKey(source['key']));
  } else if (kind === 'fieldRef') validateFieldRef(source, at);
  else if (kind === 'resourceFieldRef') {
    const { resource } = source;
    if (!resource) at.at('resource').required();
    else if (!RESOURCE_PATHS.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource))
      at.at('resource').notSupported(resource, RESOURCE_PATHS);
  }
}

function validateFieldRef({ apiVersion, fieldPath }: Loose, at: Findings): void {
  if (!apiVersion) at.at('apiVersion').required();
  else if (!fieldPath) at.at('fieldPath').required();
  else {
    const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
    if (subscript) {
      const key = subscript[1] === 'labels' ? subscript[2]! : subscript[2]!.toLowerCase();
      at.each(key, isQualifiedName(key));
    } else if (!FIELD_PATHS.includes(fieldPath)) {
      const known = ['metadata.labels', 'metadata.annotations'].includes(fieldPath);
      if (known) at.at('fieldPath').notSupported(fieldPath, FIELD_PATHS);
      else at.at('fieldPath').invalid(fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`);
    }
  }
}

/** The faults of an entry are told of the list, as Kubernetes does. */
function validateEnvFrom(sources: Loose[] | undefined, at: Findings): void {
  at.items(sources, (source, own) => {
    if (source['prefix']) own.at('prefix').each(source['prefix'], isEnvVarName(source['prefix']));
    const given = ['configMapRef', 'secretRef'].filter((kind) => source[kind]);
    for (const kind of given) {
      const { name } = source[kind];
      if (!name) own.at(kind, 'name').required();
      else own.at(kind, 'name').each(name, isDns1123Subdomain(name));
    }
    if (given.length === 0) at.invalid('', 'must specify one of: `configMapRef` or `secretRef`');
    else if (given.length > 1) at.invalid('', 'may not have more than one field specified at a time');
  });
}

function validateMounts(container: Loose, volumes: Set<string>, at: Findings): void {
  const paths = new Set<string>();
  at.at('volumeMounts').items(container['volumeMounts'] as Loose[], (mount, own) => {
    if (!mount['name']) own.at('name').required();
    if (!volumes.has(mount['name'])) own.at('name').notFound(mount['name'] ?? '');
    if (!mount['mountPath']) own.at('mountPath').required();
    if (paths.has(mount['mountPath'])) own.at('mountPath').invalid(mount['mountPath'], 'must be unique');
    paths.add(mount['mountPath']);
    if (mount['subPath'] && mount['subPathExpr'])
      own.at('subPathExpr').invalid(mount['subPathExpr'], 'subPathExpr and subPath are mutually exclusive');
    // The path has no index, as in Kubernetes.
    for (const field of ['subPath', 'subPathExpr'])
      if (mount[field]) validateRelative(mount[field], at.at('volumeMounts', field));
  });
  at.at('volumeDevices').items(container['volumeDevices'] as Loose[], (device, own) => {
    if (!device['name']) own.at('name').required();
    else if (!volumes.has(device['name'])) own.at('name').notFound(device['name']);
    if (!device['devicePath']) own.at('devicePath').required();
    else if (paths.has(device['devicePath']))
      own.at('devicePath').invalid(device['devicePath'], 'must not already exist as a path in volumeMounts');
  });
}

function validateProbe(probe: Loose, at: Findings, isReadiness: boolean): void {
  validateHandler(probe, at);
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ])
    nonNegative(probe[field], at.at(field));
  const grace = probe['terminationGracePeriodSeconds'];
  if (grace !== undefined && grace <= 0)
    at.at('terminationGracePeriodSeconds').invalid(grace, 'must be greater than 0');
  if (isReadiness && grace !== undefined)
    at.at('terminationGracePeriodSeconds').invalid(grace, 'must not be set for readinessProbes');
  if (!isReadiness && probe['successThreshold'] !== 1)
    at.at('successThreshold').invalid(probe['successThreshold'], 'must be 1');
}

function validateHandler(handler: Loose, at: Findings): void {
  const given = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'].filter((kind) => handler[kind]);
  if (given.length === 0) at.required('must specify a handler type');
  for (const kind of given.slice(1)) at.at(kind).forbidden('may not specify more than 1 handler type');
  const { exec, httpGet, tcpSocket, grpc } = { [given[0] ?? '']: handler[given[0] ?? ''] } as Loose;
  if (exec && !(exec.command?.length > 0)) at.at('exec', 'command').required();
  if (httpGet) {
    if (!httpGet.path) at.at('httpGet', 'path').required();
    validatePortRef(httpGet.port, at.at('httpGet', 'port'));
    if (!['HTTP', 'HTTPS'].includes(httpGet.scheme))
      at.at('httpGet', 'scheme').notSupported(httpGet.scheme, ['HTTP', 'HTTPS']);
    for (const { name = '' } of httpGet.httpHeaders ?? [])
      at.at('httpGet', 'httpHeaders').each(name, isHttpHeaderName(name));
  }
  if (tcpSocket) validatePortRef(tcpSocket.port, at.at('tcpSocket', 'port'));
  if (grpc) at.at('grpc', 'port').each(grpc.port, isPortNumber(grpc.port));
}

export function validatePortRef(port: number | string, at: Findings): void {
  at.each(port, typeof port === 'string' ? isPortName(port) : isPortNumber(port));
}

const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
const STANDARD = new Set(['cpu', 'memory', 'ephemeral-storage']);

function validateResources({ limits = {}, requests = {} }: Loose, at: Findings): void {
  const parsed: Record<string, Quantity> = {};
  for (const [name, amount] of Object.entries(limits as Record<string, string>))
    parsed[name] = validateAmount(name, amount, at.at('limits'));
  for (const [name, amount] of Object.entries(requests as Record<string, string>)) {
    const request = validateAmount(name, amount, at.at('requests'));
    const limit = Object.hasOwn(parsed, name) ? parsed[name] : undefined;
    const exact = !STANDARD.has(name) || isHugePages(name);
    if (!limit) {
      if (exact) at.at('limits').required('Limit must be set for non overcommitable resources');
      continue;
    }
    const order = compareQuantities(request, limit);
    if (exact && order !== 0) at.at('requests').invalid(amount, `must be equal to ${name} limit of ${limits[name]}`);
    else if (order > 0)
      at.at('requests').invalid(amount, `must be less than or equal to ${name} limit of ${limits[name]}`);
  }
}

function validateAmount(name: string, amount: string, at: Findings): Quantity {
  at.key(name).each(name, isQualifiedName(name));
  const standard = STANDARD.has(name) || isHugePages(name);
  if (!name.includes('/') && !standard) at.key(name).invalid(name, 'must be a standard resource for containers');
  const quantity = parseQuantity(amount);
  if (quantity.unscaled < 0n) at.key(name).invalid(amount, 'must be greater than or equal to 0');
  else if (name.includes('/') && quantity.unscaled % 10n ** BigInt(quantity.scale) !== 0n)
    at.key(name).invalid(amount, 'must be an integer');
  return quantity;
}
