/** The Table form of objects: the columns `kubectl get` prints. */
import type { KubeObject } from '../../api/object.ts';
import type { Form } from '../accept.ts';

export interface Column {
  name: string;
  type: string;
  /** `name` marks the column that holds the object's name. */
  format: string;
  description: string;
  /** Columns above 0 are shown by `-o wide` alone. */
  priority: number;
}

export interface Columns {
  columns: Column[];
  /** One cell a column; `now` is for ages. */
  cells(object: KubeObject, now: number): unknown[];
}

const TYPES: Record<string, string> = { '#': 'integer', '?': 'boolean', '@': 'date' };

/**
 * Columns from a line of names, two spaces or a sign between them: `+` only in wide output, `#` an integer,
 * `?` a boolean, `@` a date. The column `Name` holds the object's name.
 */
export function defineColumns(names: string, cells: Columns['cells']): Columns {
  return { columns: names.split(/ {2,}|(?<=\S) (?=[+#?@])/).map(toColumn), cells };
}

function toColumn(text: string): Column {
  const [, wide, sign = '', name = ''] = /^(\+?)([#?@]?)(.*)$/.exec(text)!;
  const format = name === 'Name' ? 'name' : '';
  return { name, type: TYPES[sign] ?? 'string', format, description: '', priority: wide === '+' ? 1 : 0 };
}

/** What of each object its row carries. */
export type IncludeObject = 'Metadata' | 'Object' | 'None';

export interface TableOptions {
  form: Form;
  include: IncludeObject;
  now: number;
}

/** `metadata` is that of the list, or of the one object. */
export function tableOf(columns: Columns, items: KubeObject[], metadata: object, options: TableOptions) {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.form.version}`,
    metadata: listMetadata(metadata as Record<string, unknown>),
    columnDefinitions: columns.columns as Column[] | null,
    rows: items.map((item) => ({
      cells: columns.cells(item, options.now),
      ...rowConditions(item),
      object: included(item, options),
    })),
  };
}

/** Of an object's metadata a table keeps the version alone, of a list's all. */
const listMetadata = ({ resourceVersion, continue: next, remainingItemCount }: Record<string, unknown>) => ({
  resourceVersion,
  ...(next !== undefined && { continue: next }),
  ...(remainingItemCount !== undefined && { remainingItemCount }),
});

const COMPLETED: Record<string, string> = {
  Succeeded: 'The pod has completed successfully.',
  Failed: 'The pod failed.',
};

/** Tells clients that a pod's row is of something over. */
function rowConditions({ kind, status }: KubeObject) {
  const message = kind === 'Pod' ? COMPLETED[status?.phase] : undefined;
  return message && { conditions: [{ type: 'Completed', status: 'True', reason: status.phase, message }] };
}

function included(item: KubeObject, { include, form }: TableOptions): unknown {
  if (include === 'Object') return item;
  if (include === 'None') return null;
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${form.version}`, metadata: item.metadata };
}
