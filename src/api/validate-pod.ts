/** Validation of pod specs, with the texts of Kubernetes' core validation. */
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
  isUserId,
} from './names.ts';
import { compareQuantities, parseQuantity, type Quantity } from './quantity.ts';
import { nonNegative, oneOf, validateAnnotations, validateLabelSelector, validateLabels } from './validate-meta.ts';

export function validatePodTemplate(template: Loose | undefined, at: Findings): void {
  if (!template) {
    at.required();
    return;
  }
  validateLabels(template['metadata']?.labels, at.at('metadata', 'labels'));
  validateAnnotations(template['metadata']?.annotations, at.at('metadata', 'annotations'));
  validatePodSpec(template['spec'] ?? {}, at.at('spec'));
  if (template['spec']?.ephemeralContainers?.length > 0)
    at.at('spec', 'ephemeralContainers').forbidden('ephemeral containers not allowed in pod template');
}

export function validatePodSpec(spec: Loose, at: Findings): void {
  const volumes = validateVolumes(spec['volumes'], at.at('volumes'));
  validateContainers(spec, volumes, at);
  oneOf(spec['restartPolicy'], ['Always', 'Never', 'OnFailure'], at.at('restartPolicy'));
  oneOf(spec['dnsPolicy'], ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'], at.at('dnsPolicy'));
  if (spec['dnsPolicy'] === 'None' && !(spec['dnsConfig']?.nameservers?.length > 0))
    at.at('dnsConfig', 'nameservers').required('must provide at least one DNS nameserver when `dnsPolicy` is None');
  validateLabels(spec['nodeSelector'], at.at('nodeSelector'));
  validateSecurity(spec['securityContext'], at.at('securityContext'));
  names(spec, at);
  if (spec['activeDeadlineSeconds'] !== undefined && !(spec['activeDeadlineSeconds'] >= 1))
    at.at('activeDeadlineSeconds').invalid(
      spec['activeDeadlineSeconds'],
      'must be between 1 and 2147483647, inclusive',
    );
  at.at('imagePullSecrets').items(spec['imagePullSecrets'] as Loose[], (each, own) => {
    if (!each['name']) own.at('name').required();
  });
  (spec['hostAliases'] ?? []).forEach((alias: Loose, i: number) => {
    if (!isIp(alias['ip']))
      at.at('hostAliases', i, 'ip').invalid(
        alias['ip'],
        'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      );
    for (const name of alias['hostnames'] ?? [])
      at.at('hostAliases', i, 'hostnames').each(name, isDns1123Subdomain(name));
  });
  validateTolerations(spec['tolerations'], at.at('tolerations'));
  validateSpread(spec['topologySpreadConstraints'], at.at('topologySpreadConstraints'));
  validateAffinity(spec['affinity'], at.at('affinity'));
  validateReadinessGates(spec['readinessGates'], at.at('readinessGates'));
}

function names(spec: Loose, at: Findings): void {
  for (const field of ['serviceAccountName', 'nodeName', 'runtimeClassName', 'priorityClassName'])
    if (spec[field]) at.at(field).each(spec[field], isDns1123Subdomain(spec[field]));
  for (const field of ['hostname', 'subdomain'])
    if (spec[field]) at.at(field).each(spec[field], isDns1123Label(spec[field]));
}

export const isIp = (text: unknown): boolean =>
  typeof text === 'string' && (isIpv4(text) || (text.includes(':') && /^[0-9a-fA-F:.]+$/.test(text)));
export const isIpv4 = (text: string): boolean =>
  /^(\d{1,3}\.){3}\d{1,3}$/.test(text) &&
  text.split('.').every((part) => String(Number(part)) === part && Number(part) < 256);

// ── containers ──────────────────────────────────────────────────────────────────────────────────────────────────────

function validateContainers(spec: Loose, volumes: Set<string>, at: Findings): void {
  const seen = new Set<string>();
  if (!(spec['containers']?.length > 0)) at.at('containers').required();
  const ports = new Set<string>();
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'])
    (spec[list] ?? []).forEach((container: Loose, i: number) => {
      const own = at.at(list, i);
      const { name } = container;
      if (!name) own.at('name').required();
      else own.at('name').each(name, isDns1123Label(name));
      if (seen.has(name)) own.at('name').duplicate(name);
      seen.add(name);
      validateContainer(container, volumes, own, list);
      if (list === 'containers') validateHostPorts(container, spec['hostNetwork'] === true, ports, own.at('ports'));
    });
}

function validateContainer(container: Loose, volumes: Set<string>, at: Findings, list: string): void {
  const { image } = container;
  if (!image) at.at('image').required();
  else if (image.trim() !== image) at.at('image').invalid(image, 'must not have leading or trailing whitespace');
  validatePorts(container['ports'], at.at('ports'));
  validateEnv(container['env'], at.at('env'));
  validateEnvFrom(container['envFrom'], at.at('envFrom'));
  validateMounts(container, volumes, at);
  oneOf(container['imagePullPolicy'], ['Always', 'IfNotPresent', 'Never'], at.at('imagePullPolicy'));
  oneOf(container['terminationMessagePolicy'], ['FallbackToLogsOnError', 'File'], at.at('terminationMessagePolicy'));
  validateResources(container['resources'] ?? {}, at.at('resources'));
  validateContainerSecurity(container['securityContext'], at.at('securityContext'));
  const restartable = list === 'initContainers' && container['restartPolicy'] === 'Always';
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (!container[probe]) continue;
    if (list === 'containers' || restartable) validateProbe(container[probe], at.at(probe), probe !== 'readinessProbe');
    else at.at(probe).forbidden('may not be set for init containers without restartPolicy=Always');
  }
  for (const hook of ['postStart', 'preStop']) {
    const handler = container['lifecycle']?.[hook];
    if (!handler) continue;
    if (list === 'containers' || restartable) validateHandler(handler, at.at('lifecycle', hook));
    else at.at('lifecycle').forbidden('may not be set for init containers without restartPolicy=Always');
  }
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

function validateHostPorts(container: Loose, hostNetwork: boolean, seen: Set<string>, at: Findings): void {
  (container['ports'] ?? []).forEach((port: Loose, i: number) => {
    const { hostPort, containerPort, protocol, hostIP = '' } = port;
    if (hostNetwork && hostPort !== containerPort)
      at.at(i, 'containerPort').invalid(containerPort, 'must match `hostPort` when `hostNetwork` is true');
    if (!hostPort) return;
    const place = `${protocol}/${hostIP}/${hostPort}`;
    if (seen.has(place)) at.at(i, 'hostPort').duplicate(place);
    seen.add(place);
  });
}

const ENV_SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];

function validateEnv(env: Loose[] | undefined, at: Findings): void {
  at.items(env, (each, own) => {
    if (!each['name']) own.at('name').required();
    else own.at('name').each(each['name'], isEnvVarName(each['name']));
    if (!each['valueFrom']) return;
    const from = own.at('valueFrom');
    const given = ENV_SOURCES.filter((source) => each['valueFrom'][source]);
    if (given.length === 0)
      from.invalid(
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      );
    else if (each['value']) from.invalid('', 'may not be specified when `value` is not empty');
    else if (given.length > 1) from.invalid('', 'may not have more than one field specified at a time');
    for (const source of given) validateEnvSource(source, each['valueFrom'][source], from.at(source));
  });
}

function validateEnvSource(kind: string, source: Loose, at: Findings): void {
  if (kind === 'configMapKeyRef' || kind === 'secretKeyRef') {
    if (source['name']) at.at('name').each(source['name'], isDns1123Subdomain(source['name']));
    if (!source['key']) at.at('key').required();
    else at.at('key').each(source['key'], isConfigMapKey(source['key']));
  } else if (kind === 'fieldRef') {
    if (!source['apiVersion']) at.at('apiVersion').required();
    if (!source['fieldPath']) at.at('fieldPath').required();
  } else if (kind === 'resourceFieldRef' && !source['resource']) at.at('resource').required();
}

function validateEnvFrom(sources: Loose[] | undefined, at: Findings): void {
  at.items(sources, (source, own) => {
    if (source['prefix']) own.at('prefix').each(source['prefix'], isEnvVarName(source['prefix']));
    const given = ['configMapRef', 'secretRef'].filter((kind) => source[kind]);
    if (given.length === 0) own.invalid('', 'must specify one of: `configMapRef` or `secretRef`');
    else if (given.length > 1) own.invalid('', 'may not have more than one field specified at a time');
    for (const kind of given) {
      const { name } = source[kind];
      if (!name) own.at(kind, 'name').required();
      else own.at(kind, 'name').each(name, isDns1123Subdomain(name));
    }
  });
}

function validateMounts(container: Loose, volumes: Set<string>, at: Findings): void {
  const paths = new Set<string>();
  at.at('volumeMounts').items(container['volumeMounts'] as Loose[], (mount, own) => {
    if (!mount['name']) own.at('name').required();
    else if (!volumes.has(mount['name'])) own.at('name').notFound(mount['name']);
    if (!mount['mountPath']) own.at('mountPath').required();
    if (paths.has(mount['mountPath'])) own.at('mountPath').invalid(mount['mountPath'], 'must be unique');
    paths.add(mount['mountPath']);
    if (mount['subPath'] && mount['subPathExpr'])
      own.at('subPathExpr').invalid(mount['subPathExpr'], 'subPathExpr and subPath are mutually exclusive');
    for (const field of ['subPath', 'subPathExpr']) if (mount[field]) validateRelative(mount[field], own.at(field));
  });
  at.at('volumeDevices').items(container['volumeDevices'] as Loose[], (device, own) => {
    if (!device['name']) own.at('name').required();
    else if (!volumes.has(device['name'])) own.at('name').notFound(device['name']);
    if (!device['devicePath']) own.at('devicePath').required();
    else if (paths.has(device['devicePath']))
      own.at('devicePath').invalid(device['devicePath'], 'must not already exist as a path in volumeMounts');
  });
}

function validateRelative(path: string, at: Findings): void {
  if (path.startsWith('/')) at.invalid(path, 'must be a relative path');
  noBacksteps(path, at);
}

function noBacksteps(path: string, at: Findings): void {
  if (path.split('/').includes('..')) at.invalid(path, "must not contain '..'");
}

function validateProbe(probe: Loose, at: Findings, once: boolean): void {
  validateHandler(probe, at);
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ])
    nonNegative(probe[field], at.at(field));
  if (once && probe['successThreshold'] !== 1)
    at.at('successThreshold').invalid(probe['successThreshold'], 'must be 1');
  const grace = probe['terminationGracePeriodSeconds'];
  if (grace !== undefined && grace <= 0)
    at.at('terminationGracePeriodSeconds').invalid(grace, 'must be greater than 0');
}

