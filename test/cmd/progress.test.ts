/** How a wait is shown: a table that redraws itself, lines, and lines of JSON. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ManualClock } from '../../src/clock.ts';
import { progressOn } from '../../src/cmd/progress.ts';
import type { Readiness } from '../../src/kube/status.ts';
import type { ResourceStatus } from '../../src/kube/wait.ts';

function screen(terminal: boolean) {
  const out = { text: '' };
  return { out, output: { write: (text: string) => void (out.text += text), terminal, columns: 60 } };
}

const status = (name: string, readiness: Readiness, ready: number, message = ''): ResourceStatus => ({
  resource: {
    resource: {
      group: 'apps',
      version: 'v1',
      resource: 'deployments',
      kind: 'Deployment',
      namespaced: true,
      verbs: [],
    },
    name,
    namespace: 'default',
    object: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name } },
  },
  live: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas: 2 },
    status: { readyReplicas: ready },
  },
  readiness,
  message,
});

const WAIT = [
  [status('web', 'InProgress', 0, 'Available: 0/2'), status('db', 'Current', 2)],
  [status('web', 'InProgress', 1, 'Available: 1/2'), status('db', 'Current', 2)],
  [status('web', 'InProgress', 1, 'Available: 1/2'), status('db', 'Current', 2)],
  [status('web', 'Current', 2), status('db', 'Current', 2)],
];

function shown(terminal: boolean, json: boolean, wait = WAIT): string {
  const { out, output } = screen(terminal);
  const clock = new ManualClock(0);
  const progress = progressOn(output, clock, { json });
  for (const statuses of wait) {
    progress.show(statuses);
    clock.advance(1000);
  }
  progress.end();
  return out.text;
}

test('elsewhere than on a terminal: a line for each change', () => {
  assert.is(
    shown(false, false),
    'Deployment/web: Available: 0/2\nDeployment/web: Available: 1/2\nDeployment/web: ready 2/2\n',
  );
});

test('what is waited for and what is ready are told apart', () => {
  const wait = [[status('web', 'InProgress', 2, 'Updated: 0/2')], [status('web', 'InProgress', 2, 'Updated: 1/2')]];
  assert.is(
    shown(false, false, wait),
    'Deployment/web: Updated: 0/2 (2/2 ready)\nDeployment/web: Updated: 1/2 (2/2 ready)\n',
  );
});

test('for programs: the same as JSON', () => {
  const lines = shown(true, true).trimEnd().split('\n');
  assert.equal(
    lines.map((line) => JSON.parse(line)),
    [
      {
        time: '1970-01-01T00:00:00.000Z',
        type: 'progress',
        kind: 'Deployment',
        namespace: 'default',
        name: 'web',
        status: 'InProgress',
        message: 'Available: 0/2',
        ready: '0/2',
      },
      {
        time: '1970-01-01T00:00:01.000Z',
        type: 'progress',
        kind: 'Deployment',
        namespace: 'default',
        name: 'web',
        status: 'InProgress',
        message: 'Available: 1/2',
        ready: '1/2',
      },
      {
        time: '1970-01-01T00:00:03.000Z',
        type: 'progress',
        kind: 'Deployment',
        namespace: 'default',
        name: 'web',
        status: 'Current',
        message: '',
        ready: '2/2',
      },
    ],
  );
});

test('on a terminal: a table that is drawn over', () => {
  const text = shown(true, false);
  assert.ok(
    text.startsWith('\u001b[KDeployment/web  0/2  Available: 0/2\n\u001b[KDeployment/db   2/2  ready\n\u001b[2A'),
  );
  assert.ok(text.endsWith('\u001b[2A\u001b[KDeployment/web  2/2  ready\n\u001b[KDeployment/db   2/2  ready\n'));
});

test('on a terminal: many are told in few rows, first those that are not ready', () => {
  const many = Array.from({ length: 40 }, (_, i) => status(`d${i}`, i < 38 ? 'Current' : 'InProgress', 0, 'waits'));
  const rows = shown(true, false, [many]).trimEnd().split('\n');
  assert.is(rows.length, 16);
  assert.match(rows[0]!, /Deployment\/d38 .* waits$/);
  assert.match(rows[1]!, /Deployment\/d39 .* waits$/);
  assert.match(rows[15]!, /^.{3}25 more +25 ready$/);
});

test.run();
