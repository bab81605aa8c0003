/** `.Capabilities`: the Kubernetes a chart is rendered for, and the Helm that ours is compatible with. */
import { parseVersion } from '../semver/version.ts';
import { GO_OBJECT, type GoObject } from '../template/value.ts';
import { COMPAT, type CompatVersion, DEFAULT_COMPAT } from './compat.ts';
import { goStruct, method } from './go-struct.ts';

export interface KubeVersion {
  /** As given, with a leading v: `v1.33.4-gke.1245000`. */
  version: string;
  /** Without suffix, for comparing: `v1.33.4`. Absent in a version that a cluster gave, and before Helm 4.1. */
  normalized?: string;
  major: string;
  minor: string;
}

export interface Capabilities {
  kubeVersion: KubeVersion;
  /** `apps/v1`, and from a cluster `apps/v1/Deployment` too. */
  apiVersions: readonly string[];
  helmVersion: HelmVersion;
}

export interface HelmVersion {
  version: string;
  gitCommit: string;
  goVersion: string;
  /** Since Helm 4. */
  kubeClientVersion?: string;
}

/** Reads `1.33`, `v1.33.4` or `v1.33.4-gke.1`. Throws the words of Kubernetes' own parser. */
export function parseKubeVersion(text: string): KubeVersion {
  const numbers = /^\s*v?(\d+(?:\.\d+)*)/.exec(text)?.[1];
  if (numbers === undefined) throw new Error(`could not parse ${JSON.stringify(text)} as version`);
  const components = numbers.split('.');
  if (components.length < 2) throw new Error(`illegal version string ${JSON.stringify(text)}`);
  if (/^0./.test(components[0]!))
    throw new Error(`illegal zero-prefixed version component "${components[0]}" in ${JSON.stringify(text)}`);
  const plain = components.map((component) => String(BigInt(component)));
  return {
    version: text.startsWith('v') ? text : `v${text}`,
    normalized: `v${plain.join('.')}`,
    major: plain[0]!,
    minor: plain[1]!,
  };
}

/** As Helm 3 read it: a semantic version, which keeps its suffix everywhere. */
function parseKubeVersion3(text: string): KubeVersion {
  const { major, minor, patch, prerelease, metadata } = parseVersion(text);
  const suffix = (prerelease && `-${prerelease}`) + (metadata && `+${metadata}`);
  return { version: `v${major}.${minor}.${patch}${suffix}`, major: String(major), minor: String(minor) };
}

/** What Helm assumes without a cluster: the Kubernetes of its own client libraries, and the groups they know. */
const DEFAULT_API_VERSIONS: readonly string[] = `
v1 admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1alpha1 admissionregistration.k8s.io/v1beta1
internal.apiserver.k8s.io/v1alpha1 apps/v1 apps/v1beta1 apps/v1beta2 authentication.k8s.io/v1
authentication.k8s.io/v1alpha1 authentication.k8s.io/v1beta1 authorization.k8s.io/v1 authorization.k8s.io/v1beta1
autoscaling/v1 autoscaling/v2 batch/v1 batch/v1beta1 certificates.k8s.io/v1 certificates.k8s.io/v1beta1
certificates.k8s.io/v1alpha1 coordination.k8s.io/v1alpha2 coordination.k8s.io/v1beta1 coordination.k8s.io/v1
discovery.k8s.io/v1 discovery.k8s.io/v1beta1 events.k8s.io/v1 events.k8s.io/v1beta1 extensions/v1beta1
flowcontrol.apiserver.k8s.io/v1 flowcontrol.apiserver.k8s.io/v1beta1 flowcontrol.apiserver.k8s.io/v1beta2
flowcontrol.apiserver.k8s.io/v1beta3 networking.k8s.io/v1 networking.k8s.io/v1beta1 node.k8s.io/v1
node.k8s.io/v1alpha1 node.k8s.io/v1beta1 policy/v1 policy/v1beta1 rbac.authorization.k8s.io/v1
rbac.authorization.k8s.io/v1beta1 rbac.authorization.k8s.io/v1alpha1 resource.k8s.io/v1 resource.k8s.io/v1beta2
resource.k8s.io/v1beta1 resource.k8s.io/v1alpha3 scheduling.k8s.io/v1alpha2 scheduling.k8s.io/v1beta1
scheduling.k8s.io/v1 storage.k8s.io/v1beta1 storage.k8s.io/v1 storage.k8s.io/v1alpha1 storagemigration.k8s.io/v1beta1
apiextensions.k8s.io/v1beta1 apiextensions.k8s.io/v1`
  .trim()
  .split(/\s+/);

