/** Which requests wait for CEL, the language of rules, policies and conditions, to be loaded. */
import { jsonText } from '../api/http.ts';
import { mediaType } from './body.ts';
import type { Call } from './call.ts';
import { loadedCel } from './cel/language.ts';

const WRITES = new Set(['create', 'update', 'patch']);

/** What stands in the objects of a kind when they bring expressions; nothing where they always do. */
const BRING: Record<string, string> = {
  customresourcedefinitions: 'x-kubernetes-validations',
  validatingwebhookconfigurations: 'matchConditions',
  mutatingwebhookconfigurations: 'matchConditions',
  validatingadmissionpolicies: '',
  mutatingadmissionpolicies: '',
};

/** Writes of objects that rules judge, and of those that bring expressions. */
export function needsCel({ type, target, request }: Call): boolean {
  if (!WRITES.has(target.verb) || loadedCel() !== undefined) return false;
  const brings = BRING[type.resource];
  if (brings === undefined) return type.hasRules === true;
  if (request.object !== undefined) return jsonText(request.object).includes(brings);
  // Protobuf has no names to look for.
  const { body } = request;
  return body !== undefined && (mediaType(request).endsWith('protobuf') || Buffer.from(body).includes(brings));
}
