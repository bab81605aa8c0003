/** One call of a webhook, whether it admits or converts: where it is, and what is told when it cannot be reached. */
import type { Api } from '../call.ts';
import { serviceUrl, unreachable } from './service-reference.ts';
import type { ClientConfig } from './webhook-match.ts';

/** Sends JSON over HTTPS and answers the JSON that comes back; throws where that fails. */
export type PostJson = (url: string, body: unknown, options: { ca?: string; timeoutMs: number }) => Promise<unknown>;

export type WebhookParts = Pick<Api, 'objects' | 'types' | 'postJson'>;

/** The answer; undefined where only simulated pods could give one. Throws `Post "…": …`. */
export async function callWebhook(
  api: WebhookParts,
  { url, caBundle, service }: ClientConfig,
  timeoutSeconds: number,
  review: unknown,
): Promise<unknown> {
  const address = `${url ?? serviceUrl(service!)}?timeout=${timeoutSeconds}s`;
  const why = url === undefined ? unreachable(api, service!) : undefined;
  if (why !== undefined) throw new Error(`Post ${JSON.stringify(address)}: ${why}`);
  if (url === undefined) return undefined;
  const ca = caBundle ? Buffer.from(caBundle, 'base64').toString() : undefined;
  return api.postJson(address, review, { timeoutMs: timeoutSeconds * 1000, ...(ca && { ca }) });
}
