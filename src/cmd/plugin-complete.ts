/** What may stand behind a plugin's name: told by its completion.yaml, or by its program `plugin.complete`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml } from '../encoding/yaml.ts';
import { loadPlugin } from '../plugin/load.ts';
import { runProgram } from '../plugin/run.ts';
import { isMap, type Value, type ValueMap } from '../template/value.ts';
import type { CommandContext } from './command.ts';
import type { Completion } from './complete.ts';
import { pluginVariables } from './plugin-run.ts';

/** `context.args` are the words behind the plugin's name. */
export async function completePlugin(directory: string, context: CommandContext, typed: string): Promise<Completion> {
  const plugin = loadPlugin(directory);
  const { level, path, words } = descend(readLevels(directory), context.args);
  const names = mapsOf(level.commands).map(({ name }) => String(name));
  if (typed.startsWith('-') && Array.isArray(level.flags))
    return { candidates: flagWords(level.flags).filter((word) => word.startsWith(typed)), files: false };
  const told = [...names, ...(Array.isArray(level.validArgs) ? level.validArgs.map(String) : [])];
  const candidates = told.filter((word) => word.startsWith(typed));
  if (candidates.length > 0 || names.length > 0) return { candidates, files: false };
  const args = plugin.ignoreFlags ? path : [...path, ...words, typed];
  let text = '';
  const sink = (chunk: string) => void (text += chunk);
  const program = join(directory, 'plugin.complete');
  const variables = await pluginVariables(context);
  const run = runProgram(plugin, { file: program, args }, { variables, stdout: sink, stderr: sink, input: '' });
  return run.then(
    () => directed(text),
    () => ({ candidates: [], files: true }), // there need not be one
  );
}

/** As cobra: the last line may say what else may stand there; the bit 4 forbids files. */
function directed(text: string): Completion {
  const lines = text.split('\n').filter((line) => line !== '');
  const directive = /^:(\d+)$/.exec(lines.at(-1) ?? '')?.[1];
  return {
    candidates: directive === undefined ? lines : lines.slice(0, -1),
    files: (Number(directive ?? 0) & 4) === 0,
  };
}

function readLevels(directory: string): ValueMap {
  try {
    const data = parseYaml(readFileSync(join(directory, 'completion.yaml'), 'utf8'));
    return isMap(data) ? data : {};
  } catch {
    return {}; // missing or broken: no candidates are known
  }
}

/** Follows the words through the subcommands that the file names. */
function descend(root: ValueMap, args: readonly string[]): { level: ValueMap; path: string[]; words: string[] } {
  const path: string[] = [];
  let level = root;
  const words = [...args];
  for (;;) {
    const at = words.findIndex((word) => !word.startsWith('-'));
    const next = mapsOf(level.commands).find(({ name }) => name === words[at]);
    if (at < 0 || next === undefined) return { level, path, words };
    path.push(...words.splice(at, 1));
    level = next;
  }
}

const mapsOf = (value: Value | undefined): ValueMap[] => (Array.isArray(value) ? value.filter(isMap) : []);

const flagWords = (flags: Value[]): string[] =>
  flags.map(String).map((flag) => (flag.length === 1 ? `-${flag}` : `--${flag}`));
