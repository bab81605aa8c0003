/** The Accept header: which form of an object a client takes first. */
import { failure } from '../api/status.ts';

export interface Form {
  kind: 'object' | 'table' | 'metadata';
  /** The version of meta.k8s.io for a Table or metadata alone. */
  version: string;
  /** Written as YAML, not as JSON. */
  yaml?: boolean;
}

const OBJECT: Form = { kind: 'object', version: '' };
const YAML: Form = { ...OBJECT, yaml: true };
const FORMS: Record<string, Form['kind']> = {
  Table: 'table',
  PartialObjectMetadata: 'metadata',
  PartialObjectMetadataList: 'metadata',
};

const remembered = new Map<string, Form>([['', OBJECT]]);

/** 406 when the client takes nothing this server can say. Answers are JSON whatever else a client would take. */
export function acceptedForm(header: string): Form {
  let form = remembered.get(header);
  if (form === undefined) {
    form = parse(header);
    if (remembered.size < 100) remembered.set(header, form);
  }
  return form;
}

/** For what has no metadata: 406 when the client takes nothing but tables and the like. */
export function checkObjectAccepted(header: string): void {
  if (acceptedForm(header).kind !== 'object') parse(header, false);
}

function parse(header: string, transforms = true): Form {
  for (const part of header.split(',')) {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim());
    if (!['application/json', 'application/*', '*/*', 'application/yaml'].includes(type)) continue;
    const wanted = Object.fromEntries(parameters.map((parameter) => parameter.split('=') as [string, string]));
    if (wanted['as'] === undefined) return type === 'application/yaml' ? YAML : OBJECT;
    const kind = transforms ? FORMS[wanted['as']] : undefined;
    if (kind !== undefined && wanted['g'] === 'meta.k8s.io' && /^v1(beta1)?$/.test(wanted['v'] ?? ''))
      return { kind, version: wanted['v']! };
  }
  throw failure(
    406,
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
}
