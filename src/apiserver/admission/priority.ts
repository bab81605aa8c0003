/** Priority: the number behind a pod's priority class. */
import type { KubeObject } from '../../api/object.ts';
import { forbidden } from '../../api/status.ts';
import type { Call, Draft } from '../call.ts';
import { askedName } from './asked-name.ts';

export function admitPriority(pod: Draft, call: Call): void {
  const { spec } = pod;
  const found = classOf(pod, call);
  const priority = found?.['value'] ?? 0;
  if (found !== undefined) spec.priorityClassName = found.metadata.name;
  if (spec.priority !== undefined && spec.priority !== priority)
    throw forbidden(
      call.type,
      askedName(pod),
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  spec.priority = priority;
  spec.preemptionPolicy ??= found?.['preemptionPolicy'] ?? 'PreemptLowerPriority';
}

function classOf(pod: Draft, { api, type }: Call): KubeObject | undefined {
  const { spec } = pod;
  const classes = api.types.find('scheduling.k8s.io', 'v1', 'priorityclasses')!;
  if (spec.priorityClassName) {
    const found = api.objects.get(classes, '', spec.priorityClassName);
    if (found === undefined)
      throw forbidden(type, askedName(pod), `no PriorityClass with name ${spec.priorityClassName} was found`);
    return found;
  }
  const byDefault = api.objects.all(classes).filter((each) => each['globalDefault'] === true);
  return byDefault.sort((a, b) => a['value'] - b['value'])[0];
}
