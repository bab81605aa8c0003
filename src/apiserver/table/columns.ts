/** Which columns a resource's table has, and how a row of it is filled. */
import type { KubeObject } from '../../api/object.ts';
import type { ResourceType } from '../resources.ts';
import { clusterColumns } from './cluster-columns.ts';
import { extensionColumns } from './extension-columns.ts';
import { networkColumns } from './network-columns.ts';
import { podColumns } from './pod-columns.ts';
import { storageColumns } from './storage-columns.ts';
import { type Columns, defineColumns } from './table.ts';
import { workloadColumns } from './workload-columns.ts';

const BY_RESOURCE: Record<string, Columns> = {
  ...podColumns,
  ...workloadColumns,
  ...networkColumns,
  ...storageColumns,
  ...clusterColumns,
  ...extensionColumns,
};

/** Kinds without columns of their own show when they were made. */
const DEFAULT = defineColumns('Name @Created At', ({ metadata }: KubeObject) => [
  metadata.name,
  metadata.creationTimestamp,
]);

export function columnsOf({ group, resource, columns }: ResourceType): Columns {
  return columns ?? BY_RESOURCE[group === '' ? resource : `${resource}.${group}`] ?? DEFAULT;
}
