/** What an object that is admitted is called: a name that is to be generated has only its beginning yet. */
import type { KubeObject } from '../../api/object.ts';

export const askedName = ({ metadata: { name, generateName } }: Pick<KubeObject, 'metadata'>): string =>
  name || generateName || 'Unknown!';
