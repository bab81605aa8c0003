/**
 * autoscaling/v1 over the autoscaling/v2 autoscalers that are kept. What v1 has no field for travels in annotations, as
 * in Kubernetes' own conversion.
 */
import type { KubeObject } from '../api/object.ts';

const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics';

interface Metric {
  type: string;
  resource?: { name: string; target?: Utilization; current?: Utilization };
}

interface Utilization {
  type?: string;
  averageUtilization?: number;
  averageValue?: string;
}

/** The one metric that v1 can say: the average CPU utilisation. */
const isCpuUtilization = (metric: Metric): boolean =>
  metric.type === 'Resource' &&
  metric.resource?.name === 'cpu' &&
  metric.resource.target?.averageUtilization !== undefined;
const isCpu = (metric: Metric): boolean => metric.type === 'Resource' && metric.resource?.name === 'cpu';

export function autoscalerFromV2(object: KubeObject): KubeObject {
  // Go writes lists that hold nothing as null.
  const {
    metrics: allMetrics,
    behavior,
    ...spec
  } = object['spec'] as { metrics?: Metric[] | null; behavior?: unknown };
  const {
    currentMetrics: current,
    conditions,
    ...status
  } = (object['status'] ?? {}) as {
    currentMetrics?: Metric[] | null;
    conditions?: unknown[];
  };
  const [metrics, currentMetrics] = [allMetrics ?? [], current ?? []];
  const cpu = metrics.find(isCpuUtilization);
  const others = metrics.filter((metric) => metric !== cpu);
  const currentCpu = currentMetrics.find((metric) => isCpu(metric) && metric.resource?.current !== undefined);
  const annotations = {
    ...object.metadata.annotations,
    ...(others.length > 0 && { [METRICS]: JSON.stringify(others) }),
    ...(behavior !== undefined && { [BEHAVIOR]: JSON.stringify(behavior) }),
    ...(conditions !== undefined && { [CONDITIONS]: JSON.stringify(conditions) }),
    ...(currentMetrics.length > 0 && { [CURRENT_METRICS]: JSON.stringify(currentMetrics) }),
  };
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: { ...object.metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: {
      ...spec,
      ...(cpu && { targetCPUUtilizationPercentage: cpu.resource!.target!.averageUtilization }),
    },
    status: {
      ...status,
      ...(currentCpu?.resource?.current?.averageUtilization !== undefined && {
        currentCPUUtilizationPercentage: currentCpu.resource.current.averageUtilization,
      }),
    },
  };
}

export function autoscalerToV2(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: cpu, ...spec } = (object['spec'] ?? {}) as Record<string, unknown>;
  const { currentCPUUtilizationPercentage: _, ...status } = (object['status'] ?? {}) as Record<string, unknown>;
  const {
    [METRICS]: metrics,
    [BEHAVIOR]: behavior,
    [CONDITIONS]: conditions,
    [CURRENT_METRICS]: current,
    ...rest
  } = object.metadata.annotations ?? {};
  const cpuMetric = {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } },
  };
  const allMetrics = [...((parsed(metrics) as unknown[]) ?? []), ...(cpu === undefined ? [] : [cpuMetric])];
  const { annotations: _annotations, ...metadata } = object.metadata;
  const isEmpty = Object.keys(rest).length === 0;
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: { ...metadata, ...(!isEmpty && { annotations: rest }) },
    spec: {
      ...spec,
      ...(allMetrics.length > 0 && { metrics: allMetrics }),
      ...(behavior !== undefined && { behavior: parsed(behavior) }),
    },
    status: {
      ...status,
      ...(conditions !== undefined && { conditions: parsed(conditions) }),
      ...(current !== undefined && { currentMetrics: parsed(current) }),
    },
  };
}

/** Annotations are the user's to break: what does not parse is as good as absent. */
function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
