/** How an answer is given: the object itself, a Table or only its metadata, with the warnings of the call. */
import type { ApiResponse, WatchEvent } from '../api/http.ts';
import { jsonText, rememberJson } from '../api/http.ts';
import { type KubeList, type KubeObject, toApiVersion } from '../api/object.ts';
import { parseJson } from '../encoding/json.ts';
import { toYaml } from '../encoding/yaml.ts';
import { acceptedForm, type Form } from './accept.ts';
import type { Call } from './call.ts';
import { columnsOf } from './table/columns.ts';
import { type IncludeObject, tableOf } from './table/table.ts';

export function presentObject(call: Call, object: KubeObject, status = 200): ApiResponse {
  const form = formOf(call);
  return answer(call, status, form.kind === 'object' ? object : transformed(call, form, [object], object.metadata));
}

export function presentList(call: Call, items: KubeObject[], metadata: KubeList['metadata']): ApiResponse {
  const form = formOf(call);
  if (form.kind !== 'object') return answer(call, 200, transformed(call, form, items, metadata, true));
  const { kind, listKind = `${kind}List` } = call.type;
  const list = { kind: listKind, apiVersion: toApiVersion(call.type), metadata, items };
  rememberJson(list, () => listParts(list));
  return answer(call, 200, list);
}

/** Joined from the items' own texts. */
function* listParts({ kind, apiVersion, metadata, items }: KubeList): Generator<string> {
  yield `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`;
  for (let i = 0; i < items.length; i++) {
    if (i > 0) yield ',';
    yield jsonText(items[i]);
  }
  yield ']}';
}

export function presentEvents(call: Call, events: AsyncGenerator<WatchEvent>): ApiResponse {
  const form = formOf(call);
  const shown = form.kind === 'object' ? events : transformedEvents(call, form, events);
  return { status: 200, headers: warningHeaders(call), body: { type: 'watch', events: shown } };
}

async function* transformedEvents(call: Call, form: Form, events: AsyncGenerator<WatchEvent>) {
  let first = true;
  for await (const { type, object } of events) {
    const { metadata } = object as KubeObject;
    if (type === 'ERROR' || (type === 'BOOKMARK' && form.kind === 'metadata')) yield { type, object };
    else if (type === 'BOOKMARK')
      yield { type, object: { ...table(call, [], metadata, form), columnDefinitions: null, rows: null } };
    else if (form.kind === 'metadata') yield { type, object: metadataOf(object as KubeObject, form) };
    else {
      const shown = table(call, [object as KubeObject], metadata, form);
      // As Kubernetes: only the first event of a stream names the columns.
      yield { type, object: first ? shown : { ...shown, columnDefinitions: null } };
      first = false;
    }
  }
}

/** What a client sees that is not the object itself. */
function transformed(call: Call, form: Form, items: KubeObject[], metadata: object, isList = false): unknown {
  if (form.kind === 'table') return table(call, items, metadata, form);
  if (!isList) return metadataOf(items[0]!, form);
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${form.version}`,
    metadata,
    items: items.map((item) => metadataOf(item, form)),
  };
}

const metadataOf = ({ metadata }: KubeObject, { version }: Form) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata,
});

function table(call: Call, items: KubeObject[], metadata: object, form: Form) {
  const include = (call.request.query.get('includeObject') || 'Metadata') as IncludeObject;
  return tableOf(columnsOf(call.type), items, metadata, { form, include, now: call.api.clock.now() });
}

const formOf = ({ request }: Call): Form => acceptedForm(request.headers['accept'] ?? '');

export function answer(call: Call, status: number, object: unknown): ApiResponse {
  if (formOf(call).yaml) return inYaml(call, status, object);
  return { status, headers: warningHeaders(call), body: { type: 'object', object } };
}

function inYaml(call: Call, status: number, object: unknown): ApiResponse {
  const bytes = Buffer.from(toYaml(parseJson(jsonText(object))));
  return {
    status,
    headers: { ...warningHeaders(call), 'content-type': 'application/yaml' },
    body: { type: 'bytes', bytes },
  };
}

/** As `299 - "…"`, one after the other in a single header. */
function warningHeaders({ warnings }: Call): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (warnings.length > 0) headers['warning'] = warnings.map((text) => `299 - ${quoted(text)}`).join(', ');
  return headers;
}

const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&').replace(/[\r\n]+/g, ' ')}"`;
