/** Validation of what clusters are made of: nodes, leases, events, endpoint slices, drivers, requests for certificates. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isIpv4 } from './ip.ts';
import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isPathSegmentName,
  isQualifiedName,
} from './names.ts';
import { immutable, nonNegative } from './validate-meta.ts';
import { validateTolerations } from './validate-placement.ts';
import { validateNonSpecialIp } from './validate-service.ts';
import { validateDriver } from './validate-volumes.ts';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateNode({ spec = {} }: Loose, at: Findings): void {
  const seen = new Set<string>();
  at.at('taints').items(spec.taints as Loose[], (taint, own) => {
    const { key = '', value = '', effect } = taint;
    own.at('key').each(key, isQualifiedName(key));
    const wrong = isLabelValue(value);
    if (wrong.length > 0) own.at('value').invalid(value, wrong.join(';'));
    if (!effect) own.at('effect').required();
    else if (!EFFECTS.includes(effect)) own.at('effect').notSupported(effect, EFFECTS);
    const shown = { Key: key, Value: value, Effect: effect ?? '', TimeAdded: taint['timeAdded'] ?? null };
    if (seen.has(`${effect} ${key}`)) own.duplicate(shown, 'taints must be unique by key and effect pair');
    seen.add(`${effect} ${key}`);
  });
}

export function validateRuntimeClass({ handler = '', scheduling }: Loose, at: Findings): void {
  at.at('handler').each(handler, isDns1123Label(handler));
  validateTolerations(scheduling?.tolerations, at.at('scheduling', 'tolerations'));
}

export function validateRuntimeClassUpdate(object: Loose, old: Loose, at: Findings): void {
  immutable(object['handler'], old['handler'], at.at('handler'));
}

export function validateLease({ spec = {} }: Loose, at: Findings): void {
  const { leaseDurationSeconds: seconds, leaseTransitions } = spec;
  if (seconds !== undefined && seconds <= 0) at.at('leaseDurationSeconds').invalid(seconds, 'must be greater than 0');
  nonNegative(leaseTransitions, at.at('leaseTransitions'));
}

export function validateControllerRevision({ data, revision = 0 }: Loose, at: Findings): void {
  if (data === undefined) at.at('data').required('data is mandatory');
  nonNegative(revision, at.at('revision'));
}

export function validateControllerRevisionUpdate(object: Loose, old: Loose, at: Findings): void {
  immutable(object['data'], old['data'], at.at('data'));
}

const NO_MATCH = 'does not match event.namespace';

/** An event is told where its object is; that of an object in no namespace by custom in the default one. */
export function validateEvent(event: Loose, at: Findings): void {
  const own = at.at('involvedObject', 'namespace');
  const about = event['involvedObject']?.namespace ?? '';
  const { namespace } = event['metadata'];
  const homes = event['eventTime'] ? ['default', 'kube-system'] : ['default'];
  if (about === '') {
    if (!homes.includes(namespace)) own.invalid(about, NO_MATCH);
  } else if (!event['eventTime'] && about !== namespace) own.invalid(about, NO_MATCH);
  if (event['eventTime']) validateNewEvent(event, at);
}

const LONGEST = 128;
const LONGEST_NOTE = 1024;

function validateNewEvent(event: Loose, at: Findings): void {
  const reporter = event['reportingComponent'] ?? '';
  const own = at.at('reportingController');
  if (reporter === '') own.required();
  own.each(reporter, isQualifiedName(reporter));
  for (const field of ['reportingInstance', 'action', 'reason']) {
    const text = event[field] ?? '';
    if (text === '') at.at(field).required();
    if (text.length > LONGEST) at.at(field).invalid('', `can have at most ${LONGEST} characters`);
  }
  if ((event['message'] ?? '').length > LONGEST_NOTE)
    at.at('message').invalid('', `can have at most ${LONGEST_NOTE} characters`);
}

