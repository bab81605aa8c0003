/** Which requests wait for CEL, the language of the rules in custom resource definitions, to be loaded. */
import { jsonText } from '../api/http.ts';
import { mediaType } from './body.ts';
import type { Call } from './call.ts';
import { loadedCel } from './cel/language.ts';

const RULES = 'x-kubernetes-validations';
const WRITES = new Set(['create', 'update', 'patch']);

/** Writes of objects that rules judge, and of definitions that bring rules. */
export function needsCel({ type, target, request }: Call): boolean {
  if (!WRITES.has(target.verb) || loadedCel() !== undefined) return false;
  if (type.resource !== 'customresourcedefinitions') return type.hasRules === true;
  if (request.object !== undefined) return jsonText(request.object).includes(RULES);
  // Protobuf has no names to look for.
  const { body } = request;
  return body !== undefined && (mediaType(request).endsWith('protobuf') || Buffer.from(body).includes(RULES));
}
