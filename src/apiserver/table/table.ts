/** The Table form of objects: the columns `kubectl get` prints. */
import type { KubeObject } from '../../api/object.ts';
import type { Form } from '../accept.ts';
import type { Call } from '../call.ts';
import { columnsOf } from './columns.ts';

export interface Column {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** `name` marks the column that holds the object's name. */
  format?: string;
  description: string;
  /** Columns above 0 are shown by `-o wide` alone. */
  priority: number;
}

export interface Columns {
  columns: Column[];
  cells(object: KubeObject, now: number): unknown[];
}

export function tableOf(call: Call, items: KubeObject[], metadata: object, { version }: Form) {
  const { columns, cells } = columnsOf(call.type);
  const now = call.api.clock.now();
  const include = call.request.query.get('includeObject') ?? 'Metadata';
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: listMetadata(metadata as Record<string, unknown>),
    columnDefinitions: columns.map((column) => ({ format: '', ...column })),
    rows: items.map((item) => ({ cells: cells(item, now), object: included(item, include, version) })),
  };
}

/** Of an object's metadata a table keeps the version alone, of a list's all. */
const listMetadata = ({ resourceVersion, continue: next, remainingItemCount }: Record<string, unknown>) => ({
  resourceVersion,
  ...(next !== undefined && { continue: next }),
  ...(remainingItemCount !== undefined && { remainingItemCount }),
});

function included(item: KubeObject, include: string, version: string): unknown {
  if (include === 'Object') return item;
  if (include === 'None') return null;
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: item.metadata };
}