export interface OfflineOptions {
  compat?: CompatVersion;
  /** The Kubernetes to render for. */
  kubeVersion?: string;
  /** More than the API versions that Helm knows. */
  apiVersions?: readonly string[];
}

/** The capabilities where no cluster is asked. Throws for a version that cannot be read. */
export function defaultCapabilities(options: OfflineOptions = {}): Capabilities {
  const { compat = DEFAULT_COMPAT, apiVersions = [] } = options;
  const { helm, kubeVersion, normalizesKubeVersion } = COMPAT[compat];
  const parse = normalizesKubeVersion ? parseKubeVersion : parseKubeVersion3;
  return {
    kubeVersion: parse(options.kubeVersion ?? kubeVersion),
    apiVersions: [...knownApiVersions(compat), ...apiVersions],
    helmVersion: helm,
  };
}

function knownApiVersions(compat: CompatVersion): string[] {
  const { added, removed } = COMPAT[compat].apiVersions;
  const known = DEFAULT_API_VERSIONS.filter((version) => !removed.includes(version));
  for (const [after, version] of added) known.splice(known.indexOf(after) + 1, 0, version);
  return known;
}

/** `.Capabilities` as templates see it. */
export const toCapabilitiesObject = ({ kubeVersion, apiVersions, helmVersion }: Capabilities): GoObject => {
  const object: GoObject = goStruct({
    type: 'common.Capabilities',
    pointer: true,
    fields: [
      { name: 'KubeVersion', value: kubeVersionObject(kubeVersion) },
      { name: 'APIVersions', value: apiVersionsObject(apiVersions) },
      { name: 'HelmVersion', value: helmVersionObject(helmVersion) },
    ],
    // Nothing changes it, so it may be its own copy.
    methods: { Copy: method([], () => object) },
  });
  return object;
};

/** Go prints it by its String method only where it stands alone, `{{ .Capabilities.KubeVersion }}`. */
const kubeVersionObject = ({ version, normalized, major, minor }: KubeVersion): GoObject =>
  goStruct({
    type: 'common.KubeVersion',
    fields: [
      { name: 'Version', value: version },
      ...(normalized === undefined ? [] : [{ name: 'normalizedVersion', value: normalized, json: null }]),
      { name: 'Major', value: major },
      { name: 'Minor', value: minor },
    ],
    methods: { String: method([], () => normalized || version), GitVersion: method([], () => version) },
  });

function apiVersionsObject(apiVersions: readonly string[]): GoObject {
  const known = new Set(apiVersions);
  const has = method(['string'], (version: string) => known.has(version));
  return {
    [GO_OBJECT]: true,
    type: 'common.VersionSet',
    kind: 'slice',
    field: () => undefined,
    method: (name) => (name === 'Has' ? has : undefined),
    print: () => `[${apiVersions.join(' ')}]`,
    goString: () => `common.VersionSet{${apiVersions.map((version) => JSON.stringify(version)).join(', ')}}`,
    toData: () => [...apiVersions],
    entries: () => apiVersions.map((version, index) => [String(index), version]),
  };
}

const helmVersionObject = ({ version, gitCommit, goVersion, kubeClientVersion }: HelmVersion): GoObject =>
  goStruct({
    type: 'version.BuildInfo',
    fields: [
      { name: 'Version', value: version, json: 'version' },
      { name: 'GitCommit', value: gitCommit, json: 'git_commit' },
      { name: 'GitTreeState', value: 'clean', json: 'git_tree_state' },
      { name: 'GoVersion', value: goVersion, json: 'go_version' },
      ...(kubeClientVersion === undefined
        ? []
        : [{ name: 'KubeClientVersion', value: kubeClientVersion, json: 'kube_client_version' }]),
    ],
  });
