/** The name of a new release and its chart, as `install` and `template` are told them. */
import { basename } from 'node:path';
import type { CommandContext } from './command.ts';

export interface Named {
  name: string;
  chart: string;
}

/** What the arguments name; a name may be made up instead. */
export async function nameAndChart({ args, flags, clock }: CommandContext, standing = ''): Promise<Named> {
  const template = flags.string('name-template');
  if (args.length > 2)
    throw new Error(`expected at most two arguments, unexpected arguments: ${args.slice(2).join(', ')}`);
  if (args.length === 2) {
    if (flags.bool('generate-name')) throw new Error('cannot set --generate-name and also specify a name');
    if (template !== '') throw new Error('cannot set --name-template and also specify a name');
    return { name: args[0]!, chart: args[1]! };
  }
  const chart = args[0]!;
  if (template !== '') {
    const { runGoTemplate } = await import('./go-template.ts');
    return { name: runGoTemplate(template, null, { name: 'name-template', sprig: true }), chart };
  }
  if (standing !== '') return { name: standing, chart };
  if (!flags.bool('generate-name')) throw new Error('must either provide a name or specify --generate-name');
  const last = basename(chart);
  const base = last === '.' || last === '' ? 'chart' : last.split('.')[0]!;
  return { name: `${base}-${Math.floor(clock.now() / 1000)}`, chart };
}
