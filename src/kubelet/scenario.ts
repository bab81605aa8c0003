/**
 * A scenario file: what is to go wrong, told apart from the chart that is tested.
 *
 *   rules:
 *   - match: { kind: Deployment, name: web, image: "*:2.*" }
 *     behave: { exit: "1", log: "cannot reach the database" }
 *   - match: { namespace: shop, container: db }
 *     behave: { ready: never }
 *
 * The keys of `match` are those of ScenarioRule, the keys and values of `behave` those of the table in behaviour.ts. The
 * first rule that says something about a field counts, and a pod's own annotations count before all rules.
 */
import { parseYaml } from '../encoding/yaml.ts';
import { type ScenarioRule, validateRules } from './behaviour.ts';

/** Throws with everything that is wrong, one line each. */
export function parseScenario(text: string): ScenarioRule[] {
  const value = parseYaml(text) as { rules?: ScenarioRule[] } | null;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('scenario: must be a map with the key "rules"');
  const unknown = Object.keys(value).filter((key) => key !== 'rules');
  const wrong = [...unknown.map((key) => `scenario: unknown key "${key}"`), ...validateRules(value.rules)];
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return value.rules!;
}
