/**
 * Webhooks behind a service of the cluster. Its pods are simulated and answer nothing; what can be told is whether a
 * cluster would reach them.
 */
import type { KubeObject } from '../../api/object.ts';
import type { Api } from '../call.ts';

export interface ServiceReference {
  namespace: string;
  name: string;
  path?: string;
  port?: number;
}

type Parts = Pick<Api, 'objects' | 'types'>;

/** As API servers address it. */
export const serviceUrl = ({ namespace, name, path = '', port = 443 }: ServiceReference): string =>
  `https://${name}.${namespace}.svc:${port}${path.startsWith('/') || path === '' ? path : `/${path}`}`;

/** Why a cluster could not reach the service, in its words; undefined where it could. */
export function unreachable(api: Parts, { namespace, name, port = 443 }: ServiceReference): string | undefined {
  const service = api.objects.get(api.types.find('', 'v1', 'services')!, namespace, name);
  if (service === undefined) return `service ${JSON.stringify(name)} not found`;
  const { type, clusterIP, ports = [] } = service['spec'];
  if (type === 'ExternalName') return undefined;
  if (clusterIP === 'None') return 'cannot route to service with ClusterIP "None"';
  if (!ports.some((each: { port: number }) => each.port === port))
    return `no service port ${port} found for service ${JSON.stringify(name)}`;
  return isReady(api, service) ? undefined : `dial tcp ${clusterIP}:${port}: connect: connection refused`;
}

function isReady({ objects, types }: Parts, { metadata }: KubeObject): boolean {
  const slices = objects.all(types.find('discovery.k8s.io', 'v1', 'endpointslices')!, metadata.namespace);
  return slices.some(
    (slice) =>
      slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name &&
      (slice['endpoints'] ?? []).some((each: { conditions?: { ready?: boolean } }) => each.conditions?.ready !== false),
  );
}
