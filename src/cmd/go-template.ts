/** Runs the Go templates that flags take: `--template` and `--name-template`. */
import { randomBytes } from 'node:crypto';
import { goStruct } from '../engine/go-struct.ts';
import { sprigFunctions } from '../sprig/functions.ts';
import { Templates } from '../template/template.ts';
import type { Value } from '../template/value.ts';

export interface GoTemplateOptions {
  name: string;
  /** The function library too. */
  sprig?: boolean;
  now?: () => number;
}

/** Throws as Go does: `template: NAME:1:2: …`. */
export function runGoTemplate(
  text: string,
  data: Value,
  { name, sprig = false, now = Date.now }: GoTemplateOptions,
): string {
  const context = { now, randomBytes, timeZone: 'Local', enableDns: false };
  const templates = new Templates({ name, functions: sprig ? sprigFunctions(context) : {} });
  return templates.execute(templates.parse(name, text), data);
}

/** A Go struct of the given fields. */
export const structOf = (type: string, fields: Record<string, Value>): Value =>
  goStruct({ type, fields: Object.entries(fields).map(([name, value]) => ({ name, value })) });
