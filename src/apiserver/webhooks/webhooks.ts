/**
 * Admission webhooks: services outside that may change or refuse what is about to be stored. One behind a service of this
 * cluster fails while the service has no pod that is ready, as in every cluster; once it has, the webhook is not called, as
 * simulated pods have no answer, and the client is told.
 */
import { equalJson } from '../../api/json.ts';
import { applyJsonPatch } from '../../api/patch-json.ts';
import { failure, forbidden, type Status } from '../../api/status.ts';
import type { Call, Draft } from '../call.ts';
import { decodeAdmitted } from '../incoming.ts';
import { callWebhook } from './call-webhook.ts';
import { admissionRequest, type Change } from './change.ts';
import { hooksOf } from './hooks.ts';
import { createEvaluator, meetsConditions } from './policy-expressions.ts';
import type { Reinvocation } from './reinvocation.ts';
import { isConcerned, type MutatingWebhook, type Webhook } from './webhook-match.ts';

interface AdmissionResponse {
  uid: string;
  allowed: boolean;
  status?: Partial<Status>;
  patchType?: string;
  patch?: string;
  warnings?: string[];
}

export const mutatingWebhooks = (call: Call, change: Change): MutatingWebhook[] =>
  concerned(call, hooksOf(call.api).mutatingWebhooks, change);

const concerned = <T extends Webhook>(call: Call, webhooks: T[], { operation, draft, old }: Change): T[] =>
  webhooks.filter((webhook) => isConcerned(webhook, operation, call, draft, old));

/** The draft as the mutating webhooks leave it; undefined for a deletion, which they may only refuse. */
export async function mutateByWebhooks(call: Call, change: Change, rounds: Reinvocation): Promise<Draft | undefined> {
  let { draft } = change;
  for (const webhook of hooksOf(call.api).mutatingWebhooks) {
    const now = { ...change, draft };
    if (!isConcerned(webhook, change.operation, call, draft, change.old) || !rounds.isDue(webhook.name)) continue;
    const response = await ask(call, webhook, now);
    const patched = response?.patch === undefined ? draft : patch(call, webhook, draft, response.patch);
    if (!equalJson(draft, patched)) rounds.changed();
    if (webhook.reinvocationPolicy === 'IfNeeded') rounds.invoked(webhook.name);
    draft = patched;
  }
  return draft;
}

function patch(call: Call, { name }: Webhook, draft: Draft | undefined, text: string): Draft {
  const operations: unknown = JSON.parse(Buffer.from(text, 'base64').toString());
  const start = `admission webhook ${JSON.stringify(name)}`;
  if (draft === undefined)
    throw internalError(`${start} attempted to modify the object, which is not supported for this operation`);
  try {
    return decodeAdmitted(call, applyJsonPatch(draft, operations));
  } catch (error) {
    throw internalError((error as Error).message);
  }
}

const internalError = (why: string) =>
  failure(500, 'InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] });

/** Throws the refusal of the first validating webhook that refuses. */
export function validateByWebhooks(call: Call, change: Change): Promise<void> | undefined {
  const webhooks = concerned(call, hooksOf(call.api).validatingWebhooks, change);
  return webhooks.length === 0 ? undefined : validate(call, webhooks, change);
}

async function validate(call: Call, webhooks: Webhook[], change: Change): Promise<void> {
  await Promise.all(webhooks.map((webhook) => ask(call, webhook, change)));
}

/** The webhook's answer; undefined where it was not asked or its failure is to be ignored. */
async function ask(call: Call, webhook: Webhook, change: Change): Promise<AdmissionResponse | undefined> {
  if (!(await meets(call, webhook, change))) return undefined;
  if (call.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun')
    throw failure(400, 'BadRequest', `admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
  try {
    const review = reviewOf(call, change);
    const { clientConfig, timeoutSeconds = 10 } = webhook;
    const answer = await callWebhook(call.api, clientConfig, timeoutSeconds, review).catch((error: Error) => {
      throw new Error(`failed to call webhook: ${error.message}`, { cause: error });
    });
    if (answer !== undefined) return judged(call, webhook, responseIn(answer, review.request.uid));
    const of = `${clientConfig.service?.namespace}/${clientConfig.service?.name}`;
    call.warnings.push(`webhook ${JSON.stringify(webhook.name)} is not called: service ${of} runs in simulated pods`);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) throw error.status;
    if (webhook.failurePolicy === 'Ignore') return undefined;
    throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${(error as Error).message}`);
  }
}

/** Whether the webhook's conditions hold; where one fails its failure policy decides. */
async function meets(call: Call, { matchConditions, failurePolicy }: Webhook, change: Change): Promise<boolean> {
  if (!matchConditions?.length) return true;
  const evaluatorOf = await createEvaluator(call, change);
  try {
    return meetsConditions(matchConditions, evaluatorOf());
  } catch (error) {
    if (failurePolicy === 'Ignore') return false;
    throw forbidden(call.type, (change.draft ?? change.old)?.metadata.name ?? '', (error as Error).message);
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
  const { apiVersion, kind, response } = answer as { apiVersion?: string; kind?: string; response?: AdmissionResponse };
  const refuse = (why: string) => new Error(`received invalid webhook response: ${why}`);
  if (kind !== 'AdmissionReview' || apiVersion !== 'admission.k8s.io/v1')
    throw refuse(
      `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${apiVersion}, Kind=${kind}`,
    );
  if (response === undefined) throw refuse('webhook response was absent');
  if (response.uid !== uid)
    throw refuse(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid)}`);
  if (response.patch !== undefined && response.patchType === undefined)
    throw refuse('webhook returned response.patch but not response.patchType');
  if (response.patch !== undefined && response.patchType !== 'JSONPatch')
    throw refuse(`webhook returned invalid response.patchType of ${JSON.stringify(response.patchType)}`);
  return response;
}

const reviewOf = (call: Call, change: Change) => ({
  kind: 'AdmissionReview',
  apiVersion: 'admission.k8s.io/v1',
  request: admissionRequest(call, change),
});
