/**
 * Admission webhooks: services outside that may change or refuse what is about to be stored. Those that name a service
 * of this cluster are not called, as nothing runs behind its simulated pods; the client is told.
 */
import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../../api/object.ts';
import { applyJsonPatch } from '../../api/patch-json.ts';
import { failure, type Status } from '../../api/status.ts';
import type { Call, Draft } from '../call.ts';
import { isConcerned, type Operation, type Webhook } from './webhook-match.ts';

/** Sends JSON over HTTPS and answers the JSON that comes back; throws where that fails. */
export type PostJson = (url: string, body: unknown, options: { ca?: string; timeoutMs: number }) => Promise<unknown>;

interface AdmissionResponse {
  uid: string;
  allowed: boolean;
  status?: Partial<Status>;
  patchType?: string;
  patch?: string;
  warnings?: string[];
}

/** A change under way. */
export interface Change {
  operation: Operation;
  /** What would be stored; undefined for a deletion. */
  draft: Draft | undefined;
  old: KubeObject | undefined;
}

/** The draft as the mutating webhooks leave it. Undefined, without a promise, where there is nobody to ask. */
export function mutateByWebhooks(call: Call, change: Change): Promise<Draft> | undefined {
  const webhooks = concerned(call, 'mutatingwebhookconfigurations', change);
  return webhooks.length === 0 ? undefined : mutate(call, webhooks, change);
}

/** Throws the refusal of the first validating webhook that refuses. */
export function validateByWebhooks(call: Call, change: Change): Promise<void> | undefined {
  const webhooks = concerned(call, 'validatingwebhookconfigurations', change);
  return webhooks.length === 0 ? undefined : validate(call, webhooks, change);
}

function concerned(call: Call, resource: string, { operation, draft, old }: Change): Webhook[] {
  const { objects, types } = call.api;
  const configurations = objects.all(types.find('admissionregistration.k8s.io', 'v1', resource)!);
  if (configurations.length === 0) return [];
  return configurations
    .flatMap((configuration) => (configuration['webhooks'] ?? []) as Webhook[])
    .filter((webhook) => isConcerned(webhook, operation, call, draft, old));
}

async function mutate(call: Call, webhooks: Webhook[], change: Change): Promise<Draft> {
  let draft = change.draft!;
  for (const webhook of webhooks) {
    const response = await ask(call, webhook, { ...change, draft });
    if (response?.patch === undefined) continue;
    const patch: unknown = JSON.parse(Buffer.from(response.patch, 'base64').toString());
    draft = applyJsonPatch(draft, patch) as Draft;
  }
  return draft;
}

async function validate(call: Call, webhooks: Webhook[], change: Change): Promise<void> {
  await Promise.all(webhooks.map((webhook) => ask(call, webhook, change)));
}

/** The webhook's answer; undefined where it was not asked or its failure is to be ignored. */
async function ask(call: Call, webhook: Webhook, change: Change): Promise<AdmissionResponse | undefined> {
  const { url, caBundle, service } = webhook.clientConfig;
  if (url === undefined) {
    const of = `${service?.namespace}/${service?.name}`;
    call.warnings.push(`webhook ${JSON.stringify(webhook.name)} is not called: service ${of} runs in simulated pods`);
    return undefined;
  }
  if (call.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun')
    throw failure(400, 'BadRequest', `admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
  try {
    const timeoutMs = (webhook.timeoutSeconds ?? 10) * 1000;
    const ca = caBundle === undefined ? undefined : Buffer.from(caBundle, 'base64').toString();
    const review = reviewOf(call, change);
    const answer = await call.api.postJson(url, review, { timeoutMs, ...(ca && { ca }) });
    return judged(call, webhook, responseIn(answer, review.request.uid));
  } catch (error) {
    if (error instanceof Refusal) throw error.status;
    if (webhook.failurePolicy === 'Ignore') return undefined;
    const why = `failed calling webhook ${JSON.stringify(webhook.name)}: ${(error as Error).message}`;
    throw failure(500, 'InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] });
  }
}

/** The webhook has spoken: not a failure that a policy could ignore. */
class Refusal extends Error {
  readonly status: ReturnType<typeof failure>;
  constructor(status: ReturnType<typeof failure>) {
    super(status.message);
    this.status = status;
  }
}

function judged(call: Call, { name }: Webhook, response: AdmissionResponse): AdmissionResponse {
  for (const warning of response.warnings ?? []) call.warnings.push(warning);
  if (response.allowed) return response;
  const { code = 403, reason = 'Forbidden', message, details } = response.status ?? {};
  const start = `admission webhook ${JSON.stringify(name)} denied the request`;
  const text = message ? `${start}: ${message}` : `${start} without explanation`;
  throw new Refusal(failure(code >= 400 ? code : 403, reason, text, details));
}

function responseIn(answer: unknown, uid: string): AdmissionResponse {
  const { kind, response } = answer as { kind?: string; response?: AdmissionResponse };
  if (kind !== 'AdmissionReview' || response === undefined) throw new Error('webhook response is no AdmissionReview');
  if (response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid)}`);
  if (response.patch !== undefined && response.patchType !== 'JSONPatch')
    throw new Error(`webhook returned invalid patch type ${JSON.stringify(response.patchType)}`);
  return response;
}

const reviewOf = (call: Call, change: Change) => ({
  kind: 'AdmissionReview',
  apiVersion: 'admission.k8s.io/v1',
  request: admissionRequest(call, change),
});

/** The request as webhooks and policies see it. */
export function admissionRequest({ type, target, user, dryRun }: Call, { operation, draft, old }: Change) {
  const { group, version, kind, resource } = type;
  const of = { group, version };
  return {
    uid: randomUUID(),
    kind: { ...of, kind },
    resource: { ...of, resource },
    ...(target.subresource !== '' && { subResource: target.subresource }),
    requestKind: { ...of, kind },
    requestResource: { ...of, resource },
    name: draft?.metadata.name ?? target.name,
    ...(type.namespaced && { namespace: target.namespace }),
    operation,
    userInfo: { username: user.name, groups: user.groups, ...(user.uid && { uid: user.uid }) },
    object: draft ?? null,
    oldObject: old ?? null,
    dryRun,
    options: { kind: `${operation[0]}${operation.slice(1).toLowerCase()}Options`, apiVersion: 'meta.k8s.io/v1' },
  };
}
