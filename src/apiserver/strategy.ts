/** What a kind does beyond what every kind does: a row of small functions. */
import type { Condition } from '../api/conditions.ts';
import { cloneJson, equalJson } from '../api/json.ts';
import { type KubeObject, timestamp } from '../api/object.ts';
import type { Call, Draft } from './call.ts';
import { cleanUp, establish, reestablish } from './custom-resources.ts';
import { emptyObject } from './empty-objects.ts';
import { podStrategy } from './pod-strategy.ts';
import type { ResourceType } from './resources.ts';
import { fillAccountToken } from './service-account-secrets.ts';
import { allocateAddresses } from './service-addresses.ts';
import { checkTypes } from './webhooks/type-checking.ts';

export interface Strategy {
  /** Changes the draft before it is stored for the first time. */
  prepareForCreate?(draft: Draft, call: Call): void;
  prepareForUpdate?(draft: Draft, current: KubeObject, call: Call): void;
  /** By subresource: puts back into the draft what that subresource does not cover. */
  prepareSubresource?: Record<string, (draft: Draft, current: KubeObject, call: Call) => void>;
  /** Changes an object that its deletion marks but does not yet remove. */
  prepareForDelete?(draft: Draft, call: Call): void;
  /** Runs when a deletion has marked an object and not removed it. */
  afterDelete?(object: KubeObject, call: Call): void;
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

/** Whatever status the client sent is none of its business. */
function resetStatus(draft: Draft, { type }: Pick<Call, 'type'>): void {
  const { status } = emptyObject({ ...type.storage, kind: type.kind });
  if (status === undefined) delete draft['status'];
  else draft['status'] = cloneJson(status);
}

const phaseTime = ({ api }: Call) => ({ lastPhaseTransitionTime: timestamp(api.clock.now()) });
const phase = (name: string) => (draft: Draft) => void (draft['status'] = { phase: name });

const NONE: Strategy = {};
const WITH_STATUS: Strategy = { prepareForCreate: resetStatus };

const STRATEGIES: Record<string, Strategy> = {
  pods: podStrategy,
  namespaces: {
    prepareForCreate(draft) {
      draft['status'] = { phase: 'Active' };
      draft['spec'] = { ...draft['spec'], finalizers: ['kubernetes'] };
    },
    prepareForUpdate: (draft, current) => void (draft['spec'] = current['spec']),
    prepareSubresource: {
      finalize: (draft, current) => void (draft['status'] = current['status']),
    },
    prepareForDelete: (draft) => void (draft['status'] = { ...draft['status'], phase: 'Terminating' }),
    returnsDeleted: true,
  },
  nodes: {},
  persistentvolumes: {
    prepareForCreate: (draft, call) => void (draft['status'] = { phase: 'Pending', ...phaseTime(call) }),
    prepareSubresource: {
      status(draft, current, call) {
        if (draft['status']?.phase !== current['status']?.phase)
          draft['status'] = { ...draft['status'], ...phaseTime(call) };
      },
    },
    returnsDeleted: true,
  },
  persistentvolumeclaims: { prepareForCreate: phase('Pending'), returnsDeleted: true },
  services: {
    prepareForCreate(draft, call) {
      draft['status'] = { loadBalancer: {} };
      allocateAddresses(draft, call);
    },
    prepareForUpdate: (draft, current, call) => allocateAddresses(draft, call, current),
    returnsDeleted: true,
  },
  secrets: { prepareForCreate: fillAccountToken },
  serviceaccounts: { returnsDeleted: true },
  resourcequotas: { prepareForCreate: resetStatus, returnsDeleted: true },
  podtemplates: { returnsDeleted: true },
  replicationcontrollers: { prepareForCreate: resetStatus, orphansByDefault: true },
  'jobs.batch': { prepareForCreate: prepareJob, orphansByDefault: true },
  'daemonsets.apps': {
    prepareForCreate(draft, call) {
      resetStatus(draft, call);
      annotate(draft, TEMPLATE_GENERATION, '1');
    },
    prepareForUpdate(draft, current) {
      const before = Number(current.metadata.annotations?.[TEMPLATE_GENERATION] ?? 1);
      const same = equalJson(draft['spec'].template, current['spec'].template);
      annotate(draft, TEMPLATE_GENERATION, String(same ? before : before + 1));
    },
  },
  'certificatesigningrequests.certificates.k8s.io': {
    prepareForCreate: prepareSigningRequest,
    prepareForUpdate: (draft, current) => void (draft['spec'] = current['spec']),
    prepareSubresource: { approval: prepareApproval },
  },
  'customresourcedefinitions.apiextensions.k8s.io': {
    prepareForCreate: (draft, { api }) => establish(draft, api),
    prepareForUpdate: reestablish,
    afterDelete: (definition, { api }) => cleanUp(api, definition),
  },
  'validatingadmissionpolicies.admissionregistration.k8s.io': {
    prepareForCreate: (draft, call) => judgePolicy(draft, 1, call),
    prepareForUpdate(draft, current, call) {
      if (!equalJson(draft['spec'], current['spec'])) judgePolicy(draft, (current.metadata.generation ?? 0) + 1, call);
    },
  },
  events: { createsOnUpdate: true },
  'events.events.k8s.io': { createsOnUpdate: true },
  endpoints: { createsOnUpdate: true },
  limitranges: { createsOnUpdate: true },
  'leases.coordination.k8s.io': { createsOnUpdate: true },
};

const CUSTOM: Strategy = { requiresVersion: true };

export function strategyOf(type: ResourceType): Strategy {
  if (type.decode !== undefined) return CUSTOM;
  const { group, resource } = type;
  const own = STRATEGIES[group === '' ? resource : `${resource}.${group}`];
  return own ?? (type.subresources['status'] === undefined ? NONE : WITH_STATUS);
}

/** What does not fit the types it is for is told at once. */
function judgePolicy(draft: Draft, observedGeneration: number, { api }: Call): void {
  draft['status'] = { ...draft['status'], observedGeneration, typeChecking: checkTypes(api, draft['spec'] ?? {}) };
}

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

function annotate({ metadata }: Draft, key: string, value: string): void {
  metadata.annotations = { ...metadata.annotations, [key]: value };
}

/** A job finds its pods by a label with its own uid, unless it brings a selector and says so. */
function prepareJob(draft: Draft, call: Call): void {
  resetStatus(draft, call);
  const { spec, metadata } = draft;
  if (spec.manualSelector === true || spec.template === undefined) return;
  const { uid = '', name } = metadata;
  spec.template.metadata = { ...spec.template.metadata };
  spec.template.metadata.labels = {
    ...spec.template.metadata.labels,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  // As Kubernetes: what the pods are labelled with, a job without labels has as well.
  if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...spec.template.metadata.labels };
  spec.selector ??= {};
  spec.selector.matchLabels = { ...spec.selector.matchLabels, 'batch.kubernetes.io/controller-uid': uid };
}

/** Who asks for a certificate is who sent the request, whatever the request says. */
function prepareSigningRequest(draft: Draft, { user }: Call): void {
  draft['status'] = {};
  const { name, uid, groups, extra } = user;
  draft['spec'] = { ...draft['spec'], username: name, groups, ...(uid && { uid }), ...(extra && { extra }) };
}

function prepareApproval(draft: Draft, current: KubeObject, { api }: Call): void {
  const now = timestamp(api.clock.now());
  const conditions: Condition[] = draft['status']?.conditions ?? [];
  draft['spec'] = current['spec'];
  draft['status'] = {
    ...current['status'],
    conditions: conditions.map((condition) => ({
      ...condition,
      lastUpdateTime: condition.lastUpdateTime ?? now,
      lastTransitionTime: condition.lastTransitionTime ?? now,
    })),
  };
}
