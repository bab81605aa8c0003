/** The template functions that belong to the engine: include, tpl, required, fail and lookup. */
import type { Logger } from '../log.ts';
import { go } from '../sprig/function.ts';
import { quote } from '../template/quote.ts';
import type { Templates } from '../template/template.ts';
import type { GoFunction, Value, ValueMap } from '../template/value.ts';
import { markMessage } from './errors.ts';

/** Looks an object up in a cluster; an empty name lists. Answers an empty map for what is not there. */
export type Lookup = (apiVersion: string, kind: string, namespace: string, name: string) => ValueMap;

export interface EngineFunctionOptions {
  /** What would fail the rendering becomes a line in the log, because the chart is only looked at. */
  lint: boolean;
  lookup: Lookup | undefined;
  log: Logger;
}

/** Those that need no set of templates. */
export function engineFunctions({ lint, lookup, log }: EngineFunctionOptions): Record<string, GoFunction> {
  return {
    required: go('string, interface {}', (message: string, value: Value) => {
      if (value !== null && value !== undefined && value !== '') return value;
      if (!lint) throw new Error(markMessage(message));
      log.warn(value === '' ? 'missing required values' : 'missing required value', { message });
      return '';
    }),
    fail: go('string', (message: string) => {
      if (!lint) throw new Error(markMessage(message));
      log.info('funcMap fail', { message });
      return '';
    }),
    lookup: go('string, string, string, string', (apiVersion: string, kind: string, namespace: string, name: string) =>
      lint || lookup === undefined ? {} : lookup(apiVersion, kind, namespace, name),
    ),
  };
}

/** How deep `include` may call one name, as Helm counts it. */
const MAX_INCLUDES = 1000;

/** How deep `tpl` may call itself: Helm would exhaust its stack. */
const MAX_TPL = 500;

/** What all sets of one rendering share. */
export interface Nesting {
  includes: Map<string, number>;
  tpl: number;
}

/** `include` and `tpl` for the templates of one set; `tpl` gives each of its texts a set that is a copy of it. */
export function setFunctions(set: () => Templates, nesting: Nesting): Record<string, GoFunction> {
  return {
    include: go('string, interface {}', (name: string, data: Value) => include(set(), nesting, name, data)),
    tpl: go('string, interface {}', (text: string, data: Value) => tpl(set(), nesting, text, data)),
  };
}

function include(set: Templates, { includes }: Nesting, name: string, data: Value): string {
  const depth = includes.get(name) ?? 0;
  if (depth > MAX_INCLUDES)
    throw new Error(`rendering template has a nested reference name: ${name}: unable to execute template`);
  includes.set(name, depth + 1);
  try {
    return set.execute(name, data);
  } finally {
    includes.set(name, includes.get(name)! - 1);
  }
}

export const NO_VALUE = '<no value>';

export const SET_NAME = 'gotpl';

function tpl(parent: Templates, nesting: Nesting, text: string, data: Value): string {
  if (!text.includes('{{')) return text.replaceAll(NO_VALUE, '');
  if (++nesting.tpl > MAX_TPL) throw new Error(`tpl is nested more than ${MAX_TPL} deep`);
  try {
    const set: Templates = parent.clone(setFunctions(() => set, nesting));
    const template = failingAs(`cannot parse template ${quote(text)}`, () => set.parse(SET_NAME, text));
    return failingAs(`error during tpl function execution for ${quote(text)}`, () =>
      set.execute(template, data),
    ).replaceAll(NO_VALUE, '');
  } finally {
    nesting.tpl--;
  }
}

function failingAs<T>(doing: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`${doing}: ${(error as Error).message}`, { cause: error });
  }
}
