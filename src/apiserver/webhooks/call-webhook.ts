/** One call of a webhook, whether it admits or converts: where it is, and what is told when it cannot be reached. */
import type { Api } from '../call.ts';
import { serviceUrl, unreachable } from './service-reference.ts';
import type { ClientConfig } from './webhook-match.ts';

/** Sends JSON over HTTPS and answers the JSON that comes back; throws where that fails. */
export type PostJson = (url: string, body: unknown, options: { ca?: string; timeoutMs: number }) => Promise<unknown>;

type Parts = Pick<Api, 'objects' | 'types' | 'postJson'>;

/** The answer; undefined where only simulated pods could give one. Throws `failed to call webhook: …`. */
export async function callWebhook(
  api: Parts,
  { url, caBundle, service }: ClientConfig,
  timeoutSeconds: number,
  review: unknown,
): Promise<unknown> {
  const address = `${url ?? serviceUrl(service!)}?timeout=${timeoutSeconds}s`;
  const why = url === undefined ? unreachable(api, service!) : undefined;
  if (why !== undefined) throw new Error(`failed to call webhook: Post ${JSON.stringify(address)}: ${why}`);
  if (url === undefined) return undefined;
  const ca = caBundle ? Buffer.from(caBundle, 'base64').toString() : undefined;
  try {
    return await api.postJson(address, review, { timeoutMs: timeoutSeconds * 1000, ...(ca && { ca }) });
  } catch (error) {
    throw new Error(`failed to call webhook: ${(error as Error).message}`, { cause: error });
  }
}
