import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseScenario } from '../../src/kubelet/scenario.ts';

test('a scenario is its rules', () => {
  const text =
    'rules:\n- match: {kind: Deployment, name: web}\n  behave: {exit: "1", log: "no database"}\n- behave: {ready: 5s}\n';
  assert.equal(parseScenario(text), [
    { match: { kind: 'Deployment', name: 'web' }, behave: { exit: '1', log: 'no database' } },
    { behave: { ready: '5s' } },
  ]);
});

for (const [text, message] of [
  ['', 'scenario: must be a map with the key "rules"'],
  ['[]', 'scenario: must be a map with the key "rules"'],
  ['rules: 1', 'scenario: rules must be a list'],
  ['rule: []', 'scenario: unknown key "rule"\nscenario: rules must be a list'],
  ['rules: [{behave: {exit: 999}}]', 'scenario: rules[0]: exit must be a whole number up to 255, not "999"'],
] as const)
  test(`refused: ${JSON.stringify(text)}`, () => {
    try {
      parseScenario(text);
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).message, message);
    }
  });

test.run();
