/**
 * A scenario file: what is to go wrong, told apart from the chart that is tested. Pods fail by `rules`, the API by
 * `requests`.
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
 *
 * The keys of `match` are those of ScenarioRule and RequestRule, the keys and values of `behave` those of the tables in
 * behaviour.ts and request-faults.ts. The first rule that says something about a field counts, and a pod's own
 * annotations count before all rules.
 */
import { parseYaml } from '../encoding/yaml.ts';
import { type ScenarioRule, validateRules } from '../kubelet/behaviour.ts';
import { type RequestRule, validateRequestRules } from './request-faults.ts';

/** What a cluster is started with: `startCluster({ ...parseScenario(text) })`. */
export interface Scenario {
  rules: ScenarioRule[];
  requests: RequestRule[];
}

/** Throws with everything that is wrong, one line each. */
export function parseScenario(text: string): Scenario {
  const value = parseYaml(text) as Partial<Scenario> | null;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('scenario: must be a map with the keys "rules" and "requests", or one of them');
  const unknown = Object.keys(value).filter((key) => key !== 'rules' && key !== 'requests');
  const { rules = [], requests = [] } = value;
  const wrong = unknown.map((key) => `scenario: unknown key "${key}"`);
  wrong.push(...validateRules(rules), ...validateRequestRules(requests));
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return { rules, requests };
}
