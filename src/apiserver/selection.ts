/** Which objects a list or watch asks for: the label and field selectors of its query. */
import type { KubeObject } from '../api/object.ts';
import { matchesFields, matchesLabels, parseFieldSelector, parseLabelSelector } from '../api/selectors.ts';
import { badRequest } from '../api/status.ts';
import type { ResourceType } from './resources.ts';
import { selectableFields, unknownField } from './selectable-fields.ts';

export type Matches = (object: KubeObject) => boolean;

/** Undefined when everything is asked for. `name` is the one object that a watch of an object's own path sees. */
export function selectionOf(type: ResourceType, query: URLSearchParams, name = ''): Matches | undefined {
  const conditions: Matches[] = [];
  if (name !== '') conditions.push((object) => object.metadata.name === name);
  const [labels, fields] = [query.get('labelSelector') ?? '', query.get('fieldSelector') ?? ''];
  if (labels !== '') conditions.push(labelCondition(labels));
  if (fields !== '') conditions.push(fieldCondition(type, fields));
  if (conditions.length === 0) return undefined;
  return (object) => conditions.every((condition) => condition(object));
}

function labelCondition(text: string): Matches {
  const selector = parsed(() => parseLabelSelector(text));
  return ({ metadata }) => matchesLabels(selector, metadata.labels);
}

function fieldCondition(type: ResourceType, text: string): Matches {
  const selector = parsed(() => parseFieldSelector(text));
  const fields = selectableFields(type);
  for (const { field } of selector.requirements)
    if (!Object.hasOwn(fields, field)) throw badRequest(unknownField(type, field));
  return (object) => matchesFields(selector, (field) => fields[field]!(object));
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw badRequest((error as Error).message);
  }
}
