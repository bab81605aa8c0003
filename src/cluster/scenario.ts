/**
 * A scenario file: what is to go wrong, told apart from the chart that is tested. Pods fail by `rules`, the API by
 * `requests`, nodes by `nodes`.
 *
 *   rules:
 *   - match: { kind: Deployment, name: web, image: "*:2.*" }
 *     behave: { exit: "1", log: "cannot reach the database" }
 *   - match: { namespace: shop, container: db }
 *     behave: { ready: never }
 *   requests:
 *   - match: { verb: list, resource: pods, userAgent: "helm*" }
 *     behave: { delay: 2s }
 *   - match: { verb: patch, resource: deployments }
 *     behave: { status: 429, share: 50%, times: 10 }
 *   nodes:
 *   - match: { name: portolan-2 }
 *     behave: { lost: 30s, for: 10m }
 *
 * The keys of `match` are those of ScenarioRule, RequestRule and NodeRule, the keys and values of `behave` those of the
 * tables in behaviour.ts, request-faults.ts and node-faults.ts. The first rule that says
 * something about a field counts, and a pod's own annotations count before all rules.
 */
import { parseYaml } from '../encoding/yaml.ts';
import { type ScenarioRule, validateRules } from '../kubelet/behaviour.ts';
import { type NodeRule, validateNodeRules } from './node-faults.ts';
import { type RequestRule, validateRequestRules } from './request-faults.ts';

/** What a cluster is started with: `startCluster({ scenario: parseScenario(text) })`, or a part of it as an object. */
export interface Scenario {
  rules?: ScenarioRule[];
  requests?: RequestRule[];
  nodes?: NodeRule[];
}

/** Throws with everything that is wrong, one line each. */
export function parseScenario(text: string): Scenario {
  const scenario = parseYaml(text) as Scenario;
  const wrong = validateScenario(scenario);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return scenario;
}

const PARTS: Record<keyof Scenario, (rules: unknown) => string[]> = {
  rules: validateRules,
  requests: validateRequestRules,
  nodes: validateNodeRules,
};

/** What is wrong, a sentence each; empty when nothing is. */
export function validateScenario(scenario: unknown): string[] {
  if (typeof scenario !== 'object' || scenario === null || Array.isArray(scenario))
    return [`scenario: must be a map with some of the keys ${Object.keys(PARTS).join(', ')}`];
  return Object.entries(scenario).flatMap(([key, value]) =>
    Object.hasOwn(PARTS, key) ? PARTS[key as keyof Scenario](value) : [`scenario: unknown key "${key}"`],
  );
}
