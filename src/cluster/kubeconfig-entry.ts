/** The context `portolan` in a kubeconfig file of the user's: put in and taken out, the rest and its comments kept. */
import { Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';

const CONTEXT = 'portolan';

export interface ContextEntry {
  server: string;
  /** PEM texts. */
  ca: string;
  cert: string;
  key: string;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A whole kubeconfig that knows the embedded cluster alone. */
export const kubeconfigFor = (entry: ContextEntry): string => withContext('', entry).text;

/** `text` with the context in it and made the current one; `previous` is what the current context was. */
export function withContext(text: string, entry: ContextEntry): { text: string; previous: string } {
  const document = documentOf(text);
  const previous = String(document.get('current-context') ?? '');
  put(document, 'clusters', {
    name: CONTEXT,
    cluster: { 'certificate-authority-data': base64(entry.ca), server: entry.server },
  });
  put(document, 'users', {
    name: CONTEXT,
    user: { 'client-certificate-data': base64(entry.cert), 'client-key-data': base64(entry.key) },
  });
  put(document, 'contexts', { name: CONTEXT, context: { cluster: CONTEXT, user: CONTEXT } });
  document.set('current-context', CONTEXT);
  return { text: document.toString({ lineWidth: 0 }), previous };
}

/** `text` without the context; the current one is `previous` again if it was still ours. */
export function withoutContext(text: string, previous: string): string {
  const document = documentOf(text);
  for (const list of ['clusters', 'users', 'contexts']) take(document, list);
  if (document.get('current-context') === CONTEXT)
    document.set('current-context', previous === CONTEXT ? '' : previous);
  return document.toString({ lineWidth: 0 });
}

/** The certificate of the authority behind the context, undefined where there is no such context. */
export function authorityIn(text: string): string | undefined {
  const { clusters } = documentOf(text).toJS();
  if (!Array.isArray(clusters)) return undefined;
  const data = clusters.find((item) => item?.name === CONTEXT)?.cluster?.['certificate-authority-data'];
  return typeof data === 'string' ? Buffer.from(data, 'base64').toString() : undefined;
}

function documentOf(text: string): Document {
  if (text.trim() === '') return new Document({ apiVersion: 'v1', kind: 'Config' });
  const document = parseDocument(text);
  if (document.errors.length > 0) throw new Error(`read kubeconfig: ${document.errors[0]!.message.split(':\n')[0]}`);
  if (!isMap(document.contents)) throw new Error('read kubeconfig: it is not a map');
  return document as unknown as Document;
}

function put(document: Document, list: string, item: { name: string; [field: string]: unknown }): void {
  take(document, list);
  const items = document.get(list);
  const node = document.createNode(item);
  if (isSeq(items)) {
    (items as YAMLSeq).flow = false;
    items.add(node);
  } else document.set(list, document.createNode([item]));
}

function take(document: Document, list: string): void {
  const items = document.get(list);
  if (isSeq(items))
    items.items = items.items.filter((item) => !(isMap(item) && (item as YAMLMap).get('name') === CONTEXT));
}
