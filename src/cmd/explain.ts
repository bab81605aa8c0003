/** Why a wait failed, for people: which object, the state of its containers, its last events, and what to do. */
import type { Client } from '../client/types.ts';
import { findReasons } from '../kube/reasons.ts';
import type { ResourceStatus } from '../kube/wait.ts';

/** Text of several lines, '' where there is nothing to say. Never throws: it must not hide the failure itself. */
export async function explainFailure(client: Client, unready: ResourceStatus[]): Promise<string> {
  const reasons = await findReasons(client, unready).catch(() => []);
  return reasons
    .map(({ object, facts, advice }) => [`${object} is not ready:`, ...facts, ...advice.map((line) => `→ ${line}`)])
    .map(([head, ...rest]) => `${head}\n${rest.map((line) => `  ${line}\n`).join('')}`)
    .join('');
}
