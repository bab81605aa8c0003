/** Objects of a definition with several versions, between them: by the name of the version alone, or by a webhook. */
import { randomUUID } from 'node:crypto';
import { equalJson, isObject } from '../../api/json.ts';
import { gvkOf, type KubeObject } from '../../api/object.ts';
import { failure } from '../../api/status.ts';
import { callWebhook, type WebhookParts } from '../webhooks/call-webhook.ts';
import type { ClientConfig } from '../webhooks/webhook-match.ts';
import type { CompiledCrd } from './compile.ts';
import type { Conversion } from './schema.ts';

export interface Converter {
  /** Whether there is ever anything to ask for. */
  readonly asks: boolean;
  /** The object in that version; undefined where it is to be asked for first. */
  known(object: KubeObject, version: string): KubeObject | undefined;
  /** From then on the objects are known in that version. `warn` is told what the answer is worth, if not much. */
  ask(objects: readonly KubeObject[], version: string, warn: (text: string) => void): Promise<void>;
}

export function createConverter(
  parts: WebhookParts,
  { group, versions }: CompiledCrd,
  conversion: Conversion = {},
): Converter {
  const toApiVersion = (version: string) => `${group}/${version}`;
  const converted = new WeakMap<KubeObject, Map<string, KubeObject>>();
  const remember = (object: KubeObject, version: string, made: KubeObject): KubeObject => {
    // As Kubernetes: what the version does not know goes, what it defaults comes.
    const { object: finished } = versions.find(({ name }) => name === version)!.decode({ ...made });
    const known = converted.get(object) ?? new Map<string, KubeObject>();
    converted.set(object, known.set(version, finished));
    return finished;
  };
  const rename = (object: KubeObject, version: string) =>
    remember(object, version, { ...object, apiVersion: toApiVersion(version) });
  const { strategy, webhook } = conversion;
  const asks = strategy === 'Webhook';
  return {
    asks,
    known(object, version) {
      if (object.apiVersion === toApiVersion(version)) return object;
      return converted.get(object)?.get(version) ?? (asks ? undefined : rename(object, version));
    },
    async ask(objects, version, warn) {
      const unknown = objects.filter((object) => this.known(object, version) === undefined);
      if (unknown.length === 0) return;
      const made = await convertByWebhook(parts, webhook?.clientConfig ?? {}, unknown, toApiVersion(version));
      if (made === undefined)
        warn(`conversion webhook for ${kindText(unknown[0]!)} is not called: it runs in simulated pods`);
      for (const [i, object] of unknown.entries())
        if (made) remember(object, version, made[i]!);
        else rename(object, version);
    },
  };
}

function kindText(object: KubeObject): string {
  const { group, version, kind } = gvkOf(object);
  return `${group}/${version}, Kind=${kind}`;
}

const TIMEOUT = 30;

interface Response {
  uid?: string;
  convertedObjects?: unknown[];
  result?: { status?: string; message?: string };
}

/** In the order of `objects`; undefined where only simulated pods could answer. */
async function convertByWebhook(
  parts: WebhookParts,
  config: ClientConfig,
  objects: KubeObject[],
  desiredAPIVersion: string,
): Promise<KubeObject[] | undefined> {
  const start = `conversion webhook for ${kindText(objects[0]!)}`;
  const uid = randomUUID();
  const request = { uid, desiredAPIVersion, objects };
  let made: unknown[];
  try {
    const review = { kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', request };
    const answer = await callWebhook(parts, config, TIMEOUT, review);
    if (answer === undefined) return undefined;
    made = objectsIn(answer, uid);
  } catch (error) {
    throw failure(500, '', `${start} failed: ${(error as Error).message}`);
  }
  if (made.length !== objects.length)
    throw failure(500, '', `${start} returned ${made.length} objects, expected ${objects.length}`);
  return made.map((each, i) => {
    try {
      return checked(objects[i]!, each, desiredAPIVersion);
    } catch (error) {
      throw failure(500, '', `${start} returned invalid converted object at index ${i}: ${(error as Error).message}`);
    }
  });
}

function objectsIn(answer: unknown, uid: string): unknown[] {
  const { apiVersion, kind, response } = answer as { apiVersion?: string; kind?: string; response?: Response };
  if (kind !== 'ConversionReview' || apiVersion !== 'apiextensions.k8s.io/v1')
    throw new Error(
      `expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got ${apiVersion}, Kind=${kind}`,
    );
  if (response === undefined) throw new Error('no response provided');
  if (response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  const { status = '', message } = response.result ?? {};
  if (status !== 'Success') throw new Error(message || `response.result.status was '${status}', not 'Success'`);
  return response.convertedObjects ?? [];
}

/** The converted object with the metadata of the original, but for labels and annotations, which it may change. */
function checked(original: KubeObject, made: unknown, apiVersion: string): KubeObject {
  if (!isObject(made) || !isObject(made['metadata'])) throw new Error('missing metadata in converted object');
  const object = made as unknown as KubeObject;
  if (object.apiVersion !== apiVersion)
    throw new Error(`invalid groupVersion (expected ${apiVersion}, received ${object.apiVersion})`);
  if (object.kind !== original.kind)
    throw new Error(`invalid kind (expected ${original.kind}, received ${object.kind})`);
  for (const [field, word] of KEPT)
    if (!equalJson(original.metadata[field], object.metadata[field]))
      throw new Error(
        `must have the same ${word}: ${original.metadata[field] ?? ''} != ${object.metadata[field] ?? ''}`,
      );
  const { labels, annotations } = object.metadata;
  const { labels: _l, annotations: _a, ...metadata } = original.metadata;
  return { ...object, metadata: { ...metadata, ...(labels && { labels }), ...(annotations && { annotations }) } };
}

const KEPT = [
  ['name', 'name'],
  ['namespace', 'namespace'],
  ['uid', 'UID'],
] as const;
