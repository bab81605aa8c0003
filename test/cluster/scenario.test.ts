import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseScenario } from '../../src/cluster/scenario.ts';

test('a scenario is its rules', () => {
  const text =
    'rules:\n- match: {kind: Deployment, name: web}\n  behave: {exit: "1", log: "no database"}\n- behave: {ready: 5s}\n';
  assert.equal(parseScenario(text), {
    rules: [
      { match: { kind: 'Deployment', name: 'web' }, behave: { exit: '1', log: 'no database' } },
      { behave: { ready: '5s' } },
    ],
  });
});

test('… for pods, for requests, or for both', () => {
  assert.equal(parseScenario('requests:\n- match: {verb: list}\n  behave: {delay: 2s, share: 50%, times: 3}\n'), {
    requests: [{ match: { verb: 'list' }, behave: { delay: '2s', share: '50%', times: 3 } }],
  });
});

const NO_MAP = 'scenario: must be a map with some of the keys rules, requests, nodes';

for (const [text, message] of [
  ['', NO_MAP],
  ['[]', NO_MAP],
  ['rules: 1', 'scenario: rules must be a list'],
  ['rule: []', 'scenario: unknown key "rule"'],
  ['rules: [{behave: {exit: 999}}]', 'scenario: rules[0]: exit must be a whole number up to 255, not "999"'],
  ['rules: [{match: {name: 5}, behave: {exit: 1}}]', 'scenario: rules[0]: name must be text'],
  ['rules: [{match: {labels: x}, behave: {exit: 1}}]', 'scenario: rules[0]: labels must be a map'],
  ['requests: {}', 'scenario: requests must be a list'],
  ['requests: [null]', 'scenario: requests[0]: behave must be a map'],
  ['requests: [{match: 1, behave: {delay: 1s}}]', 'scenario: requests[0]: match must be a map'],
  ['requests: [{behave: {share: 50%}}]', 'scenario: requests[0]: behave must have a delay or a status'],
  ['requests: [{match: {kind: Pod}, behave: {delay: 1s}}]', 'scenario: requests[0]: unknown match "kind"'],
  ['requests: [{match: {name: 1}, behave: {delay: 1s}}]', 'scenario: requests[0]: name must be text'],
  ['requests: [{behave: {delay: 5}}]', 'scenario: requests[0]: delay must be a duration, not "5"'],
  [
    'requests: [{behave: {status: 418, share: 0%, times: -1}}]',
    'scenario: requests[0]: status must be 409, 429, 500, 503 or 504, not "418"\n' +
      'scenario: requests[0]: share must be "1%" to "100%", not "0%"\n' +
      'scenario: requests[0]: times must be a whole number, not "-1"',
  ],
  [
    'requests: [{behave: {delay: 1s, exit: 1}}]\nrules: [{behave: {delay: 1s}}]',
    'scenario: requests[0]: unknown behaviour "exit"\nscenario: rules[0]: unknown behaviour "delay"',
  ],
  ['nodes: 1', 'scenario: nodes must be a list'],
  [
    'nodes: [{behave: {lost: soon, for: 1}}]',
    'scenario: nodes[0]: lost must be a duration, not "soon"\nscenario: nodes[0]: for must be a duration, not "1"',
  ],
  [
    'nodes: [{match: {kind: Node}, behave: {for: 1s}}]',
    'scenario: nodes[0]: unknown match "kind"\nscenario: nodes[0]: lost must be a duration, not ""',
  ],
  [
    'nodes: [{match: {name: 1, labels: x}, behave: {lost: 1s, pull: missing}}]',
    'scenario: nodes[0]: name must be text\nscenario: nodes[0]: labels must be a map\nscenario: nodes[0]: unknown behaviour "pull"',
  ],
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
