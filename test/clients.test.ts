/**
 * The table of kubectl and helm commands that are run unmodified against the embedded cluster, in
 * src/apiserver/README.md, is what the tests themselves say. `PORTOLAN_UPDATE=1` writes it anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const here = fileURLToPath(new URL('.', import.meta.url));
const readme = join(here, '..', 'src', 'apiserver', 'README.md');
/** Commands whose next word says what they do. */
const GROUPS = new Set(['auth', 'certificate', 'config', 'create', 'get', 'rollout', 'set', 'top']);
const OWN_WORDS: Record<string, RegExp> = { get: /^(all|hooks|manifest|metadata|notes|values)$/ };

type Found = Map<string, Set<string>>;

function note(found: Found, words: string[], where: string): void {
  const [first, second = ''] = words;
  if (first === undefined || !/^[a-z][a-z-]*$/.test(first)) return;
  const isGroup = GROUPS.has(first) && (OWN_WORDS[first]?.test(second) ?? /^[a-z][a-z-]*$/.test(second));
  const name = isGroup ? `${first} ${second}` : first;
  found.set(name, (found.get(name) ?? new Set()).add(where));
}

function commandsOf(client: 'kubectl' | 'helm'): Found {
  const found: Found = new Map();
  if (client === 'kubectl')
    for (const file of readdirSync(join(here, 'golden', 'apiserver')))
      for (const [, line] of readFileSync(join(here, 'golden', 'apiserver', file), 'utf8').matchAll(/^\$ (.+)$/gm))
        note(found, line!.split(' '), `golden/apiserver/${file}`);
  for (const file of readdirSync(here, { recursive: true }) as string[]) {
    if (!/(kubectl|e2e\/.*)\.test\.ts$/.test(file)) continue;
    const calls = readFileSync(join(here, file), 'utf8').matchAll(
      new RegExp(`\\b${client}\\(((?:'[^']*'(?:, )?)+)`, 'g'),
    );
    for (const [, words] of calls)
      note(
        found,
        [...words!.matchAll(/'([^']*)'/g)].map((word) => word[1]!),
        file,
      );
  }
  return found;
}

function tableOf(client: 'kubectl' | 'helm'): string {
  const rows = [...commandsOf(client)].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = rows.map(
    ([name, files]) =>
      `| \`${client} ${name}\` | ${[...files]
        .sort()
        .map((file) => `\`${file}\``)
        .join(' ')} |`,
  );
  return [`| command | run in (below \`test/\`) |`, '| --- | --- |', ...lines].join('\n');
}

const expected = `# The API server

\`server.ts\` makes a function from requests to responses over a store; a kind is a row in \`resources.ts\`, a verb a file in
\`verbs/\`. No code here or anywhere in the control plane knows of Helm.

## Real clients that run against it

kubectl 1.36.3 and 1.33.0, helm 4.2.3 and 3.18.0, unmodified. This table is made by \`test/clients.test.ts\` from the tests
that run them.

${tableOf('kubectl')}

\`exec\`, \`attach\`, \`port-forward\` and \`cp\` are refused with a message: containers are simulated.

${tableOf('helm')}
`;

test('the table of commands is what the tests run', () => {
  if (process.env.PORTOLAN_UPDATE) writeFileSync(readme, expected);
  assert.fixture(readFileSync(readme, 'utf8'), expected);
});

test.run();
