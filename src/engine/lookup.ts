/**
 * `lookup` for templates, which cannot wait, over a cluster, which must be waited for: what a rendering asked for in
 * vain is fetched, and the chart is rendered again, until nothing is missing.
 */
import { parseApiVersion } from '../api/object.ts';
import { isNotFound } from '../api/status.ts';
import type { Client } from '../client/types.ts';
import { int64, setKey, type Value, type ValueMap } from '../template/value.ts';
import type { Lookup } from './functions.ts';

/** Each rendering can ask for what the last one's answers led it to. */
const MAX_ROUNDS = 50;

interface Question {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
}
type Answer = { object: ValueMap } | { error: Error };

/** Runs `render` until all that it looked up was answered by `client`. */
export async function renderWithLookup<T>(client: Client, render: (lookup: Lookup) => T): Promise<T> {
  const answers = new Map<string, Answer>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const missing = new Map<string, Question>();
    const lookup: Lookup = (apiVersion, kind, namespace, name) => {
      const key = JSON.stringify([apiVersion, kind, namespace, name]);
      const answer = answers.get(key);
      if (answer === undefined) missing.set(key, { apiVersion, kind, namespace, name });
      else if ('error' in answer) throw answer.error;
      return answer === undefined ? {} : toTemplateMap(answer.object);
    };
    let failure: { error: unknown } | undefined;
    let result: T | undefined;
    try {
      result = render(lookup);
    } catch (error) {
      failure = { error };
    }
    if (missing.size === 0) {
      if (failure !== undefined) throw failure.error;
      return result as T;
    }
    await Promise.all([...missing].map(async ([key, question]) => answers.set(key, await answerOf(client, question))));
  }
  throw new Error(`templates look up more and more: not done after ${MAX_ROUNDS} renderings`);
}

async function answerOf(client: Client, { apiVersion, kind, namespace, name }: Question): Promise<Answer> {
  try {
    const { group, version } = parseApiVersion(apiVersion);
    const resource = await client.resourceFor({ group, version, kind });
    // A kind that its group does not have is looked up as if it had no objects, as Helm does by asking for no resource.
    if (resource === undefined && (await client.apiVersions()).includes(apiVersion)) return { object: {} };
    if (resource === undefined)
      throw new Error(
        `unable to get apiresource from unstructured: ${apiVersion}, Kind=${kind}: the server could not find the requested resource`,
      );
    const inNamespace = resource.namespaced && namespace !== '' ? namespace : undefined;
    const found =
      name !== ''
        ? await client.get(resource, name, inNamespace)
        : await client.list(resource, inNamespace === undefined ? {} : { namespace: inNamespace });
    return { object: found as unknown as ValueMap };
  } catch (error) {
    if (isNotFound(error)) return { object: {} };
    return { error: error as Error };
  }
}

/** The object as Go decodes one without a type: whole numbers are int64. Each caller gets its own. */
function toTemplateMap(object: ValueMap): ValueMap {
  return toTemplateValue(object) as ValueMap;
}

function toTemplateValue(value: Value): Value {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? int64(value) : value;
  if (Array.isArray(value)) return value.map(toTemplateValue);
  if (typeof value !== 'object' || value === null) return value;
  const map: ValueMap = {};
  for (const [key, item] of Object.entries(value as ValueMap)) setKey(map, key, toTemplateValue(item));
  return map;
}
