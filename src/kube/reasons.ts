/** Looks for the reason why something does not become ready: in its pods, their containers and the events about them. */
import type { KubeObject } from '../api/object.ts';
import { EVENTS } from '../client/resources.ts';
import type { Client } from '../client/types.ts';
import { podsOf } from './pods.ts';
import type { ResourceStatus } from './wait.ts';

export interface Reason {
  /** `Deployment/web` */
  object: string;
  /** In a word, as `ImagePullBackOff`. */
  cause: string;
  facts: string[];
  advice: string[];
}

/** More than these say no more. */
const MOST = { objects: 20, pods: 3, events: 3, logLines: 5 };

export const findReasons = (client: Client, unready: ResourceStatus[]): Promise<Reason[]> =>
  Promise.all(unready.slice(0, MOST.objects).map((status) => reasonOf(client, status)));

async function reasonOf(client: Client, { resource, live, message }: ResourceStatus): Promise<Reason> {
  const object = `${resource.object.kind}/${resource.name}`;
  const namespace = resource.namespace;
  const reason: Reason = { object, cause: message, facts: message === '' ? [] : [message], advice: [] };
  if (live === undefined || namespace === undefined) return reason;
  const pods = (await podsOf(client, live, namespace)).filter((pod) => !isFine(pod)).slice(0, MOST.pods);
  await describePods(client, pods, namespace, reason);
  const events = await eventsOf(client, resource.name, namespace);
  reason.facts.push(...events.map((event) => `event: ${event}`));
  if (reason.advice.length === 0)
    reason.advice.push(`kubectl describe ${resource.object.kind.toLowerCase()} ${resource.name} -n ${namespace}`);
  return reason;
}

const isFine = ({ status }: KubeObject): boolean =>
  status?.phase === 'Succeeded' ||
  (status?.conditions ?? []).some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True');

interface ContainerStatus {
  name: string;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string }; terminated?: { reason?: string; exitCode?: number } };
}

/** Pods of which there is nothing else to tell than of one before are not told apart. */
async function describePods(client: Client, pods: KubeObject[], namespace: string, reason: Reason): Promise<void> {
  const told = new Set<string>();
  let isRepeated = false;
  for (const pod of pods) {
    const own: Reason = { ...reason, facts: [], advice: [] };
    await describePod(client, pod, namespace, own);
    const { name, uid = name } = pod.metadata;
    const text = own.facts.join('\n').replaceAll(name, '').replaceAll(uid, '');
    if (told.has(text)) isRepeated = true;
    else {
      told.add(text);
      reason.cause = own.cause;
      reason.facts.push(...own.facts);
      reason.advice.push(...own.advice.filter((advice) => !reason.advice.includes(advice)));
    }
  }
  if (isRepeated) reason.facts.push('other pods are like that');
}

async function describePod(client: Client, pod: KubeObject, namespace: string, reason: Reason): Promise<void> {
  const { name } = pod.metadata;
  const { status } = pod;
  const containers: ContainerStatus[] = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ];
  reason.facts.push(`pod ${name}: ${status?.phase ?? 'unknown'}${status?.message ? `, ${status.message}` : ''}`);
  for (const { type, status: state, message } of (status?.conditions ?? []) as Record<string, string>[])
    if (type === 'PodScheduled' && state === 'False') reason.facts.push(`not scheduled: ${message ?? ''}`);
  for (const container of containers) {
    const { waiting, terminated } = container.state ?? {};
    const state = waiting?.reason ?? terminated?.reason;
    if (state === undefined || state === 'Completed') continue;
    reason.cause = state;
    const restarts = container.restartCount ? `, restarted ${container.restartCount} times` : '';
    const exit = terminated?.exitCode === undefined ? '' : ` (exit code ${terminated.exitCode})`;
    reason.facts.push(
      `container ${container.name}: ${state}${exit}${restarts}${waiting?.message ? `, ${waiting.message}` : ''}`,
    );
    reason.advice.push(adviceFor(state, name, container.name, namespace));
    if (container.restartCount) reason.facts.push(...(await lastLines(client, name, namespace, container.name)));
  }
  const told = reason.facts.join('\n');
  const events = (await eventsOf(client, name, namespace)).filter((event) => !isTold(event, told));
  reason.facts.push(...events.map((event) => `event: ${event}`));
}

/** Whether an event only says again what the container's state says: `Failed: Error: ErrImagePull`. */
const isTold = (event: string, told: string): boolean =>
  told.includes(event.replace(/^\w+: (Error: |Failed to pull image "[^"]*": )?/, ''));

function adviceFor(state: string, pod: string, container: string, namespace: string): string {
  if (/ImagePull|InvalidImageName/.test(state)) return 'check the name of the image, its tag, and the pull secret';
  if (/ConfigError/.test(state)) return 'check the ConfigMaps and Secrets that the container refers to';
  return `kubectl logs ${pod} -c ${container} -n ${namespace} --previous`;
}

async function lastLines(client: Client, pod: string, namespace: string, container: string): Promise<string[]> {
  const text = await client
    .logs(pod, namespace, { container, tailLines: MOST.logLines, previous: true })
    .catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-MOST.logLines)
    .map((line) => `log: ${line}`);
}

async function eventsOf(client: Client, name: string, namespace: string): Promise<string[]> {
  const list = await client
    .list(EVENTS, { namespace, fieldSelector: `involvedObject.name=${name}` })
    .catch(() => ({ items: [] as KubeObject[] }));
  const time = (event: KubeObject) => event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '';
  return list.items
    .filter((event) => event.type === 'Warning')
    .sort((a, b) => (time(a) < time(b) ? -1 : 1))
    .map((event) => `${event.reason}: ${event.message}`)
    .filter((text, i, all) => all.lastIndexOf(text) === i)
    .slice(-MOST.events);
}
