/** APIServices: one for every group version served here, as aggregators and `kubectl get apiservices` look for them. */
import { randomUUID } from 'node:crypto';
import { type KubeObject, timestamp } from '../api/object.ts';
import type { Api } from './call.ts';
import type { ResourceType } from './resources.ts';

type Parts = Pick<Api, 'objects' | 'types' | 'clock'>;

/** Of a group among groups, and of a version in its group, for those that are not 15. */
const GROUPS: Record<string, number> = {
  '': 18000,
  apps: 17800,
  'events.k8s.io': 17750,
  'authentication.k8s.io': 17700,
  'authorization.k8s.io': 17600,
  autoscaling: 17500,
  batch: 17400,
  'certificates.k8s.io': 17300,
  'networking.k8s.io': 17200,
  policy: 17100,
  'rbac.authorization.k8s.io': 17000,
  'storage.k8s.io': 16800,
  'apiextensions.k8s.io': 16700,
  'admissionregistration.k8s.io': 16700,
  'scheduling.k8s.io': 16600,
  'coordination.k8s.io': 16500,
  'node.k8s.io': 16300,
  'discovery.k8s.io': 16200,
  'flowcontrol.apiserver.k8s.io': 16100,
  'resource.k8s.io': 15900,
};
const VERSIONS: Record<string, number> = { '/v1': 1, 'autoscaling/v2': 30, 'flowcontrol.apiserver.k8s.io/v1': 21 };
/** As Kubernetes registers the groups of custom resources. */
const CUSTOM = { groupPriorityMinimum: 1000, versionPriority: 100 };

const isAggregator = (group: string): boolean => group === 'apiregistration.k8s.io';

/** Those of the built-in group versions. */
export function builtinApiServices(types: readonly ResourceType[], now: string): KubeObject[] {
  const found = new Map<string, KubeObject>();
  for (const { group, version } of types) {
    const name = `${version}.${group}`;
    if (found.has(name) || isAggregator(group) || GROUPS[group] === undefined) continue;
    const priorities = { groupPriorityMinimum: GROUPS[group], versionPriority: VERSIONS[`${group}/${version}`] ?? 15 };
    found.set(name, localService(group, version, priorities, 'onstart', now));
  }
  return [...found.values()];
}

function localService(
  group: string,
  version: string,
  priorities: typeof CUSTOM,
  managed: string,
  now: string,
): KubeObject {
  const { groupPriorityMinimum, versionPriority } = priorities;
  const available = {
    type: 'Available',
    status: 'True',
    lastTransitionTime: now,
    reason: 'Local',
    message: 'Local APIServices are always available',
  };
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: {
      name: `${version}.${group}`,
      labels: { 'kube-aggregator.kubernetes.io/automanaged': managed },
      uid: randomUUID(),
      creationTimestamp: now,
    },
    spec: { ...(group !== '' && { group }), groupPriorityMinimum, version, versionPriority },
    status: { conditions: [available] },
  };
}

/** Makes or takes away the APIService of a custom group version, by whether anything of it is served. */
export function followGroupVersion(api: Parts, group: string, version: string): void {
  const type = api.types.find('apiregistration.k8s.io', 'v1', 'apiservices')!;
  const current = api.objects.get(type, '', `${version}.${group}`);
  const isServed = api.types.all().some((each) => each.group === group && each.version === version);
  if (isServed && current === undefined)
    api.objects.put(type, localService(group, version, CUSTOM, 'true', timestamp(api.clock.now())), undefined);
  else if (!isServed && current !== undefined && current['spec'].service === undefined)
    api.objects.delete(type, current);
}