function validateHandler(handler: Loose, at: Findings): void {
  const given = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'].filter((kind) => handler[kind]);
  if (given.length === 0) at.required('must specify a handler type');
  for (const kind of given.slice(1)) at.at(kind).forbidden('may not specify more than 1 handler type');
  const { exec, httpGet, tcpSocket, grpc } = handler;
  if (exec && !(exec.command?.length > 0)) at.at('exec', 'command').required();
  if (httpGet) {
    if (!httpGet.path) at.at('httpGet', 'path').required();
    validatePortRef(httpGet.port, at.at('httpGet', 'port'));
    if (!['HTTP', 'HTTPS'].includes(httpGet.scheme))
      at.at('httpGet', 'scheme').notSupported(httpGet.scheme, ['HTTP', 'HTTPS']);
    at.at('httpGet', 'httpHeaders').items(httpGet.httpHeaders as Loose[], (header, own) =>
      own.each(header['name'] ?? '', isHttpHeaderName(header['name'] ?? '')),
    );
  }
  if (tcpSocket) validatePortRef(tcpSocket.port, at.at('tcpSocket', 'port'));
  if (grpc) at.at('grpc', 'port').each(grpc.port, isPortNumber(grpc.port));
}

export function validatePortRef(port: number | string, at: Findings): void {
  at.each(port, typeof port === 'string' ? isPortName(port) : isPortNumber(port));
}

