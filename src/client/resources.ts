/** The built-in resources that are worked with, by name. */
import type { GroupVersionResource } from '../api/object.ts';

const inGroup =
  (group: string, version: string) =>
  (resource: string): GroupVersionResource => ({
    group,
    version,
    resource,
  });
const core = inGroup('', 'v1');
const apps = inGroup('apps', 'v1');
const batch = inGroup('batch', 'v1');
const storage = inGroup('storage.k8s.io', 'v1');

export const CONFIG_MAPS = core('configmaps');
export const ENDPOINTS = core('endpoints');
export const EVENTS = core('events');
export const NAMESPACES = core('namespaces');
export const NODES = core('nodes');
export const PERSISTENT_VOLUME_CLAIMS = core('persistentvolumeclaims');
export const PERSISTENT_VOLUMES = core('persistentvolumes');
export const PODS = core('pods');
export const REPLICATION_CONTROLLERS = core('replicationcontrollers');
export const RESOURCE_QUOTAS = core('resourcequotas');
export const SECRETS = core('secrets');
export const SERVICE_ACCOUNTS = core('serviceaccounts');
export const SERVICES = core('services');
export const API_SERVICES = inGroup('apiregistration.k8s.io', 'v1')('apiservices');
export const IP_ADDRESSES = inGroup('networking.k8s.io', 'v1')('ipaddresses');
export const CUSTOM_RESOURCE_DEFINITIONS = inGroup('apiextensions.k8s.io', 'v1')('customresourcedefinitions');
export const CONTROLLER_REVISIONS = apps('controllerrevisions');
export const DAEMON_SETS = apps('daemonsets');
export const DEPLOYMENTS = apps('deployments');
export const REPLICA_SETS = apps('replicasets');
export const STATEFUL_SETS = apps('statefulsets');
export const CRON_JOBS = batch('cronjobs');
export const JOBS = batch('jobs');
export const HORIZONTAL_POD_AUTOSCALERS = inGroup('autoscaling', 'v2')('horizontalpodautoscalers');
export const CERTIFICATE_SIGNING_REQUESTS = inGroup('certificates.k8s.io', 'v1')('certificatesigningrequests');
export const LEASES = inGroup('coordination.k8s.io', 'v1')('leases');
export const ENDPOINT_SLICES = inGroup('discovery.k8s.io', 'v1')('endpointslices');
export const INGRESSES = inGroup('networking.k8s.io', 'v1')('ingresses');
export const POD_DISRUPTION_BUDGETS = inGroup('policy', 'v1')('poddisruptionbudgets');
export const PRIORITY_CLASSES = inGroup('scheduling.k8s.io', 'v1')('priorityclasses');
export const CSI_NODES = storage('csinodes');
export const STORAGE_CLASSES = storage('storageclasses');

/** The CSI driver that simulated volumes name and simulated nodes carry, whatever provisioner a class asks for. */
export const VOLUME_DRIVER = 'simulated.portolan.dev';
