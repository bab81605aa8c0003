/** Pods: pending until a node has them, gone only when that node has stopped them. */
import { cloneJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import { compareQuantities, parseQuantity } from '../api/quantity.ts';
import type { Container } from './admission/pod-resources.ts';
import type { Draft } from './call.ts';
import type { Strategy } from './strategy.ts';

export const podStrategy: Strategy = {
  prepareForCreate(draft) {
    draft['status'] = { phase: 'Pending', qosClass: qosClass(draft) };
  },
  prepareForUpdate: (draft, current) => void (draft['status'] = current['status']),
  prepareSubresource: { ephemeralcontainers: prepareEphemeral, resize: prepareResize },
  gracePeriod,
  returnsDeleted: true,
};

const COMPUTE = ['cpu', 'memory'];

/** Guaranteed: every container limits cpu and memory and requests just that. Best effort: none says anything. */
function qosClass({ spec }: KubeObject): string {
  const containers: Container[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const says = ({ resources }: Container) =>
    COMPUTE.some((name) => isPositive(resources?.requests?.[name]) || isPositive(resources?.limits?.[name]));
  if (!containers.some(says)) return 'BestEffort';
  return containers.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

const isPositive = (text: string | undefined): boolean => text !== undefined && parseQuantity(text).unscaled > 0n;

function isGuaranteed({ resources }: Container): boolean {
  return COMPUTE.every((name) => {
    const [limit, request] = [resources?.limits?.[name], resources?.requests?.[name]];
    if (!isPositive(limit)) return false;
    return request === undefined || compareQuantities(parseQuantity(request), parseQuantity(limit!)) === 0;
  });
}

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
