/** events.k8s.io/v1 over the core/v1 events that are kept: the same facts under other names. */
import type { KubeObject } from '../api/object.ts';

const NAMES: [core: string, events: string][] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

const TO_EVENTS = new Map(NAMES);
const TO_CORE = new Map(NAMES.map(([core, events]) => [events, core]));

const renamed = (object: KubeObject, names: Map<string, string>, apiVersion: string): KubeObject => {
  const entries = Object.entries(object).map(([key, value]) => [names.get(key) ?? key, value]);
  return { ...(Object.fromEntries(entries) as KubeObject), apiVersion };
};

export const eventFromCore = (event: KubeObject): KubeObject => renamed(event, TO_EVENTS, 'events.k8s.io/v1');
export const eventToCore = (event: KubeObject): KubeObject => renamed(event, TO_CORE, 'v1');
