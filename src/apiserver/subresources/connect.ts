/** exec, attach, portforward and proxy need a process behind the pod, and here is none. */
import { failure } from '../../api/status.ts';
import type { Call } from '../call.ts';

export function refuseConnect({ target }: Call): never {
  const { subresource, name } = target;
  throw failure(
    501,
    'NotImplemented',
    `${subresource} is not possible: the containers of this cluster are simulated, no process runs behind ${JSON.stringify(name)}`,
  );
}