/** What the newer of the two APIs of events asks beyond that, of an event as it is kept. */
export function validateNewerEvent(event: Loose, at: Findings): void {
  const { metadata, eventTime, type = '', series, source } = event;
  at.at('metadata', 'name').each(metadata.name, isDns1123Subdomain(metadata.name));
  if (series && (series.count ?? 0) < 2) at.at('series.count').invalid('', 'should be at least 2');
  if (series && !series.lastObservedTime) at.at('series.lastObservedTime').required();
  if (!eventTime) at.at('eventTime').required();
  if (type !== 'Normal' && type !== 'Warning') at.at('type').invalid('', `has invalid value: ${type}`);
  for (const name of ['firstTimestamp', 'lastTimestamp', 'count'])
    if (event[name]) at.at(name).invalid('', 'needs to be unset');
  if (source?.component || source?.host) at.at('source').invalid('', 'needs to be unset');
}

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MOST_ENDPOINTS = 1000;
const MOST_OF_ONE = 100;

export function validateEndpointSlice({ addressType, ...lists }: Loose, at: Findings): void {
  const endpoints: Loose[] = lists['endpoints'] ?? [];
  const ports: Loose[] = lists['ports'] ?? [];
  if (!addressType) at.at('addressType').required();
  else if (!ADDRESS_TYPES.includes(addressType)) at.at('addressType').notSupported(addressType, ADDRESS_TYPES);
  if (endpoints.length > MOST_ENDPOINTS) at.at('endpoints').tooMany(endpoints.length, MOST_ENDPOINTS);
  else
    at.at('endpoints').items(endpoints, ({ hostname, ...rest }, own) => {
      const addresses: string[] = rest['addresses'] ?? [];
      if (addresses.length === 0) own.at('addresses').required('must contain at least 1 address');
      if (addresses.length > MOST_OF_ONE) own.at('addresses').tooMany(addresses.length, MOST_OF_ONE);
      own.at('addresses').items(addresses, (address, place) => validateAddress(address, addressType, place));
      if (hostname !== undefined) own.at('hostname').each(hostname, isDns1123Label(hostname));
    });
  const names = new Set<string>();
  at.at('ports').items(ports, ({ name = '', protocol, appProtocol }, own) => {
    if (name !== '') own.at('name').each(name, isDns1123Label(name));
    if (names.has(name)) own.at('name').duplicate(name);
    names.add(name);
    if (!protocol) own.at('protocol').required();
    else if (!PROTOCOLS.includes(protocol)) own.at('protocol').notSupported(protocol, PROTOCOLS);
    if (appProtocol !== undefined) own.at('appProtocol').each(appProtocol, isQualifiedName(appProtocol));
  });
}

function validateAddress(address: string, type: string, at: Findings): void {
  if (type === 'IPv4') {
    if (!isIpv4(address)) at.invalid(address, 'must be a valid IPv4 address');
    else validateNonSpecialIp(address, at);
  } else if (type === 'IPv6') {
    if (!/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(address)) at.invalid(address, 'must be a valid IPv6 address');
    else validateNonSpecialIp(address, at);
  } else if (type === 'FQDN') at.each(address, isDns1123Subdomain(address));
}

export function validateEndpointSliceUpdate(object: Loose, old: Loose, at: Findings): void {
  immutable(object['addressType'], old['addressType'], at.at('addressType'));
}

const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLES = ['Ephemeral', 'Persistent'];

export function validateCsiDriver({ metadata, spec = {} }: Loose, at: Findings): void {
  validateDriver(metadata.name ?? '', at.at('name'));
  const { fsGroupPolicy: policy, volumeLifecycleModes, tokenRequests } = spec;
  const own = at.at('spec');
  if (policy !== undefined && !GROUP_POLICIES.includes(policy))
    own.at('fsGroupPolicy').notSupported(policy, GROUP_POLICIES);
  for (const mode of volumeLifecycleModes ?? [])
    if (!LIFECYCLES.includes(mode)) own.at('volumeLifecycleModes').notSupported(mode, LIFECYCLES);
  const audiences = new Set<string>();
  own.at('tokenRequests').items(tokenRequests as Loose[], ({ audience = '' }, place) => {
    if (audiences.has(audience)) place.at('audience').duplicate(audience);
    audiences.add(audience);
  });
}

const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];
const LEAST_SECONDS = 600;

