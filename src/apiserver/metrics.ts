/** What the server counts about itself, in Prometheus' text format. */
import type { ApiResponse } from '../api/http.ts';
import type { Api } from './call.ts';
import { prefixOf } from './object-store.ts';
import { text } from './plain-text.ts';

const BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5];

interface Labels {
  verb: string;
  group: string;
  version: string;
  resource: string;
  code: number;
}

interface Latency {
  labels: Labels;
  buckets: number[];
  sum: number;
  count: number;
}

export interface Metrics {
  /** One request that was answered; `seconds` is undefined for those that last, such as watches. */
  record(labels: Labels, seconds?: number): void;
  print(): string;
}

/** What is counted of requests alike. */
interface Series {
  labels: Labels;
  count: number;
}

export function createMetrics(): Metrics {
  const requests = new Map<string, Series[]>();
  const latencies = new Map<string, Latency[]>();
  return {
    // Found without putting texts together: every request is counted.
    record(labels, seconds) {
      const alike = listAt(requests, labels.resource);
      const known = alike.find((each) => isSame(each.labels, labels) && each.labels.code === labels.code);
      if (known !== undefined) known.count++;
      else alike.push({ labels, count: 1 });
      if (seconds !== undefined) observe(listAt(latencies, labels.resource), labels, seconds);
    },
    print: () =>
      [...requestLines([...requests.values()].flat()), ...latencyLines([...latencies.values()].flat())].join('\n'),
  };
}

function listAt<T>(lists: Map<string, T[]>, key: string): T[] {
  let list = lists.get(key);
  if (list === undefined) lists.set(key, (list = []));
  return list;
}

const isSame = (a: Labels, b: Labels): boolean => a.verb === b.verb && a.version === b.version && a.group === b.group;

function observe(alike: Latency[], labels: Labels, seconds: number): void {
  let latency = alike.find((each) => isSame(each.labels, labels));
  if (latency === undefined) alike.push((latency = { labels, buckets: BUCKETS.map(() => 0), sum: 0, count: 0 }));
  latency.sum += seconds;
  latency.count++;
  for (let i = BUCKETS.length - 1; i >= 0 && seconds <= BUCKETS[i]!; i--) latency.buckets[i]!++;
}

const labelText = ({ group, resource, verb, version }: Labels): string =>
  `group="${group}",resource="${resource}",verb="${verb}",version="${version}"`;

const header = (name: string, type: string, help: string): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
];

function requestLines(requests: Series[]): string[] {
  const name = 'apiserver_request_total';
  return [
    ...header(name, 'counter', 'Requests answered, by verb, resource and HTTP code.'),
    ...requests.map(({ labels, count }) => `${name}{code="${labels.code}",${labelText(labels)}} ${count}`),
  ];
}

function latencyLines(latencies: Latency[]): string[] {
  const name = 'apiserver_request_duration_seconds';
  return [
    ...header(name, 'histogram', 'Time to answer a request, by verb and resource.'),
    ...latencies.flatMap(({ labels, buckets, sum, count }) => {
      const text = labelText(labels);
      return [
        ...buckets.map((value, i) => `${name}_bucket{${text},le="${BUCKETS[i]}"} ${value}`),
        `${name}_bucket{${text},le="+Inf"} ${count}`,
        `${name}_sum{${text}} ${sum}`,
        `${name}_count{${text}} ${count}`,
      ];
    }),
  ];
}

/** The answer to `/metrics`: requests, open watches, stored objects and the store's own revisions. */
export function metricsResponse({ metrics, moreMetrics, watches, objects, types }: Api): ApiResponse {
  const { store } = objects;
  const stored = types
    .all()
    .filter(
      ({ storage, group, version, virtual }) => !virtual && storage.group === group && storage.version === version,
    )
    .map(({ storage }) => [storage, store.range(prefixOf(storage), { limit: 1 }).count] as const)
    .filter(([, count]) => count > 0);
  const lines = [
    metrics.print(),
    ...header('apiserver_longrunning_requests', 'gauge', 'Watches open now.'),
    `apiserver_longrunning_requests{verb="WATCH"} ${watches.size}`,
    ...header('apiserver_resource_objects', 'gauge', 'Objects stored, by resource.'),
    ...stored.map(
      ([{ group, resource }, n]) => `apiserver_resource_objects{group="${group}",resource="${resource}"} ${n}`,
    ),
    ...header('portolan_store_revision', 'gauge', 'Revision of the last change.'),
    `portolan_store_revision ${store.revision}`,
    ...header('portolan_store_compact_revision', 'gauge', 'Revision up to which history is forgotten.'),
    `portolan_store_compact_revision ${store.compactRevision}`,
    ...(moreMetrics ? [moreMetrics()] : []),
  ];
  return text(`${lines.join('\n')}\n`, 'text/plain; version=0.0.4; charset=utf-8');
}
