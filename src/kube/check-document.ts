/** What a document of a manifest must be before it is sent anywhere, in the words of Kubernetes' command-line tools. */
import type { KubeObject } from '../api/object.ts';
import { type StructType, typeNamed } from '../api/scheme.ts';
import { decodeTyped } from '../api/strict.ts';
import { compareStrings, isList, isMap, type Value, type ValueMap } from '../template/value.ts';

/** As Kubernetes joins errors: one alone, several in brackets, each once. */
export function aggregate(messages: string[]): string {
  const each = [...new Set(messages)];
  return each.length === 1 ? each[0]! : `[${each.join(', ')}]`;
}

/** Throws for what does not tell what it is; the objects of a v1 List must tell it too. */
export function checkTyped(value: Value): void {
  const problems = typeProblems(value);
  if (problems.length > 0) throw new Error(`error validating "": error validating data: ${aggregate(problems)}`);
}

const NO_OBJECT = 'invalid object to validate';

function typeProblems(value: Value): string[] {
  if (!isMap(value)) return [NO_OBJECT];
  const { apiVersion, kind, items } = value;
  const problems = [
    stringProblem('apiVersion', apiVersion) ?? groupVersionProblem(apiVersion as string),
    stringProblem('kind', kind),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0 || apiVersion !== 'v1' || kind !== 'List') return problems;
  return isList(items) ? items.flatMap(typeProblems) : [NO_OBJECT];
}

function stringProblem(field: string, value: Value | undefined): string | undefined {
  if (value === undefined || value === null) return `${field} not set`;
  return typeof value === 'string' ? undefined : `${field} isn't string type`;
}

const groupVersionProblem = (apiVersion: string): string | undefined =>
  apiVersion.split('/').length > 2 ? `unexpected GroupVersion string: ${apiVersion}` : undefined;

/** Throws Go's words for metadata that is none, as a label that is a number: key by key, as Go meets them. */
export function checkMetadata(object: KubeObject): void {
  const metadata = object.metadata as unknown as Value;
  for (const piece of isMap(metadata) ? fieldsOf(metadata) : [metadata]) {
    try {
      decodeTyped({ metadata: piece }, typeNamed('meta/v1.PartialObjectMetadata') as StructType);
    } catch (error) {
      throw new Error(`unable to decode "": ${(error as Error).message}`, { cause: error });
    }
  }
}

const fieldsOf = (map: ValueMap): ValueMap[] =>
  Object.keys(map)
    .sort(compareStrings)
    .map((key) => ({ [key]: map[key]! }));
