/** Validation of the variables of a container, and of what they and downward volumes take from a pod. */
import type { Findings } from './field-error.ts';
import type { Loose } from './fill.ts';
import { isConfigMapKey, isDns1123Label, isDns1123Subdomain, isEnvVarName, isQualifiedName } from './names.ts';
import { canonicalQuantity } from './quantity.ts';
import { validateNonReserved } from './validate-paths.ts';

type Check = (source: Loose, at: Findings) => void;

const ENV_SOURCES: Record<string, Check> = {
  fieldRef: (source, at) => validateFieldRef(source, ENV_FIELD_PATHS, at),
  resourceFieldRef: (source, at) => validateResourceFieldRef(source, at),
  configMapKeyRef: validateKeyRef,
  secretKeyRef: validateKeyRef,
  fileKeyRef: validateFileKeyRef,
};

export function validateEnv(env: Loose[] | undefined, at: Findings): void {
  at.items(env, ({ name, value, valueFrom }, own) => {
    if (!name) own.at('name').required();
    else own.at('name').each(name, isEnvVarName(name));
    if (!valueFrom) return;
    const from = own.at('valueFrom');
    const given = Object.keys(ENV_SOURCES).filter((source) => valueFrom[source]);
    for (const source of given) ENV_SOURCES[source]!(valueFrom[source], from.at(source));
    if (given.length === 0)
      from.invalid(
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      );
    else if (value) from.invalid('', 'may not be specified when `value` is not empty');
    else if (given.length > 1) from.invalid('', 'may not have more than one field specified at a time');
  });
}

/** The faults of an entry are told of the list, as Kubernetes does. */
export function validateEnvFrom(sources: Loose[] | undefined, at: Findings): void {
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

function validateKeyRef({ name = '', key }: Loose, at: Findings): void {
  at.at('name').each(name, isDns1123Subdomain(name));
  if (!key) at.at('key').required();
  else at.at('key').each(key, isConfigMapKey(key));
}

function validateFileKeyRef({ key, volumeName, path }: Loose, at: Findings): void {
  if (!key) at.at('key').required();
  else at.at('key').each(key, isEnvVarName(key));
  if (!volumeName) at.at('volumeName').required();
  else at.at('volumeName').each(volumeName, isDns1123Label(volumeName));
  if (!path) at.at('path').required();
  else validateNonReserved(path, at.at('path'));
}

/** What a variable may take from its pod. */
const ENV_FIELD_PATHS = [
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
/** What a file may. */
export const VOLUME_FIELD_PATHS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
/** Paths that are known for pods, whether or not one may ask for them here. */
const KNOWN_PATHS = new Set([
  ...ENV_FIELD_PATHS,
  ...VOLUME_FIELD_PATHS,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

export function validateFieldRef({ apiVersion, fieldPath }: Loose, allowed: string[], at: Findings): void {
  if (!apiVersion) at.at('apiVersion').required();
  else if (!fieldPath) at.at('fieldPath').required();
  else {
    const subscript = /^(.*)\['(.*)'\]$/.exec(fieldPath);
    const why = unknownPath(apiVersion, subscript?.[1], fieldPath);
    if (why !== undefined) at.at('fieldPath').invalid(fieldPath, `error converting fieldPath: ${why}`);
    else if (subscript) {
      const key = subscript[1] === 'metadata.labels' ? subscript[2]! : subscript[2]!.toLowerCase();
      at.each(key, isQualifiedName(key));
    } else if (!allowed.includes(fieldPath)) at.at('fieldPath').notSupported(fieldPath, allowed);
  }
}

function unknownPath(version: string, subscripted: string | undefined, path: string): string | undefined {
  if (version !== 'v1') return `unsupported pod version: ${version}`;
  if (subscripted !== undefined)
    return subscripted === 'metadata.labels' || subscripted === 'metadata.annotations'
      ? undefined
      : `field label does not support subscript: ${path}`;
  return KNOWN_PATHS.has(path) ? undefined : `field label not supported: ${path}`;
}

const RESOURCE_PATHS = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const SIZES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
const DIVISORS: [path: RegExp, units: string[], shown: string, resource: string][] = [
  [/\.cpu$/, ['1m', '1'], '1m and 1', 'cpu'],
  [/\.memory$/, SIZES, SIZES.join(', '), 'memory'],
  [/\.ephemeral-storage$/, SIZES, SIZES.join(', '), 'local ephemeral storage'],
  [/\.hugepages-/, SIZES, SIZES.join(', '), 'hugepages'],
];

export function validateResourceFieldRef(source: Loose, at: Findings, inVolume = false): void {
  const { containerName, resource = '', divisor = '0' } = source;
  if (inVolume && !containerName) at.at('containerName').required();
  else if (resource === '') at.at('resource').required();
  else if (!RESOURCE_PATHS.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource))
    at.at('resource').notSupported(resource, RESOURCE_PATHS);
  const unit = canonicalQuantity(divisor);
  const rule = unit === '0' ? undefined : DIVISORS.find(([path]) => path.test(resource));
  if (rule !== undefined && !rule[1].includes(unit))
    at.at('divisor').invalid(resource, `only divisor's values ${rule[2]} are supported with the ${rule[3]} resource`);
}
