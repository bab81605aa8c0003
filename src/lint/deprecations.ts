/** API versions that Kubernetes gave up or will give up, as facts: what `helm lint` warns about. */
import { type KubeVersion, parseKubeVersion } from '../engine/capabilities.ts';

/**
 * apiVersion, the minor version of Kubernetes 1 that deprecated it, the one that removed it, what took its place, then
 * kinds. `Kind+` stands for its list too, `Kind=Other` for a kind that another one replaces.
 */
const TABLE = `
v1 19 - - ComponentStatus+
v1 33 - discovery.k8s.io/v1 Endpoints=EndpointSlice EndpointsList=EndpointSliceList
admissionregistration.k8s.io/v1alpha1 35 38 - MutatingAdmissionPolicy+ MutatingAdmissionPolicyBinding+
admissionregistration.k8s.io/v1alpha1 29 32 - ValidatingAdmissionPolicy+ ValidatingAdmissionPolicyBinding+
admissionregistration.k8s.io/v1beta1 16 22 admissionregistration.k8s.io/v1 MutatingWebhookConfiguration+ ValidatingWebhookConfiguration+
admissionregistration.k8s.io/v1beta1 31 34 - ValidatingAdmissionPolicy+ ValidatingAdmissionPolicyBinding+
apps/v1beta1 8 16 apps/v1 Deployment+ DeploymentRollback StatefulSet+ ControllerRevision+
apps/v1beta1 8 16 autoscaling/v1 Scale
apps/v1beta2 9 16 apps/v1 Deployment+ ReplicaSet+ DaemonSet+ StatefulSet+ ControllerRevision+
apps/v1beta2 9 16 autoscaling/v1 Scale
authentication.k8s.io/v1alpha1 29 32 - SelfSubjectReview
authentication.k8s.io/v1beta1 19 22 authentication.k8s.io/v1 TokenReview
authentication.k8s.io/v1beta1 30 33 - SelfSubjectReview
authorization.k8s.io/v1beta1 19 22 authorization.k8s.io/v1 SubjectAccessReview SelfSubjectAccessReview LocalSubjectAccessReview SelfSubjectRulesReview
batch/v1beta1 21 25 batch/v1 CronJob+
certificates.k8s.io/v1beta1 19 22 certificates.k8s.io/v1 CertificateSigningRequest+
certificates.k8s.io/v1alpha1 34 37 - ClusterTrustBundle+
coordination.k8s.io/v1alpha2 35 38 - LeaseCandidate+
coordination.k8s.io/v1beta1 19 22 coordination.k8s.io/v1 Lease+
coordination.k8s.io/v1beta1 36 39 - LeaseCandidate+
discovery.k8s.io/v1beta1 21 25 discovery.k8s.io/v1 EndpointSlice EndpointSliceList=EndpointSlice
events.k8s.io/v1beta1 22 25 - Event+
extensions/v1beta1 8 16 apps/v1 Deployment+ ReplicaSet+ DaemonSet+
extensions/v1beta1 8 16 - DeploymentRollback
extensions/v1beta1 2 16 - Scale
extensions/v1beta1 14 22 networking.k8s.io/v1 Ingress+
extensions/v1beta1 9 16 networking.k8s.io/v1 NetworkPolicy+
flowcontrol.apiserver.k8s.io/v1beta1 23 26 flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema+ PriorityLevelConfiguration+
flowcontrol.apiserver.k8s.io/v1beta2 26 29 flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema+ PriorityLevelConfiguration+
flowcontrol.apiserver.k8s.io/v1beta3 29 32 flowcontrol.apiserver.k8s.io/v1 FlowSchema+ PriorityLevelConfiguration+
networking.k8s.io/v1beta1 19 22 networking.k8s.io/v1 Ingress+ IngressClass=IngressClassList IngressClassList
networking.k8s.io/v1beta1 34 37 - IPAddress+ ServiceCIDR+
node.k8s.io/v1beta1 22 25 - RuntimeClass+
policy/v1beta1 21 25 policy/v1 PodDisruptionBudget+
policy/v1beta1 22 25 - Eviction
rbac.authorization.k8s.io/v1beta1 17 22 rbac.authorization.k8s.io/v1 Role+ ClusterRole+ RoleBinding+ ClusterRoleBinding+
resource.k8s.io/v1beta2 36 39 - ResourceClaim+ ResourceClaimTemplate+ ResourceSlice+ DeviceClass+
resource.k8s.io/v1beta1 35 38 - ResourceClaim+ ResourceClaimTemplate+ ResourceSlice+ DeviceClass+
resource.k8s.io/v1alpha3 36 39 - DeviceTaintRule+
scheduling.k8s.io/v1beta1 14 22 scheduling.k8s.io/v1 PriorityClass+
storage.k8s.io/v1beta1 19 22 storage.k8s.io/v1 StorageClass+ VolumeAttachment+ CSIDriver+
storage.k8s.io/v1beta1 17 22 storage.k8s.io/v1 CSINode CSINodeList=CSINode
storage.k8s.io/v1beta1 24 27 storage.k8s.io/v1 CSIStorageCapacity+
storage.k8s.io/v1beta1 34 37 storage.k8s.io/v1 VolumeAttributesClass+
storage.k8s.io/v1alpha1 21 24 storage.k8s.io/v1 VolumeAttachment+
storage.k8s.io/v1alpha1 21 24 storage.k8s.io/v1beta1 CSIStorageCapacity+
storage.k8s.io/v1alpha1 32 35 storage.k8s.io/v1 VolumeAttributesClass+`;

interface Deprecation {
  minor: number;
  warning: string;
}

let deprecations: Map<string, Deprecation> | undefined;

/** What to say of a kind, undefined where it is not deprecated in that version. */
export function deprecationOf(
  apiVersion: string,
  kind: string,
  version: KubeVersion = parseKubeVersion('v1.36.0'),
): string | undefined {
  deprecations ??= parseTable();
  const found = deprecations.get(`${apiVersion} ${kind}`);
  if (found === undefined) return undefined;
  const major = Number(version.major);
  return major > 1 || (major === 1 && Number(version.minor) >= found.minor) ? found.warning : undefined;
}

function parseTable(): Map<string, Deprecation> {
  const table = new Map<string, Deprecation>();
  for (const line of TABLE.trim().split('\n')) {
    const [apiVersion = '', minor, removed, replacement, ...kinds] = line.split(' ');
    for (const entry of kinds) {
      const [kind = '', other = kind] = entry.replace('+', '').split('=');
      const add = (name: string, replacedBy: string): void => {
        const unavailable = removed === '-' ? '' : `, unavailable in v1.${removed}+`;
        const use = replacement === '-' ? '' : `; use ${replacement} ${replacedBy}`;
        const warning = `${apiVersion} ${name} is deprecated in v1.${minor}+${unavailable}${use}`;
        table.set(`${apiVersion} ${name}`, { minor: Number(minor), warning });
      };
      add(kind, other);
      if (entry.endsWith('+')) add(`${kind}List`, `${other}List`);
    }
  }
  return table;
}
