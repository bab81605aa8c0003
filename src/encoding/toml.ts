/** TOML as BurntSushi/toml writes and reads it. */
import { createRequire } from 'node:module';
import type { Value, ValueMap } from '../template/value.ts';

const require = createRequire(import.meta.url);

/** Throws what the library says of what has no TOML. */
export function toToml(value: Value): string {
  const toml = require('smol-toml') as typeof import('smol-toml');
  return toml.stringify(value);
}

/** Integers are int64, floats float64, dates the GoObject of a time. */
export function parseToml(text: string): ValueMap {
  const toml = require('smol-toml') as typeof import('smol-toml');
  return toml.parse(text, { integersAsBigInt: 'asNeeded' }) as unknown as ValueMap;
}