// ── resources ───────────────────────────────────────────────────────────────────────────────────────────────────────

const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
const STANDARD = new Set(['cpu', 'memory', 'ephemeral-storage']);

export function validateResources({ limits = {}, requests = {} }: Loose, at: Findings): void {
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
  at.each(name, isQualifiedName(name));
  const standard = STANDARD.has(name) || isHugePages(name);
  if (!name.includes('/') && !standard) at.invalid(name, 'must be a standard resource for containers');
  const quantity = parseQuantity(amount);
  if (quantity.unscaled < 0n) at.key(name).invalid(amount, 'must be greater than or equal to 0');
  else if (name.includes('/') && quantity.unscaled % 10n ** BigInt(quantity.scale) !== 0n)
    at.key(name).invalid(amount, 'must be an integer');
  return quantity;
}

// ── volumes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a volume source must have, by kind. */
const VOLUME_FIELDS: Record<string, string[]> = {
  hostPath: ['path'],
  secret: ['secretName'],
  configMap: ['name'],
  persistentVolumeClaim: ['claimName'],
  nfs: ['server', 'path'],
  csi: ['driver'],
  iscsi: ['targetPortal', 'iqn'],
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  azureFile: ['secretName', 'shareName'],
  azureDisk: ['diskName', 'diskURI'],
  flexVolume: ['driver'],
  cephfs: ['monitors'],
};

