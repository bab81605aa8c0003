import type { ResourceType } from '../resources.ts';
import type { Columns } from './table.ts';

const DEFAULT: Columns = {
  columns: [
    {
      name: 'Name',
      type: 'string',
      format: 'name',
      description: 'Name must be unique within a namespace.',
      priority: 0,
    },
    { name: 'Created At', type: 'date', description: 'CreationTimestamp is the time of creation.', priority: 0 },
  ],
  cells: ({ metadata }) => [metadata.name, metadata.creationTimestamp],
};

export function columnsOf(_type: ResourceType): Columns {
  return DEFAULT;
}
