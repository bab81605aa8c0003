/** Why a wait failed, for people: which object, the state of its containers, its last events, and what to do. */
import type { Client } from '../client/types.ts';
import type { Clock } from '../clock.ts';
import { findReasons, type Reason } from '../kube/reasons.ts';
import type { ResourceStatus } from '../kube/wait.ts';

/** Told in full; the others fail, as a rule, for the same reason. */
const MOST_IN_FULL = 2;

/** Text of several lines, '' where there is nothing to say. Never throws: it must not hide the failure itself. */
export async function explainFailure(client: Client, unready: ResourceStatus[]): Promise<string> {
  const reasons = await findReasons(client, unready).catch(() => []);
  const rest = reasons.slice(MOST_IN_FULL).map(({ object, cause }) => `  ${object}${cause && `: ${cause}`}\n`);
  const more = rest.length === 0 ? '' : `${rest.length} more ${rest.length === 1 ? 'is' : 'are'} not ready:\n`;
  return `${reasons.slice(0, MOST_IN_FULL).map(inFull).join('')}${more}${rest.join('')}`;
}

/** The same for programs: a line of JSON for each object. */
export async function failureEvents(client: Client, unready: ResourceStatus[], clock: Clock): Promise<string> {
  const time = new Date(clock.now()).toISOString();
  const reasons = await findReasons(client, unready).catch(() => []);
  return reasons.map((reason) => `${JSON.stringify({ time, type: 'failure', ...reason })}\n`).join('');
}

const inFull = ({ object, facts, advice }: Reason): string =>
  [`${object} is not ready:`, ...facts, ...advice.map((line) => `→ ${line}`)].join('\n  ').concat('\n');
