/** One release of `template --all`: the command runs as it would alone, and what it says is caught. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { lineLog } from '../log.ts';
import type { Io } from './environment.ts';
import type { FlagValue } from './flag.ts';
import { flagValues } from './parse.ts';
import { GLOBAL_FLAGS, settingsOf } from './settings.ts';
import { command } from './template.ts';

/** What a thread is told. */
export interface TemplateJob {
  /** The words after `template` that are no flags. */
  args: string[];
  flags: ReadonlyMap<string, FlagValue>;
  /** Where the text goes; it is answered where absent. */
  file?: string;
}

/** What a thread answers. */
export interface TemplateResult {
  text: string;
  /** Lines of standard error. */
  told: string;
  /** Why there is no text. */
  error?: string;
}

/** Throws nothing: a failure is an answer. */
export async function runTemplateJob({ args, flags: given, file }: TemplateJob, io: Io): Promise<TemplateResult> {
  const flags = flagValues([...command.flags, ...GLOBAL_FLAGS], given, io.environment);
  const caught = { stdout: '', stderr: '' };
  const sink = (stream: keyof typeof caught) => (text: string) => void (caught[stream] += text);
  const stderr = { ...io.stderr, write: sink('stderr') };
  try {
    const settings = settingsOf(flags, io.environment, false);
    const log = lineLog((line) => stderr.write(`${line}\n`), settings.debug ? 'debug' : 'info');
    const stdout = { write: sink('stdout'), terminal: false, columns: io.stdout.columns };
    await command.run({ ...io, stdout, stderr, args, flags, settings, log });
    if (file !== undefined) writeWhole(file, caught.stdout);
    return { text: file === undefined ? caught.stdout : '', told: caught.stderr };
  } catch (error) {
    const { message } = error as Error;
    const explanation = await explained(error, flags.bool('debug'), io);
    return { text: '', told: `${caught.stderr}${caught.stdout}Error: ${message}\n${explanation}`, error: message };
  }
}

async function explained(error: unknown, debug: boolean, { stderr }: Io): Promise<string> {
  if (!debug && !stderr.terminal) return '';
  const { renderFailureText } = await import('./explain-render.ts');
  return renderFailureText(error, stderr);
}

/** Whoever reads the file finds all of the old text or all of the new. */
function writeWhole(file: string, text: string): void {
  const temporary = join(dirname(file), `.${basename(file)}.partial`);
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new Error(`write ${file}: ${(error as Error).message}`, { cause: error });
  }
}
