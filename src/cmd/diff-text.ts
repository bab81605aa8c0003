/** Prints changes as people read them: an object's head, then its lines with what goes and what comes. */
import { structuredPatch } from 'diff';
import type { ObjectChange } from '../action/diff.ts';
import { goJson } from '../encoding/json.ts';
import type { CommandContext } from './command.ts';
import type { Flag } from './flag.ts';

export const DIFF_FLAGS: Flag[] = [
  { name: 'output', short: 'o', type: 'string', default: 'diff', help: 'print as diff or json' },
  { name: 'context', short: 'C', type: 'int', default: '-1', help: 'how many unchanged lines to show; -1 shows all' },
  { name: 'show-secrets', type: 'bool', help: 'show what Secrets hold' },
  { name: 'detailed-exitcode', type: 'bool', help: 'exit with 2 when there are changes' },
];

const VERBS = { added: 'is new', removed: 'is removed', changed: 'has changed' } as const;
const COLORS: Record<string, string> = { '+': '\u001b[32m', '-': '\u001b[31m' };

/** Prints them and answers the exit code. */
export function printChanges({ flags, settings, stdout }: CommandContext, changes: ObjectChange[]): number | undefined {
  const format = flags.string('output');
  if (format !== 'diff' && format !== 'json')
    throw new Error(`invalid output ${JSON.stringify(format)}: must be one of: diff, json`);
  const context = flags.number('context');
  const text =
    format === 'json'
      ? `${goJson(changes)}\n`
      : changes.map((change) => changeText(change, context < 0 ? Number.MAX_SAFE_INTEGER : context)).join('');
  stdout.write(settings.color && format === 'diff' ? painted(text) : text);
  return flags.bool('detailed-exitcode') && changes.length > 0 ? 2 : undefined;
}

export function changeText(
  { change, apiVersion, kind, namespace, name, before, after }: ObjectChange,
  context: number,
): string {
  const place = namespace === '' ? name : `${namespace}, ${name}`;
  const { hunks } = structuredPatch('', '', before, after, '', '', { context });
  const lines = hunks.flatMap(({ lines }, i) => (i === 0 ? lines : ['...', ...lines]));
  const shown = lines.filter((line) => !line.startsWith('\\'));
  return `${place}, ${kind} (${apiVersion}) ${VERBS[change]}:\n${shown.map((line) => `${line}\n`).join('')}`;
}

const painted = (text: string): string =>
  text
    .split('\n')
    .map((line) => (COLORS[line[0] ?? ''] ? `${COLORS[line[0]!]}${line}\u001b[0m` : line))
    .join('\n');