/** Answers the names, which mounts refer to. */
function validateVolumes(volumes: Loose[] | undefined, at: Findings): Set<string> {
  const seen = new Set<string>();
  at.items(volumes, (volume, own) => {
    const { name } = volume;
    const wrong = name ? isDns1123Label(name) : [];
    if (!name) own.at('name').required();
    else own.at('name').each(name, wrong);
    if (name && seen.has(name)) own.at('name').duplicate(name);
    else if (name && wrong.length === 0) seen.add(name);
    validateVolumeSource(volume, own);
  });
  return seen;
}

function validateVolumeSource(volume: Loose, at: Findings): void {
  const kinds = Object.keys(volume).filter((key) => key !== 'name' && volume[key]);
  if (kinds.length === 0) at.required('must specify a volume type');
  for (const kind of kinds.slice(1)) at.at(kind).forbidden('may not specify more than 1 volume type');
  const kind = kinds[0];
  if (kind === undefined) return;
  const [source, own] = [volume[kind], at.at(kind)];
  for (const field of VOLUME_FIELDS[kind] ?? []) if (!source[field]) own.at(field).required();
  if (kind === 'hostPath' && source.path) noBacksteps(source.path, own.at('path'));
  if (source.defaultMode !== undefined) validateMode(source.defaultMode, own.at('defaultMode'));
  validateItems(source.items, own.at('items'));
  (source.sources ?? []).forEach((each: Loose, i: number) => {
    for (const name of ['secret', 'configMap'])
      if (each[name]) {
        if (!each[name].name) own.at('sources', i, name, 'name').required();
        validateItems(each[name].items, own.at('sources', i, name, 'items'));
      }
  });
  if (kind === 'emptyDir' && source.sizeLimit && parseQuantity(source.sizeLimit).unscaled < 0n)
    own.at('sizeLimit').forbidden('SizeLimit field must be a valid resource quantity');
}

const MODE_TEXT = 'must be a number between 0 and 0777 (octal), both inclusive';

function validateMode(mode: number, at: Findings): void {
  if (mode < 0 || mode > 0o777) at.invalid(mode, MODE_TEXT);
}

function validateItems(items: Loose[] | undefined, at: Findings): void {
  at.items(items, (item, own) => {
    if ('key' in item && !item['key']) own.at('key').required();
    if (!item['path']) own.at('path').required();
    else validateRelative(item['path'], own.at('path'));
    if (item['mode'] !== undefined) validateMode(item['mode'], own.at('mode'));
  });
}

// ── security and placement ──────────────────────────────────────────────────────────────────────────────────────────

