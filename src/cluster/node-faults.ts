/**
 * Nodes that are lost, on demand: rules that silence nodes some time after the cluster's start, and let them be heard
 * again. What follows (taints, evicted pods) is the node controller's, as on a real cluster.
 *
 * | behave | value      | what happens                                          |
 * | ------ | ---------- | ----------------------------------------------------- |
 * | lost   | a duration | so long after the start the node falls silent         |
 * | for    | a duration | so long after that it is heard again; never where absent |
 */
import type { KubeObject } from '../api/object.ts';
import { NODES } from '../client/resources.ts';
import type { Client } from '../client/types.ts';
import type { Clock } from '../clock.ts';
import { duration } from '../kubelet/behaviour.ts';
import { isLike } from '../kubelet/wildcard.ts';
import type { Logger } from '../log.ts';
import { setLost } from './nodes.ts';

/** Both fields of `match` are optional; a name may hold `*`. Nodes are looked for when their time has come. */
export interface NodeRule {
  match?: { name?: string; labels?: Record<string, string> };
  behave: { lost: string; for?: string };
}

export interface NodeFaultsOptions {
  client: Client;
  /** Stopped by its owner, with all that is still to come. */
  clock: Clock;
  log: Logger;
}

/** Plays the rules, which must be valid, from now on. */
export function playNodeRules(rules: NodeRule[], { client, clock, log }: NodeFaultsOptions): void {
  const set = async (rule: NodeRule, lost: boolean): Promise<void> => {
    const { items } = await client.list<KubeObject>(NODES);
    for (const node of items) if (matches(rule, node)) await setLost(client, node.metadata.name, lost);
  };
  const later = (rule: NodeRule, lost: boolean, ms: number) =>
    clock.setTimeout(() => {
      set(rule, lost).catch((error) => log.warn('a node could not be silenced', { error }));
    }, ms);
  for (const rule of rules) {
    const [lost, back] = [duration(rule.behave.lost)!, duration(rule.behave.for ?? '')];
    later(rule, true, lost);
    if (back !== undefined) later(rule, false, lost + back);
  }
}

const matches = ({ match = {} }: NodeRule, { metadata }: KubeObject): boolean =>
  (match.name === undefined || isLike(match.name, metadata.name)) &&
  Object.entries(match.labels ?? {}).every(([key, value]) => metadata.labels?.[key] === value);

/** What is wrong with the rules, a sentence each; empty when nothing is. */
export function validateNodeRules(rules: unknown): string[] {
  if (!Array.isArray(rules)) return ['scenario: nodes must be a list'];
  return rules.flatMap((rule: NodeRule | null, i) => {
    const at = `scenario: nodes[${i}]`;
    const { match = {}, behave } = rule ?? {};
    if (typeof behave !== 'object' || behave === null) return [`${at}: behave must be a map`];
    if (typeof match !== 'object' || match === null) return [`${at}: match must be a map`];
    return [...matchProblems(match), ...behaveProblems({ ...behave })].map((why) => `${at}: ${why}`);
  });
}

function matchProblems({ name, labels, ...rest }: NonNullable<NodeRule['match']>): string[] {
  const wrong = Object.keys(rest).map((key) => `unknown match "${key}"`);
  if (name !== undefined && typeof name !== 'string') wrong.push('name must be text');
  if (labels !== undefined && (typeof labels !== 'object' || labels === null)) wrong.push('labels must be a map');
  return wrong;
}

function behaveProblems({ lost, for: back, ...rest }: Record<string, unknown>): string[] {
  const wrong = Object.keys(rest).map((key) => `unknown behaviour "${key}"`);
  if (duration(String(lost)) === undefined) wrong.push(`lost must be a duration, not "${lost ?? ''}"`);
  if (back !== undefined && duration(String(back)) === undefined) wrong.push(`for must be a duration, not "${back}"`);
  return wrong;
}
