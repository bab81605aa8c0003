/** The columns of `kubectl get` that a definition gives its objects. */
import { isObject } from '../../api/json.ts';
import { compileJsonPath } from '../../api/jsonpath.ts';
import { age } from '../table/cells.ts';
import type { Column, Columns } from '../table/table.ts';
import type { PrinterColumn } from './schema.ts';

const NAME: Column = { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 };
const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** Name and age where the definition has none. Throws where a path is none. */
export function printerColumns(given: readonly PrinterColumn[] | undefined): Columns {
  const shown = given && given.length > 0 ? given : [AGE];
  const readers = shown.map(({ jsonPath, type }) => ({ path: compileJsonPath(jsonPath), print: PRINT[type] ?? text }));
  return {
    columns: [NAME, ...shown.map(toColumn)],
    cells: (object, now) => [
      object.metadata.name,
      ...readers.map(({ path, print }) => {
        const value = path(object)[0];
        return value === undefined || value === null ? null : print(value, now);
      }),
    ],
  };
}

const toColumn = ({ name, type, format = '', description = '', priority = 0 }: PrinterColumn): Column => ({
  name,
  type,
  format,
  description,
  priority,
});

const text = (value: unknown): unknown =>
  typeof value === 'string' ? value : isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);

const PRINT: Record<string, (value: unknown, now: number) => unknown> = {
  integer: (value) => (typeof value === 'number' ? Math.trunc(value) : null),
  number: (value) => (typeof value === 'number' ? value : null),
  boolean: (value) => (typeof value === 'boolean' ? value : null),
  date: (value, now) => (typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? age(value, now) : '<invalid>'),
};
