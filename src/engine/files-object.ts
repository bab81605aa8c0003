/** `.Files`: the files of a chart that have no meaning of their own, as templates reach them. */
import { baseName } from '../archive/path.ts';
import { encodeBase64 } from '../encoding/base64.ts';
import { toYaml } from '../encoding/yaml.ts';
import { toBytes } from '../sprig/bytes.ts';
import { decodeUtf8 } from '../template/utf8.ts';
import {
  compareStrings,
  GO_OBJECT,
  type GoFunction,
  type GoObject,
  nilList,
  setKey,
  typedList,
  type Value,
  type ValueMap,
} from '../template/value.ts';
import { compileGlob } from './glob.ts';
import { method } from './go-struct.ts';

type Files = ReadonlyMap<string, Uint8Array>;

export const toFilesObject = (files: readonly { name: string; data: Uint8Array }[]): GoObject =>
  filesObject(new Map(files.map(({ name, data }) => [name, data])));

function filesObject(files: Files): GoObject {
  const methods = new Map<string, GoFunction>();
  return {
    [GO_OBJECT]: true,
    type: 'engine.files',
    kind: 'map',
    field: (name) => bytesAt(files, name) ?? nilList('[]uint8'),
    method: (name) => {
      if (!Object.hasOwn(METHODS, name)) return undefined;
      if (!methods.has(name)) methods.set(name, METHODS[name]!(files));
      return methods.get(name);
    },
    print: () =>
      `map[${sortedNames(files)
        .map((name) => `${name}:[${files.get(name)!.join(' ')}]`)
        .join(' ')}]`,
    toData: () => mapOf(files, (_, data) => encodeBase64(data)),
    entries: () => sortedNames(files).map((name) => [name, toBytes(files.get(name)!)]),
  };
}

const METHODS: Record<string, (files: Files) => GoFunction> = {
  Get: (files) => method(['string'], (name: string) => textAt(files, name)),
  GetBytes: (files) => method(['string'], (name: string) => bytesAt(files, name) ?? typedList('[]uint8', [])),
  Glob: (files) => method(['string'], (pattern: string) => filesObject(glob(files, pattern))),
  AsConfig: (files) => method([], () => yamlOf(mapOf(files, (name) => textAt(files, name), baseName))),
  AsSecrets: (files) => method([], () => yamlOf(mapOf(files, (_, data) => encodeBase64(data), baseName))),
  Lines: (files) => method(['string'], (name: string) => typedList('[]string', linesAt(files, name))),
};

const sortedNames = (files: Files): string[] => [...files.keys()].sort(compareStrings);

function textAt(files: Files, name: string): string {
  const data = files.get(name);
  return data === undefined ? '' : decodeUtf8(data);
}

function bytesAt(files: Files, name: string): Value[] | undefined {
  const data = files.get(name);
  return data && toBytes(data);
}

/** A pattern that cannot be read matches everything, as in Helm. */
function glob(files: Files, pattern: string): Files {
  let matches: (name: string) => boolean;
  try {
    matches = compileGlob(pattern);
  } catch {
    return files;
  }
  return new Map([...files].filter(([name]) => matches(name)));
}

/** As Helm: a line feed at the end begins no line, and an empty file is a fault of Go's. */
function linesAt(files: Files, name: string): string[] {
  const data = files.get(name);
  if (data === undefined) return [];
  if (data.length === 0) throw new Error('runtime error: index out of range [-1]');
  return textAt(files, name).replace(/\n$/, '').split('\n');
}

function mapOf(
  files: Files,
  value: (name: string, data: Uint8Array) => string,
  key = (name: string) => name,
): ValueMap {
  const map: ValueMap = {};
  for (const [name, data] of files) setKey(map, key(name), value(name, data));
  return map;
}

/** As the template function toYaml. */
function yamlOf(map: ValueMap): string {
  try {
    return toYaml(map).replace(/\n$/, '');
  } catch {
    return '';
  }
}