export function validateSigningRequest({ spec = {} }: Loose, at: Findings): void {
  const { usages = [], signerName = '', expirationSeconds: seconds } = spec;
  if (usages.length === 0) at.at('usages').required();
  at.at('usages').items(usages as string[], (usage, own) => {
    if (!USAGES.includes(usage)) own.notSupported(usage, USAGES);
    if (usages.indexOf(usage) < Number(/(\d+)\]$/.exec(own.path)?.[1])) own.duplicate(usage);
  });
  if (signerName === 'kubernetes.io/legacy-unknown')
    at.at('signerName').invalid(signerName, 'the legacy signerName is not allowed via this API version');
  else validateSignerName(signerName, at.at('signerName'));
  if (seconds !== undefined && seconds < LEAST_SECONDS)
    at.at('expirationSeconds').invalid(seconds, 'may not specify a duration less than 600 seconds (10 minutes)');
}

function validateSignerName(name: string, at: Findings): void {
  if (name === '') {
    at.required();
    return;
  }
  const [domain = '', path, ...more] = name.split('/');
  if (path === undefined || more.length > 0) {
    at.invalid(name, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
    return;
  }
  for (const text of isDns1123Subdomain(domain)) at.invalid(domain, `validating label "${domain}": ${text}`);
  for (const text of isDns1123Subdomain(path)) at.invalid(path, `validating label "${path}": ${text}`);
}

const LAST_PRECEDENCE = 10_000;

export function validateFlowSchema({ metadata, spec = {} }: Loose, at: Findings): void {
  const { matchingPrecedence: precedence = 0, distinguisherMethod: by, priorityLevelConfiguration } = spec;
  const own = at.at('spec', 'matchingPrecedence');
  if (precedence <= 0) own.invalid(precedence, 'must be a positive value');
  if (precedence > LAST_PRECEDENCE) own.invalid(precedence, `must not be greater than ${LAST_PRECEDENCE}`);
  if (precedence === 1 && metadata.name !== 'exempt')
    own.invalid(precedence, "only the schema named 'exempt' may have matchingPrecedence 1");
  if (by && !['ByNamespace', 'ByUser'].includes(by.type))
    at.at('spec', 'distinguisherMethod', 'type').notSupported(by, ['ByNamespace', 'ByUser']);
  const level = priorityLevelConfiguration?.name ?? '';
  const place = at.at('spec', 'priorityLevelConfiguration', 'name');
  if (level === '') place.required('must reference a priority level');
  else place.each(level, [...isPathSegmentName(level), ...isDns1123Subdomain(level)]);
  at.at('spec', 'rules').items(spec.rules as Loose[], validateFlowRule);
}

function validateFlowRule({ subjects, resourceRules, nonResourceRules }: Loose, at: Findings): void {
  if (!subjects?.length) at.at('subjects').required('subjects must contain at least one value');
  at.at('subjects').items(subjects as Loose[], validateFlowSubject);
  if (!resourceRules?.length && !nonResourceRules?.length)
    at.required('at least one of resourceRules and nonResourceRules has to be non-empty');
  at.at('resourceRules').items(resourceRules as Loose[], (rule, own) => {
    validateFlowVerbs(rule['verbs'], own.at('verbs'));
    const some = (field: string, one: string, others: string) => validateNames(rule[field], own.at(field), one, others);
    some('apiGroups', 'resource rules must supply at least one api group', 'api groups');
    some('resources', 'resource rules must supply at least one resource', 'resources');
    if (!rule['clusterScope'] || rule['namespaces']?.length)
      some('namespaces', 'resource rules that are not cluster scoped must supply at least one namespace', 'namespaces');
  });
  at.at('nonResourceRules').items(nonResourceRules as Loose[], ({ verbs, nonResourceURLs }, own) => {
    validateFlowVerbs(verbs, own.at('verbs'));
    const place = own.at('nonResourceURLs');
    validateNames(nonResourceURLs, place, 'nonResourceURLs must contain at least one value', 'non-resource URLs');
  });
}

const FLOW_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

function validateFlowVerbs(verbs: string[] | undefined, at: Findings): void {
  validateNames(verbs, at, 'verbs must contain at least one value', 'verbs');
  if (verbs?.length && !verbs.includes('*') && !verbs.every((verb) => FLOW_VERBS.includes(verb)))
    at.notSupported(verbs, FLOW_VERBS);
}

function validateNames(names: string[] | undefined, at: Findings, one: string, others: string): void {
  if (!names?.length) at.required(one);
  else if (names.length > 1 && names.includes('*'))
    at.invalid(names, `if '*' is present, must not specify other ${others}`);
}

const FLOW_SUBJECTS: Record<string, string> = { Group: 'group', ServiceAccount: 'serviceAccount', User: 'user' };

function validateFlowSubject(subject: Loose, at: Findings): void {
  const { kind = '' } = subject;
  const wanted = FLOW_SUBJECTS[kind];
  if (wanted === undefined) {
    at.at('kind').notSupported(kind, Object.keys(FLOW_SUBJECTS));
    return;
  }
  const own = at.at(wanted);
  const named = subject[wanted];
  if (!named) own.required(`${wanted} is required when subject kind is '${kind}'`);
  else if (!named.name) own.at('name').required();
  if (named && kind === 'ServiceAccount' && !named.namespace)
    own.at('namespace').required('must specify namespace for service account');
  for (const [other, field] of Object.entries(FLOW_SUBJECTS))
    if (field !== wanted && subject[field])
      at.at(field).forbidden(`${field} is forbidden when subject kind is not '${other}'`);
}

export function validatePriorityLevel({ metadata, spec = {} }: Loose, root: Findings): void {
  const { type = '', limited, exempt } = spec;
  const at = root.at('spec');
  if ((metadata.name === 'exempt') !== (type === 'Exempt'))
    at.at('type').invalid(type, "type must be 'Exempt' if and only if name is 'exempt'");
  if (type === 'Exempt') {
    if (limited) at.at('limited').forbidden('must be nil if the type is not Limited');
  } else if (type === 'Limited') {
    if (exempt) at.at('exempt').forbidden('must be nil if the type is Limited');
    if (!limited) at.at('limited').required('must not be empty when type is Limited');
  } else at.at('type').notSupported(type, ['Exempt', 'Limited']);
}

export function validateApiService({ metadata, spec = {} }: Loose, at: Findings): void {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0, service } = spec;
  const wanted = `${version}.${group}`;
  if (metadata.name !== wanted)
    at.at('metadata', 'name').invalid(metadata.name, `must be \`spec.version+"."+spec.group\`: "${wanted}"`);
  const own = at.at('spec');
  if (group === '' && version !== 'v1')
    own.at('group').required('only v1 may have an empty group and it better be legacy kube');
  if (group !== '') own.at('group').each(group, isDns1123Subdomain(group));
  own.at('version').each(version, isDns1035Label(version));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20_000)
    own.at('groupPriorityMinimum').invalid(groupPriorityMinimum, 'must be positive and less than 20000');
  if (versionPriority <= 0 || versionPriority > 1000)
    own.at('versionPriority').invalid(versionPriority, 'must be positive and less than 1000');
  if (service) validateTarget(spec, own);
  else validateLocal(spec, own);
}

function validateLocal({ caBundle, insecureSkipTLSVerify: unsafe }: Loose, at: Findings): void {
  if (caBundle)
    at.at('caBundle').invalid(
      `${Buffer.from(caBundle, 'base64').length} bytes`,
      'local APIServices may not have a caBundle',
    );
  if (unsafe) at.at('insecureSkipTLSVerify').invalid(true, 'local APIServices may not have insecureSkipTLSVerify');
}

function validateTarget({ service, caBundle, insecureSkipTLSVerify: unsafe }: Loose, at: Findings): void {
  const own = at.at('service');
  if (!service.namespace) own.at('namespace').required();
  if (!service.name) own.at('name').required();
  const { port } = service;
  if (port !== undefined && (port < 1 || port > 65_535))
    own.at('port').invalid(port, 'port is not valid: must be between 1 and 65535, inclusive');
  if (unsafe && caBundle) at.at('insecureSkipTLSVerify').invalid(true, 'may not be true if caBundle is present');
}
