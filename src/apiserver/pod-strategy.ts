/** Pods: pending until a node has them, gone only when that node has stopped them. */
import { cloneJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import type { Container } from '../api/pod-resources.ts';
import { qosClass } from '../api/qos.ts';
import type { Draft } from './call.ts';
import type { Strategy } from './strategy.ts';

export const podStrategy: Strategy = {
  prepareForCreate(draft) {
    const gated = draft['spec']?.schedulingGates?.length > 0;
    draft['status'] = { phase: 'Pending', qosClass: qosClass(draft['spec']), ...(gated && { conditions: [GATED] }) };
  },
  prepareForUpdate: (draft, current) => void (draft['status'] = current['status']),
  prepareSubresource: { ephemeralcontainers: prepareEphemeral, resize: prepareResize },
  gracePeriod,
  returnsDeleted: true,
};

const GATED = {
  type: 'PodScheduled',
  status: 'False',
  lastProbeTime: null,
  lastTransitionTime: null,
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
};

/** The running pod with the draft's ephemeral containers. */
function prepareEphemeral(draft: Draft, current: KubeObject): void {
  const asked = draft['spec']?.ephemeralContainers;
  restore(draft, current);
  if (asked !== undefined) draft['spec'].ephemeralContainers = asked;
}

/** The running pod with the resources that the draft gives to its containers. */
function prepareResize(draft: Draft, current: KubeObject): void {
  const asked: Container[] = [...(draft['spec']?.containers ?? []), ...(draft['spec']?.initContainers ?? [])];
  restore(draft, current);
  for (const container of [...draft['spec'].containers, ...(draft['spec'].initContainers ?? [])] as Container[]) {
    const wanted = asked.find(({ name }) => name === container.name);
    if (wanted?.resources !== undefined) container.resources = wanted.resources;
  }
}

function restore(draft: Draft, current: KubeObject): void {
  draft['spec'] = cloneJson(current['spec']);
  draft['status'] = current['status'];
}

/** What the client asked for or the pod's own, none where nothing runs. */
function gracePeriod({ spec, status }: KubeObject, asked: number | undefined): number {
  if (!spec?.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0;
  return Math.max(0, asked ?? spec.terminationGracePeriodSeconds ?? 30);
}
