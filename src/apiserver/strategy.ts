/** What a kind does beyond what every kind does: a row of small functions. */
import type { KubeObject } from '../api/object.ts';
import type { Call, Draft } from './call.ts';
import type { ResourceType } from './resources.ts';
import { allocateAddresses } from './service-addresses.ts';

export interface Strategy {
  /** Changes the draft before it is stored for the first time. */
  prepareForCreate?(draft: Draft, call: Call): void;
  prepareForUpdate?(draft: Draft, current: KubeObject, call: Call): void;
  /** By subresource. */
  prepareSubresource?: Record<string, (draft: Draft, current: KubeObject, call: Call) => void>;
  /** Changes an object that its deletion marks but does not yet remove. */
  prepareForDelete?(draft: Draft, call: Call): void;
  /** Seconds between the deletion and the end, given what the client asked for. */
  gracePeriod?(object: KubeObject, asked: number | undefined): number;
  /** A PUT of what does not exist creates it. */
  createsOnUpdate?: boolean;
  /** An update must name the version it replaces. */
  requiresVersion?: boolean;
  /** A deletion answers with the object instead of a Status. */
  returnsDeleted?: boolean;
  /** Dependents are left alone unless the deletion says otherwise. */
  orphansByDefault?: boolean;
}

const dropStatus = (draft: Draft): void => void delete draft['status'];
const phase = (name: string) => (draft: Draft) => void (draft['status'] = { phase: name });

const NONE: Strategy = {};
const STATUSLESS: Strategy = { prepareForCreate: dropStatus };

const STRATEGIES: Record<string, Strategy> = {
  pods: {
    prepareForCreate: (draft) => void (draft['status'] = { phase: 'Pending', qosClass: 'BestEffort' }),
    gracePeriod: podGracePeriod,
    returnsDeleted: true,
  },
  namespaces: {
    prepareForCreate(draft) {
      draft['status'] = { phase: 'Active' };
      draft['spec'] = { ...draft['spec'], finalizers: ['kubernetes'] };
      draft.metadata.labels = { ...draft.metadata.labels, 'kubernetes.io/metadata.name': draft.metadata.name };
    },
    prepareForUpdate(draft, current) {
      draft['spec'] = current['spec'];
    },
    prepareSubresource: {
      finalize: (draft, current) => void (draft['status'] = current['status']),
    },
    prepareForDelete: (draft) => void (draft['status'] = { ...draft['status'], phase: 'Terminating' }),
    returnsDeleted: true,
  },
  persistentvolumes: { prepareForCreate: phase('Pending'), returnsDeleted: true },
  persistentvolumeclaims: { prepareForCreate: phase('Pending'), returnsDeleted: true },
  services: {
    prepareForCreate(draft, call) {
      draft['status'] = { loadBalancer: {} };
      allocateAddresses(draft, call);
    },
    prepareForUpdate: (draft, current, call) => allocateAddresses(draft, call, current),
    returnsDeleted: true,
  },
  serviceaccounts: { returnsDeleted: true },
  resourcequotas: { prepareForCreate: dropStatus, returnsDeleted: true },
  replicationcontrollers: { prepareForCreate: dropStatus, orphansByDefault: true },
  'jobs.batch': { prepareForCreate: dropStatus, orphansByDefault: true },
  events: { createsOnUpdate: true },
  'events.events.k8s.io': { createsOnUpdate: true },
  endpoints: { createsOnUpdate: true },
  limitranges: { createsOnUpdate: true },
  'leases.coordination.k8s.io': { createsOnUpdate: true },
};

export function strategyOf(type: ResourceType): Strategy {
  const { group, resource } = type;
  const own = STRATEGIES[group === '' ? resource : `${resource}.${group}`];
  return own ?? (type.subresources['status'] === undefined ? NONE : STATUSLESS);
}

/** What the client asked for or the pod's own, none where nothing runs. */
function podGracePeriod({ spec, status }: KubeObject, asked: number | undefined): number {
  if (!spec?.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0;
  return Math.max(0, asked ?? spec.terminationGracePeriodSeconds ?? 30);
}
