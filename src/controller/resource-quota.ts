/** ResourceQuota: keeps the status of what is used; refusing what would be too much is the server's admission. */
import { equalJson } from '../api/json.ts';
import type { KubeObject } from '../api/object.ts';
import { isTerminal } from '../api/pods.ts';
import { addQuantities, parseQuantity, printQuantity, type Quantity, zeroQuantity } from '../api/quantity.ts';
import { keyOf } from '../client/informer.ts';
import { RESOURCE_QUOTAS } from '../client/resources.ts';
import type { AllResources } from './all-resources.ts';
import type { ControllerContext, ControllerDefinition } from './controller.ts';

/** Names of quotas that count objects, beside `count/<resource>.<group>`. */
const COUNTED: Record<string, string> = {
  pods: 'pods.',
  services: 'services.',
  secrets: 'secrets.',
  configmaps: 'configmaps.',
  persistentvolumeclaims: 'persistentvolumeclaims.',
  replicationcontrollers: 'replicationcontrollers.',
  resourcequotas: 'resourcequotas.',
};
const COMPUTE = new Set(['cpu', 'memory', 'ephemeral-storage']);

export const resourceQuotaController = (all: AllResources): ControllerDefinition => ({
  name: 'resourcequota-controller',
  component: 'resourcequota-controller',
  setUp(context) {
    const quotas = context.informer(RESOURCE_QUOTAS);
    quotas.onChange(({ object }) => context.enqueue(keyOf(object)));
    all.onChange(({ type, object, previous }, { resource }) => {
      // Of changes only the end of a pod and the size of a claim count.
      if (
        type === 'modified' &&
        resource !== 'pods' &&
        resource !== 'persistentvolumeclaims' &&
        resource !== 'services'
      )
        return;
      if (type === 'modified' && resource === 'pods' && previous && isTerminal(previous) === isTerminal(object)) return;
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
  const used: Record<string, string> = {};
  for (const name of Object.keys(hard)) used[name] = usage(all, quota, name);
  const status = { hard, used };
  if (!equalJson(status, quota.status))
    await client.update(RESOURCE_QUOTAS, { ...quota, status }, { subresource: 'status' });
}

function usage(all: AllResources, quota: KubeObject, name: string): string {
  const objects = (id: string) => all.informers.get(id)?.informer.list(quota.metadata.namespace) ?? [];
  const pods = () => objects('pods.').filter((pod) => !isTerminal(pod) && isInScope(quota, pod));
  if (name === 'pods' || name === 'count/pods') return String(pods().length);
  if (name.startsWith('count/')) {
    const [resource = '', ...group] = name.slice('count/'.length).split('.');
    return String(objects(`${resource}.${group.join('.')}`).length);
  }
  if (Object.hasOwn(COUNTED, name)) return String(objects(COUNTED[name]!).length);
  if (name === 'services.loadbalancers' || name === 'services.nodeports') {
    const types = name === 'services.loadbalancers' ? ['LoadBalancer'] : ['LoadBalancer', 'NodePort'];
    return String(objects('services.').filter(({ spec }) => types.includes(spec.type)).length);
  }
  const byClass = /^(.+)\.storageclass\.storage\.k8s\.io\/(.+)$/.exec(name);
  const claims = objects('persistentvolumeclaims.').filter(
    ({ spec }) => !byClass || spec.storageClassName === byClass[1],
  );
  if (name === 'requests.storage' || byClass?.[2] === 'requests.storage')
    return sum(claims.map(({ spec }) => spec.resources?.requests?.storage));
  if (byClass) return String(claims.length);
  const [kind, resource] = name.startsWith('limits.')
    ? (['limits', name.slice(7)] as const)
    : (['requests', name.replace(/^requests\./, '')] as const);
  if (!COMPUTE.has(resource) && !resource.includes('/')) return '0';
  return sum(pods().flatMap(({ spec }) => spec.containers.map((c: KubeObject) => c.resources?.[kind]?.[resource])));
}

function isInScope({ spec }: KubeObject, pod: KubeObject): boolean {
  const scopes: string[] = spec.scopes ?? [];
  const bestEffort = pod.status?.qosClass === 'BestEffort';
  const terminating = pod.spec.activeDeadlineSeconds !== undefined;
  return scopes.every((scope) => {
    if (scope === 'BestEffort') return bestEffort;
    if (scope === 'NotBestEffort') return !bestEffort;
    if (scope === 'Terminating') return terminating;
    return scope === 'NotTerminating' ? !terminating : true;
  });
}

function sum(quantities: (string | undefined)[]): string {
  let total: Quantity = zeroQuantity();
  for (const quantity of quantities) if (quantity !== undefined) total = addQuantities(total, parseQuantity(quantity));
  return printQuantity(total);
}
