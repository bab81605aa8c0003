/** Which objects a list or watch asks for: the label and field selectors of its query. */
import type { KubeObject } from '../api/object.ts';
import { badRequest } from '../api/status.ts';
import type { ResourceType } from './resources.ts';
import { selectableFields } from './selectable-fields.ts';

export type Matches = (object: KubeObject) => boolean;

/** Undefined when everything is asked for. */
export function selectionOf(type: ResourceType, query: URLSearchParams, name = ''): Matches | undefined {
  const labels = labelMatches(query.get('labelSelector') ?? '');
  const fields = fieldMatches(type, query.get('fieldSelector') ?? '');
  const named = name === '' ? undefined : (object: KubeObject) => object.metadata.name === name;
  const conditions = [named, labels, fields].filter((condition) => condition !== undefined);
  if (conditions.length === 0) return undefined;
  return (object) => conditions.every((condition) => condition(object));
}

const REQUIREMENT =
  /^\s*(?:(!)\s*([^\s!=,()]+)|([^\s!=,()]+)\s*(?:(==|!=|=)\s*([^\s,()]*)|(in|notin)\s*\(([^()]*)\))?)\s*$/;

function labelMatches(selector: string): Matches | undefined {
  if (selector.trim() === '') return undefined;
  const requirements = splitTopLevel(selector).map((text) => {
    const match = REQUIREMENT.exec(text);
    if (match === null) throw badRequest(`unable to parse requirement: found '${text}'`);
    const [, not, absent, key = '', operator, value, setOperator, values] = match;
    const set = new Set((values ?? value ?? '').split(',').map((v) => v.trim()));
    return (labels: Record<string, string>) => {
      if (not !== undefined) return labels[absent!] === undefined;
      const has = labels[key];
      if (operator === undefined && setOperator === undefined) return has !== undefined;
      const negative = operator === '!=' || setOperator === 'notin';
      return negative ? has === undefined || !set.has(has) : has !== undefined && set.has(has);
    };
  });
  return (object) => requirements.every((requirement) => requirement(object.metadata.labels ?? {}));
}

const splitTopLevel = (text: string): string[] => text.split(/,(?![^(]*\))/);

function fieldMatches(type: ResourceType, selector: string): Matches | undefined {
  if (selector.trim() === '') return undefined;
  const fields = selectableFields(type);
  const conditions = selector.split(',').map((term) => {
    const match = /^([^=!]+)(==|!=|=)(.*)$/s.exec(term.trim());
    if (match === null) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
    const [, name, operator, value] = match;
    const read = fields[name!];
    if (read === undefined) throw badRequest(`field label not supported: ${name}`);
    return (object: KubeObject) => (read(object) === value) !== (operator === '!=');
  });
  return (object) => conditions.every((condition) => condition(object));
}
