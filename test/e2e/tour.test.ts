/** The README's tour, word for word, in an empty home. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseScenario } from '../../src/cluster/scenario.ts';
import { realTools } from '../support/real.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const tools = realTools();

/** The lines of the console blocks below a heading. */
function commandsBelow(heading: string): string[] {
  const section = readme.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  return [...section.matchAll(/```console\n([\s\S]*?)```/g)].flatMap((block) => block[1]!.trim().split('\n'));
}

/** The only command of the tour that is meant to fail, and what it must say. */
const FAILING = { command: /image\.tag=missing/, says: /ImagePullBackOff|ErrImagePull/ };

const known = (line: string) => tools !== undefined || !line.startsWith('kubectl');

function inEmptyHome(run: (env: Record<string, string>, folder: string) => void): void {
  const home = mkdtempSync(join(tmpdir(), 'portolan-tour-'));
  try {
    const bin = join(home, 'bin');
    const checkout = join(home, 'checkout');
    mkdirSync(bin);
    mkdirSync(checkout);
    writeFileSync(
      join(bin, 'portolan'),
      `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'dist', 'portolan.cjs')}" "$@"\n`,
      { mode: 0o755 },
    );
    if (tools) symlinkSync(tools.kubectl, join(bin, 'kubectl'));
    cpSync(join(root, 'charts'), join(checkout, 'charts'), { recursive: true });
    run({ HOME: home, PATH: `${bin}:${process.env.PATH}` }, checkout);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

test('every scenario of the README can be read', () => {
  const scenarios = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => parseScenario(text!));
  assert.ok(
    scenarios.some(({ rules = [] }) => rules.length > 0) && scenarios.some(({ nodes = [] }) => nodes.length > 0),
  );
});

test('every line of the tour does what the README says', () => {
  inEmptyHome((env, cwd) => {
    const lines = commandsBelow('A tour');
    assert.ok(lines.length > 12, 'the tour is there');
    try {
      for (const line of lines.filter(known)) {
        const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
          cwd,
          env,
          encoding: 'utf8',
          timeout: 60_000,
        });
        const expected = FAILING.command.test(line) ? 1 : 0;
        assert.is(status, expected, `${line}\n${stdout}${stderr}`);
        if (expected === 1) assert.match(stderr, FAILING.says, line);
      }
    } finally {
      spawnSync('portolan', ['cluster', 'stop'], { env: { ...process.env, ...env } });
    }
  });
});

test.run();