function validateSecurity(context: Loose | undefined, at: Findings): void {
  if (!context) return;
  for (const field of ['runAsUser', 'runAsGroup', 'fsGroup'])
    if (context[field] !== undefined) at.at(field).each(context[field], isUserId(context[field]));
  at.at('supplementalGroups').items(context['supplementalGroups'] as number[], (group, own) =>
    own.each(group, isUserId(group)),
  );
}

function validateContainerSecurity(context: Loose | undefined, at: Findings): void {
  if (!context) return;
  for (const field of ['runAsUser', 'runAsGroup'])
    if (context[field] !== undefined) at.at(field).each(context[field], isUserId(context[field]));
  if (context['allowPrivilegeEscalation'] !== false) return;
  if (context['privileged'] === true)
    at.invalid(context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true');
  if (context['capabilities']?.add?.includes('CAP_SYS_ADMIN'))
    at.invalid(context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN');
}

function validateTolerations(tolerations: Loose[] | undefined, at: Findings): void {
  at.items(tolerations, (toleration, own) => {
    const { key, operator, value, effect, tolerationSeconds } = toleration;
    if (key) own.at('key').each(key, isQualifiedName(key));
    else if (operator !== 'Exists')
      own
        .at('operator')
        .invalid(
          operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        );
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      own.at('effect').invalid(effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set");
    if (operator === 'Exists' && value)
      own.at('operator').invalid(toleration, "value must be empty when `operator` is 'Exists'");
    if (operator && !['Equal', 'Exists'].includes(operator))
      own.at('operator').notSupported(operator, ['Equal', 'Exists']);
    if (effect && !['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(effect))
      own.at('effect').notSupported(effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']);
  });
}

function validateSpread(constraints: Loose[] | undefined, at: Findings): void {
  const seen = new Set<string>();
  at.items(constraints, (each, own) => {
    if (!(each['maxSkew'] > 0)) own.at('maxSkew').invalid(each['maxSkew'], 'must be greater than zero');
    if (!each['topologyKey']) own.at('topologyKey').required('can not be empty');
    else own.at('topologyKey').each(each['topologyKey'], isQualifiedName(each['topologyKey']));
    const when = each['whenUnsatisfiable'];
    if (!['DoNotSchedule', 'ScheduleAnyway'].includes(when))
      own.at('whenUnsatisfiable').notSupported(when ?? '', ['DoNotSchedule', 'ScheduleAnyway']);
    const pair = `{${each['topologyKey']}, ${when}}`;
    if (seen.has(pair)) own.at('{topologyKey, whenUnsatisfiable}').duplicate(pair);
    seen.add(pair);
    validateLabelSelector(each['labelSelector'], own.at('labelSelector'));
  });
}

function validateAffinity(affinity: Loose | undefined, at: Findings): void {
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const required = affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution;
    const own = at.at(kind, 'requiredDuringSchedulingIgnoredDuringExecution');
    own.items(required as Loose[], validateTerm);
    const preferred = affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution;
    (preferred ?? []).forEach((each: Loose, i: number) => {
      const place = at.at(kind, 'preferredDuringSchedulingIgnoredDuringExecution', i);
      if (!(each['weight'] >= 1 && each['weight'] <= 100))
        place.at('weight').invalid(each['weight'], 'must be in the range 1-100');
      validateTerm(each['podAffinityTerm'] ?? {}, place.at('podAffinityTerm'));
    });
  }
  const node = affinity?.['nodeAffinity']?.requiredDuringSchedulingIgnoredDuringExecution;
  if (node && !(node.nodeSelectorTerms?.length > 0))
    at.at('nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms').required(
      'must have at least one node selector term',
    );
}

function validateTerm(term: Loose, at: Findings): void {
  validateLabelSelector(term['labelSelector'], at.at('labelSelector'));
  if (!term['topologyKey']) at.at('topologyKey').required('can not be empty');
  else at.at('topologyKey').each(term['topologyKey'], isQualifiedName(term['topologyKey']));
}

function validateReadinessGates(gates: Loose[] | undefined, at: Findings): void {
  at.items(gates, ({ conditionType = '' }, own) =>
    own.at('conditionType').each(conditionType, isQualifiedName(conditionType)),
  );
}
