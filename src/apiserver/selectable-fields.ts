/** The fields a field selector may name, by resource: each as the text it is compared by. */
import type { KubeObject } from '../api/object.ts';
import type { ResourceType } from './resources.ts';

type Read = (object: KubeObject) => string;

/** A path through the object; what is absent compares as the empty text, or as `absent`. */
const at = (path: string, absent = ''): Read => {
  const steps = path.split('.');
  return (object) => {
    let value: unknown = object;
    for (const step of steps) value = (value as Record<string, unknown> | undefined)?.[step];
    return value === undefined || value === null ? absent : String(value);
  };
};

const paths = (...names: string[]): Record<string, Read> => Object.fromEntries(names.map((name) => [name, at(name)]));

const involved = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
const eventFields = (reference: string): Record<string, Read> => ({
  ...Object.fromEntries(involved.map((field) => [`${reference}.${field}`, at(`${reference}.${field}`)])),
  reason: at('reason'),
  type: at('type'),
});

const BY_RESOURCE: Record<string, Record<string, Read>> = {
  pods: {
    ...paths('spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'status.phase'),
    ...paths('status.nominatedNodeName'),
    'spec.hostNetwork': at('spec.hostNetwork', 'false'),
    'status.podIP': at('status.podIP'),
    'status.podIPs': at('status.podIP'),
  },
  events: {
    ...eventFields('involvedObject'),
    reportingComponent: at('reportingComponent'),
    source: (event) => event['source']?.component || (event['reportingComponent'] ?? ''),
  },
  'events.events.k8s.io': {
    ...eventFields('regarding'),
    reportingController: at('reportingController'),
  },
  secrets: paths('type'),
  namespaces: paths('status.phase'),
  nodes: { 'spec.unschedulable': at('spec.unschedulable', 'false') },
  services: paths('spec.clusterIP', 'spec.type'),
  replicationcontrollers: { 'status.replicas': at('status.replicas', '0') },
  'replicasets.apps': { 'status.replicas': at('status.replicas', '0') },
  'jobs.batch': { 'status.successful': at('status.succeeded', '0') },
  'certificatesigningrequests.certificates.k8s.io': paths('spec.signerName'),
  'ipaddresses.networking.k8s.io': {
    'spec.parentRef.namespace': at('spec.parentRef.namespace'),
    'spec.parentRef.name': at('spec.parentRef.name'),
    'spec.parentRef.resource': at('spec.parentRef.resource'),
  },
  'resourceslices.resource.k8s.io': paths('spec.nodeName', 'spec.driver'),
};

/** Those with words of their own for a field they do not know. */
const OLD_WORDS = new Set([
  'pods',
  'nodes',
  'events',
  'events.events.k8s.io',
  'namespaces',
  'secrets',
  'services',
  'replicationcontrollers',
  'certificatesigningrequests.certificates.k8s.io',
]);

/** What is told of a field that no selector of this type may name. */
export function unknownField(type: ResourceType, field: string): string {
  if (nameOf(type) === 'jobs.batch') return `field label ${JSON.stringify(field)} not supported for Job`;
  if (hasOwnWords(type)) return `field label not supported: ${field}`;
  return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

const nameOf = ({ group, resource }: ResourceType): string => (group === '' ? resource : `${resource}.${group}`);
const hasOwnWords = (type: ResourceType): boolean => type.decode !== undefined || OLD_WORDS.has(nameOf(type));

const COMMON: Record<string, Read> = paths('metadata.name', 'metadata.namespace');

export function selectableFields(type: ResourceType): Record<string, Read> {
  const { namespaced, selectable } = type;
  return {
    // As Kubernetes: most kinds in no namespace let the empty one be asked for.
    ...(namespaced || !hasOwnWords(type) ? COMMON : { 'metadata.name': COMMON['metadata.name']! }),
    ...BY_RESOURCE[nameOf(type)],
    ...(selectable && paths(...selectable)),
  };
}
