/** ResourceQuota: keeps the status of what is used; refusing what would be too much is the server's admission. */
import { equalJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import { isTerminal } from '../api/pods.ts';
import { addQuantities, printQuantity, ZERO } from '../api/quantity.ts';
import { coversObject, usageOf } from '../api/quota-usage.ts';
import { keyOf } from '../client/informer.ts';
import { RESOURCE_QUOTAS } from '../client/resources.ts';
import type { AllResources } from './all-resources.ts';
import type { ControllerContext, ControllerDefinition } from './controller.ts';

/** Whether an object counts for something else after a change: a pod that has ended or is resized, for one. */
const MAY_COUNT_OTHERWISE: Record<string, (object: KubeObject, previous?: KubeObject) => boolean> = {
  pods: (pod, previous) =>
    !previous || isTerminal(previous) !== isTerminal(pod) || previous.metadata.generation !== pod.metadata.generation,
  persistentvolumeclaims: () => true,
  services: () => true,
};

export const resourceQuotaController = (all: AllResources): ControllerDefinition => ({
  name: 'resourcequota-controller',
  component: 'resourcequota-controller',
  setUp(context) {
    const quotas = context.informer(RESOURCE_QUOTAS);
    quotas.onChange(({ object }) => context.enqueue(keyOf(object)));
    all.onChange(({ type, object, previous }, { resource }) => {
      if (type === 'modified' && !MAY_COUNT_OTHERWISE[resource]?.(object, previous)) return;
      for (const quota of quotas.list(object.metadata.namespace ?? '')) context.enqueue(keyOf(quota));
    });
    return async (key) => {
      await all.ready;
      const quota = quotas.byKey(key);
      if (quota && !quota.metadata.deletionTimestamp) await sync(context, all, quota);
    };
  },
});

async function sync({ client }: ControllerContext, all: AllResources, quota: KubeObject): Promise<void> {
  const hard: Record<string, string> = quota.spec.hard ?? {};
  const totals = new Map(Object.keys(hard).map((name) => [name, ZERO]));
  for (const { resource, informer } of all.informers.values()) {
    if (resource.group !== '' && !totals.has(`count/${resource.resource}.${resource.group}`)) continue;
    for (const object of informer.list(quota.metadata.namespace))
      if (coversObject(quota, resource, object))
        for (const [name, quantity] of usageOf(resource, object)) {
          const total = totals.get(name);
          if (total) totals.set(name, addQuantities(total, quantity));
        }
  }
  const used = Object.fromEntries([...totals].map(([name, total]) => [name, printQuantity(total)]));
  const status = { hard, used };
  if (!equalJson(status, quota.status))
    await client.update(RESOURCE_QUOTAS, { ...quota, status }, { subresource: 'status' });
}
