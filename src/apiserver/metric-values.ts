/**
 * custom.metrics.k8s.io and external.metrics.k8s.io, as an adapter would serve them: what objects tell of themselves by
 * annotation, and namespaces of what is outside. They stand in no discovery, as on a cluster without an adapter.
 */
import { declaredMetric } from '../api/declared-metric.ts';
import type { ApiResponse } from '../api/http.ts';
import { type KubeObject, timestamp } from '../api/object.ts';
import { printQuantity, type Quantity } from '../api/quantity.ts';
import { matchesLabels, parseLabelSelector } from '../api/selectors.ts';
import { failure } from '../api/status.ts';
import type { Call } from './call.ts';
import { metricsTypes } from './computed-resources.ts';
import type { ResourceRequest } from './request-info.ts';
import type { ResourceType } from './resources.ts';

const CUSTOM = 'custom.metrics.k8s.io';
const EXTERNAL = 'external.metrics.k8s.io';
const VERSIONS = new Map([
  [CUSTOM, ['v1beta1', 'v1beta2']],
  [EXTERNAL, ['v1beta1']],
]);

/** For whom may ask: every path of these groups is a resource that can be read. */
export function metricValueType({ group, version, resource }: ResourceRequest): ResourceType | undefined {
  if (!VERSIONS.get(group)?.includes(version)) return undefined;
  return { ...metricsTypes[0]!, group, version, resource, storage: { group, version, resource } };
}

/** Undefined for a request of any other group. */
export function metricValues(call: Call): ApiResponse | undefined {
  const { group, version, verb } = call.target;
  if (!VERSIONS.has(group) || (verb !== 'get' && verb !== 'list')) return undefined;
  const [kind, items] =
    group === EXTERNAL ? ['ExternalMetricValueList', external(call)] : ['MetricValueList', custom(call)];
  const object = { kind, apiVersion: `${group}/${version}`, metadata: {}, items };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: { type: 'object', object } };
}

/** `namespaces/d/queue_length`: what the namespace tells. */
function external({ api, target }: Call): object[] {
  const namespace = api.objects.get(api.types.find('', 'v1', 'namespaces')!, '', target.namespace);
  const value = namespace && declaredMetric(namespace, target.resource);
  if (value === undefined) return [];
  return [
    {
      metricName: target.resource,
      metricLabels: {},
      timestamp: timestamp(api.clock.now()),
      value: printQuantity(value),
    },
  ];
}

/** `namespaces/d/pods/NAME/requests`, `namespaces/d/metrics/requests` of the namespace itself, `nodes/n/load`. */
function custom(call: Call): object[] {
  const { target } = call;
  const isNamespace = target.resource === 'metrics';
  const [resource, name, metric] = isNamespace
    ? ['namespaces', target.namespace, target.name]
    : [target.resource, target.name, target.subresource];
  const found = subjects(call, resource, name).flatMap((object) => {
    const value = declaredMetric(object, metric);
    return value === undefined ? [] : [metricValue(call, object, metric, value)];
  });
  if (found.length > 0) return found;
  const of = name === '*' ? resource : `${resource} ${name}`;
  throw failure(404, 'NotFound', `the server could not find the metric ${metric} for ${of}`);
}

function subjects({ api, request, target }: Call, resource: string, name: string): KubeObject[] {
  const [plural, ...group] = resource.split('.');
  const type = api.types.all().find((each) => each.resource === plural && each.group === group.join('.'));
  if (type === undefined) return [];
  const namespace = type.namespaced ? target.namespace : '';
  if (name !== '*') {
    const object = api.objects.get(type, namespace, name);
    return object === undefined ? [] : [object];
  }
  const selector = parseLabelSelector(request.query.get('labelSelector') ?? '');
  return api.objects.all(type, namespace).filter(({ metadata }) => matchesLabels(selector, metadata.labels));
}

function metricValue({ api, target }: Call, object: KubeObject, metric: string, quantity: Quantity): object {
  const { kind, apiVersion, metadata } = object;
  const told = { timestamp: timestamp(api.clock.now()), value: printQuantity(quantity) };
  const describedObject = {
    kind,
    ...(metadata.namespace && { namespace: metadata.namespace }),
    name: metadata.name,
    apiVersion: apiVersion.includes('/') ? apiVersion : `/${apiVersion}`,
  };
  return target.version === 'v1beta1'
    ? { describedObject, metricName: metric, ...told, selector: null }
    : { describedObject, metric: { name: metric, selector: null }, ...told };
}
