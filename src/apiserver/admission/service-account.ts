/** ServiceAccount: every pod runs as one, with a token mounted unless that is declined. */
import type { KubeObject } from '../../api/object.ts';
import { forbidden } from '../../api/status.ts';
import type { Call, Draft } from '../call.ts';
import { randomSuffix } from '../random-suffix.ts';
import { askedName } from './asked-name.ts';

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

interface Container {
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

export function admitServiceAccount(pod: Draft, call: Call): void {
  const { spec, metadata } = pod;
  if (metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return;
  spec.serviceAccountName ||= spec.serviceAccount || 'default';
  spec.serviceAccount = spec.serviceAccountName;
  const account = accountOf(pod, call);
  if (spec.automountServiceAccountToken ?? account['automountServiceAccountToken'] ?? true) mountToken(pod);
  if (!spec.imagePullSecrets?.length && account['imagePullSecrets']?.length)
    spec.imagePullSecrets = account['imagePullSecrets'];
}

function accountOf(pod: Draft, { api, type, target }: Call): KubeObject {
  const name = pod['spec'].serviceAccountName;
  const account = api.objects.get(api.types.find('', 'v1', 'serviceaccounts')!, target.namespace, name);
  if (account !== undefined) return account;
  const why = `error looking up service account ${target.namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`;
  throw forbidden(type, askedName(pod), why);
}

/** The volume is added only where a container has nothing at the token's path yet. */
function mountToken({ spec }: Draft): void {
  const containers: Container[] = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const without = containers.filter(
    ({ volumeMounts }) => !(volumeMounts ?? []).some(({ mountPath }) => mountPath === MOUNT_PATH),
  );
  if (without.length === 0) return;
  const name = `kube-api-access-${randomSuffix()}`;
  for (const container of without)
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }];
  spec.volumes = [...(spec.volumes ?? []), { name, projected: { defaultMode: 420, sources: tokenSources() } }];
}

const tokenSources = () => [
  { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
  { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  {
    downwardAPI: {
      items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
    },
  },
];
