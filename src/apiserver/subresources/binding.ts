/** binding: a pod is given its node, once. */
import type { ApiResponse } from '../../api/http.ts';
import { cloneJson } from '../../api/json.ts';
import { type KubeObject, timestamp } from '../../api/object.ts';
import { badRequest, conflict, notFound } from '../../api/status.ts';
import { decodeBody } from '../body.ts';
import { type Call, succeeded } from '../call.ts';
import { answer } from '../representation.ts';

interface Binding extends KubeObject {
  target?: { kind?: string; name?: string };
}

/** `POST pods/x/binding`, and the older `POST bindings` where the binding itself names the pod. */
export function bind(call: Call): ApiResponse {
  const { api, target } = call;
  const binding = decodeBody(call.request, 'Binding').value as Binding;
  const name = target.name || binding.metadata?.name;
  const node = binding?.target?.name;
  if (!node) throw badRequest('Binding.target.name: Required value');
  const type = api.types.find('', 'v1', 'pods')!;
  const pod = api.objects.get(type, target.namespace, name);
  if (pod === undefined) throw notFound(type, name);
  checkUnbound(pod, node);
  const draft = cloneJson(pod);
  draft['spec'].nodeName = node;
  Object.assign((draft.metadata.annotations ??= {}), binding.metadata?.annotations);
  if (Object.keys(draft.metadata.annotations).length === 0) delete draft.metadata.annotations;
  setScheduled(draft, timestamp(api.clock.now()));
  if (!call.dryRun && api.objects.put(type, draft, pod) === undefined)
    throw conflict({ ...type, resource: 'pods/binding' }, name, 'the pod was modified while it was bound');
  return answer(call, 201, succeeded());
}

function checkUnbound({ metadata, spec }: KubeObject, node: string): void {
  const refuse = (why: string) => conflict({ group: '', version: 'v1', resource: 'pods/binding' }, metadata.name, why);
  if (metadata.deletionTimestamp !== undefined)
    throw refuse(`pod ${metadata.name} is being deleted, cannot be assigned to a host`);
  if (spec.nodeName)
    throw refuse(
      `pod ${metadata.name} is already assigned to node ${JSON.stringify(spec.nodeName === node ? node : spec.nodeName)}`,
    );
  if (spec.schedulingGates?.length > 0) throw refuse(`pod ${metadata.name} has non-empty .spec.schedulingGates`);
}

function setScheduled(pod: KubeObject, now: string): void {
  const status = (pod['status'] ??= {});
  const others = (status.conditions ?? []).filter(({ type }: { type: string }) => type !== 'PodScheduled');
  const generation = pod.metadata.generation;
  const scheduled = { type: 'PodScheduled', ...(generation && { observedGeneration: generation }), status: 'True' };
  status.conditions = [...others, { ...scheduled, lastProbeTime: null, lastTransitionTime: now }];
}
