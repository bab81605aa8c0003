/** eviction: a deletion that asks the pod's disruption budget first. */
import type { ApiResponse } from '../../api/http.ts';
import { cloneJson } from '../../api/json.ts';
import { type KubeObject, timestamp } from '../../api/object.ts';
import { isReady } from '../../api/pods.ts';
import { fromLabelSelector, matchesLabels } from '../../api/selectors.ts';
import { failure } from '../../api/status.ts';
import { decodeBody } from '../body.ts';
import { type Call, succeeded } from '../call.ts';
import type { DeleteOptions } from '../delete-options.ts';
import { answer } from '../representation.ts';
import { deleteObject } from '../verbs/delete.ts';
import { existing } from '../verbs/read.ts';

export function evict(call: Call): ApiResponse {
  const eviction = decodeBody(call.request, 'Eviction').value as { deleteOptions?: DeleteOptions } | undefined;
  const options = eviction?.deleteOptions ?? {};
  if (options.dryRun?.includes('All')) call.dryRun = true;
  const pod = existing(call);
  if (!isExempt(pod)) spendDisruption(call, pod);
  deleteObject(call, pod, { propagationPolicy: 'Background', ...options });
  return answer(call, 201, succeeded());
}

/** Nothing is disrupted by the end of a pod that does not serve. */
const isExempt = ({ metadata, status }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined || ['Pending', 'Succeeded', 'Failed'].includes(status?.phase);

function spendDisruption(call: Call, pod: KubeObject): void {
  const { api } = call;
  const type = api.types.find('policy', 'v1', 'poddisruptionbudgets')!;
  const budgets = api.objects.all(type, call.target.namespace).filter((budget) => covers(budget, pod));
  if (budgets.length === 0) return;
  if (budgets.length > 1)
    throw failure(
      500,
      'InternalError',
      'Internal error occurred: This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const budget = budgets[0]!;
  const draft = cloneJson(budget);
  const status = (draft['status'] ??= {});
  if ((status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0))
    throw refusal(`The disruption budget ${budget.metadata.name} is still being processed by the server.`, 10);
  if (!isReady(pod) && mayGoUnhealthy(budget)) return;
  if ((status.disruptionsAllowed ?? 0) <= 0)
    throw refusal(
      `The disruption budget ${budget.metadata.name} needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`,
    );
  if (call.dryRun) return;
  status.disruptionsAllowed--;
  (status.disruptedPods ??= {})[pod.metadata.name] = timestamp(api.clock.now());
  if (api.objects.put(type, draft, budget) === undefined) throw refusal('The disruption budget changed meanwhile.', 1);
}

/** A pod that serves nobody is held only where it is needed to come up to the number that the budget keeps. */
const mayGoUnhealthy = ({ spec, status: { currentHealthy = 0, desiredHealthy = 0 } }: KubeObject): boolean =>
  spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (desiredHealthy > 0 && currentHealthy >= desiredHealthy);

function covers({ spec }: KubeObject, pod: KubeObject): boolean {
  return matchesLabels(fromLabelSelector(spec?.selector), pod.metadata.labels);
}

const refusal = (cause: string, retryAfterSeconds?: number) =>
  failure(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message: cause }],
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
