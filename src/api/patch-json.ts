/** JSON patches (RFC 6902) as evanphx/json-patch applies them, with its texts and its liberties. */
import { jsonKind } from '../encoding/json.ts';
import { cloneJson, equalJson, isObject, type JsonObject, setOwn } from './json.ts';

/** What copying may add in all, so that a small patch cannot make a huge object. */
const MAX_COPIED = 3 * 1024 * 1024;

/** Answers a new document; throws an Error where an operation does not apply. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const operations = readOperations(patch);
  const state: State = { document: cloneJson(document), copied: 0 };
  for (const operation of operations) {
    const kind = typeof operation['op'] === 'string' ? operation['op'] : 'unknown';
    const apply = Object.hasOwn(OPERATIONS, kind) ? OPERATIONS[kind] : undefined;
    if (!apply) throw new Error(`Unexpected kind: ${kind}`);
    apply(state, operation);
  }
  return state.document;
}

interface State {
  document: unknown;
  copied: number;
}

type Container = JsonObject | unknown[];

function readOperations(patch: unknown): JsonObject[] {
  if (!Array.isArray(patch))
    throw new Error(`json: cannot unmarshal ${jsonKind(patch)} into Go value of type jsonpatch.Patch`);
  for (const operation of patch)
    if (!isObject(operation))
      throw new Error(`json: cannot unmarshal ${jsonKind(operation)} into Go value of type jsonpatch.Operation`);
  return patch as JsonObject[];
}

const OPERATIONS: Record<string, (state: State, operation: JsonObject) => void> = {
  add(state, operation) {
    const path = pathOf(operation, 'path', 'add operation failed to decode path');
    const [container, key] = find(state, path, `add operation does not apply: doc is missing path: "${path}"`);
    wrap(`error in add for path: '${path}'`, () => insert(container, key, cloneJson(operation['value'] ?? null)));
  },
  remove(state, operation) {
    const path = pathOf(operation, 'path', 'remove operation failed to decode path');
    const [container, key] = find(state, path, `remove operation does not apply: doc is missing path: "${path}"`);
    wrap(`error in remove for path: '${path}'`, () => remove(container, key));
  },
  replace(state, operation) {
    const path = pathOf(operation, 'path', 'replace operation failed to decode path: operation missing path field');
    const [container, key] = find(state, path, `replace operation does not apply: doc is missing path: ${path}`);
    try {
      read(container, key);
    } catch {
      throw missing(`replace operation does not apply: doc is missing key: ${path}`);
    }
    replace(container, key, cloneJson(operation['value'] ?? null));
  },
  move(state, operation) {
    const from = pathOf(operation, 'from', 'move operation failed to decode from: operation, missing from field');
    const [source, key] = find(state, from, `move operation does not apply: doc is missing from path: ${from}`);
    const value = wrap(`error in move for path: '${key}'`, () => {
      const found = read(source, key);
      remove(source, key);
      return found;
    });
    const path = pathOf(operation, 'path', 'move operation failed to decode path: operation missing path field');
    const [target, name] = find(state, path, `move operation does not apply: doc is missing destination path: ${path}`);
    wrap(`error in move for path: '${path}'`, () => insert(target, name, value));
  },
  test(state, operation) {
    const path = pathOf(operation, 'path', 'test operation failed to decode path: operation missing path field');
    const [container, key] = find(state, path, `test operation does not apply: is missing path: ${path}`);
    const value = wrap(`error in test for path: '${path}'`, () => read(container, key));
    if (!equalJson(value ?? null, operation['value'] ?? null))
      throw new Error(`testing value ${path} failed: test failed`);
  },
  copy(state, operation) {
    const from = pathOf(operation, 'from', 'copy operation failed to decode from: operation, missing from field');
    const [source, key] = find(state, from, `copy operation does not apply: doc is missing from path: ${from}`);
    const value = wrap(`error in copy for from: '${from}'`, () => read(source, key)) ?? null;
    const path = pathOf(operation, 'path', 'copy operation failed to decode path');
    const [target, name] = find(state, path, `copy operation does not apply: doc is missing destination path: ${path}`);
    state.copied += JSON.stringify(value).length;
    if (state.copied > MAX_COPIED)
      throw new Error(
        `Unable to complete the copy, the accumulated size increase of copy is ${state.copied}, exceeding the limit ${MAX_COPIED}`,
      );
    wrap('error while adding value during copy', () => insert(target, name, cloneJson(value)));
  },
};

const missing = (message: string): Error => new Error(`${message}: missing value`);

function pathOf(operation: JsonObject, field: 'path' | 'from', message: string): string {
  const value = operation[field];
  const isText = typeof value === 'string';
  // Some operations tell what was wrong with the path, others only that they have none.
  if (value === undefined || value === null || (!isText && !message.includes(':'))) throw missing(message);
  if (!isText)
    throw new Error(`${message.split(':')[0]}: json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
  return value;
}

function wrap<T>(message: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`${message}: ${(error as Error).message}`);
  }
}

/** The container that holds the last step of `path`, and that step. */
function find(state: State, path: string, message: string): [Container, string] {
  const steps = path.split('/');
  if (steps.length < 2) throw missing(message);
  let container = state.document;
  for (const step of steps.slice(1, -1)) {
    if (!isContainer(container)) throw missing(message);
    try {
      container = read(container, decodeStep(step));
    } catch {
      throw missing(message);
    }
  }
  if (!isContainer(container)) throw missing(message);
  return [container, decodeStep(steps.at(-1)!)];
}

const isContainer = (value: unknown): value is Container => Array.isArray(value) || isObject(value);
const decodeStep = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~');

function read(container: Container, key: string): unknown {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) ? container[key] : undefined;
  const index = parseIndex(key);
  if (index < 0 || index >= container.length) throw badIndex(index);
  return container[index];
}

function insert(container: Container, key: string, value: unknown): void {
  if (!Array.isArray(container)) {
    setOwn(container, key, value);
    return;
  }
  if (key === '-') {
    container.push(value);
    return;
  }
  const index = wrap(`value was not a proper array index: '${key}'`, () => parseIndex(key));
  const size = container.length + 1;
  if (index >= size || index < -size) throw badIndex(index);
  container.splice(index < 0 ? index + size : index, 0, value);
}

function replace(container: Container, key: string, value: unknown): void {
  if (Array.isArray(container)) container[parseIndex(key)] = value;
  else setOwn(container, key, value);
}

function remove(container: Container, key: string): void {
  if (!Array.isArray(container)) {
    if (!Object.hasOwn(container, key)) throw missing(`Unable to remove nonexistent key: ${key}`);
    delete container[key];
    return;
  }
  const index = parseIndex(key);
  if (index >= container.length || index < -container.length) throw badIndex(index);
  container.splice(index, 1);
}

function parseIndex(key: string): number {
  if (!/^[+-]?[0-9]{1,15}$/.test(key)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`);
  return Number(key);
}

const badIndex = (index: number): Error =>
  new Error(`Unable to access invalid index: ${index}: invalid index referenced`);
