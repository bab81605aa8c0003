/** What the user says over a chart's values: files and every kind of `--set`, in Helm's fixed order. */
import { parseJsonMap } from '../encoding/json.ts';
import type { ValueMap } from '../template/value.ts';
import { parseValues } from './load.ts';
import { mergeMaps } from './merge.ts';
import { parseSet, type SetKind } from './strvals.ts';

export interface Overrides {
  /** `-f`, `--values`: paths, URLs, or `-` for standard input. */
  files?: readonly string[];
  setJson?: readonly string[];
  set?: readonly string[];
  setString?: readonly string[];
  setFile?: readonly string[];
  setLiteral?: readonly string[];
}

/** Answers the text (as decodeUtf8 gives it) of the file, URL or standard input that a flag names. */
export type ReadFile = (path: string) => Promise<string> | string;

/** One map of it all. Later kinds win over earlier ones wherever they stand on the command line. Throws Helm's words. */
export async function mergeOverrides(overrides: Overrides, readFile: ReadFile): Promise<ValueMap> {
  let values: ValueMap = {};
  for (const path of overrides.files ?? []) values = mergeMaps(values, parseFile(path, await readFile(path)));
  for (const text of overrides.setJson ?? []) values = setJson(text, values);
  for (const text of overrides.set ?? []) set('--set', 'typed', text, values);
  for (const text of overrides.setString ?? []) set('--set-string', 'string', text, values);
  for (const text of overrides.setFile ?? []) set('--set-file', 'file', text, values, await readNamed(text, readFile));
  for (const text of overrides.setLiteral ?? []) set('--set-literal', 'literal', text, values);
  return values;
}

function parseFile(path: string, text: string): ValueMap {
  try {
    return parseValues(text);
  } catch (error) {
    throw new Error(`failed to parse ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Either an object, which is merged, or pairs of key and JSON value. */
function setJson(text: string, values: ValueMap): ValueMap {
  const isObject = text.trim().startsWith('{');
  try {
    if (isObject) return mergeMaps(values, parseJsonMap(text.trim()));
    parseSet(text, values, { kind: 'json' });
    return values;
  } catch (error) {
    throw new Error(`failed parsing --set-json data${isObject ? ' JSON:' : ''} ${text}`, { cause: error });
  }
}

function set(flag: string, kind: SetKind, text: string, values: ValueMap, readFile?: (path: string) => string): void {
  try {
    parseSet(text, values, readFile ? { kind, readFile } : { kind });
  } catch (error) {
    throw new Error(`failed parsing ${flag} data: ${(error as Error).message}`, { cause: error });
  }
}

/** Reads the files that `text` names before it is parsed; a file that cannot be read fails where its value stands. */
async function readNamed(text: string, readFile: ReadFile): Promise<(path: string) => string> {
  const read = new Map<string, () => string>();
  for (const path of namedFiles(text)) {
    try {
      const content = await readFile(path);
      read.set(path, () => content);
    } catch (error) {
      read.set(path, () => {
        throw error;
      });
    }
  }
  return (path) => read.get(path)!();
}

function namedFiles(text: string): Set<string> {
  const paths = new Set<string>();
  const readFile = (path: string) => {
    paths.add(path);
    return '';
  };
  try {
    parseSet(text, {}, { kind: 'file', readFile });
  } catch {
    // The real parse will say so, after the files before the error.
  }
  return paths;
}
