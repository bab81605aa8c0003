/** What differs between versions of Helm, as data: a chart can be rendered as an older one would. */
import { INSTALL_ORDER, INSTALL_ORDER_3 } from '../manifest/order.ts';
import type { Trim } from '../manifest/split.ts';
import type { HelmVersion } from './capabilities.ts';

export const COMPAT_VERSIONS = ['3.18', '4.1', '4.2'] as const;
export type CompatVersion = (typeof COMPAT_VERSIONS)[number];

export interface Compatibility {
  helm: HelmVersion;
  /** The Kubernetes that is assumed without a cluster. */
  kubeVersion: string;
  /** API versions that it knows and 4.2 does not, each behind the one it stands behind, and those that it lacks. */
  apiVersions: { added: readonly (readonly [after: string, added: string])[]; removed: readonly string[] };
  /** `.Chart` is a struct, and a field that it does not have an error. */
  chartIsStruct: boolean;
  /** Errors of execution are laid out over lines. */
  traces: boolean;
  /** A Kubernetes version is compared without its suffix. */
  normalizesKubeVersion: boolean;
  trim: Trim;
  order: readonly string[];
  /** Nulls of a chart's own values stay. */
  keepNulls: boolean;
}

const OLD_AUTOSCALING = [
  ['autoscaling/v2', 'autoscaling/v2beta1'],
  ['autoscaling/v2beta1', 'autoscaling/v2beta2'],
] as const;

export const COMPAT: Readonly<Record<CompatVersion, Compatibility>> = {
  '3.18': {
    helm: {
      version: 'v3.18.0',
      gitCommit: 'cc58e3f5a3aa615c6a86275e6f4444b5fdd3cc4e',
      goVersion: 'go1.24.3',
    },
    kubeVersion: 'v1.33.0',
    apiVersions: {
      added: [
        ...OLD_AUTOSCALING,
        ['networking.k8s.io/v1', 'networking.k8s.io/v1alpha1'],
        ['resource.k8s.io/v1alpha3', 'scheduling.k8s.io/v1alpha1'],
        ['storage.k8s.io/v1alpha1', 'storagemigration.k8s.io/v1alpha1'],
      ],
      removed: ['resource.k8s.io/v1', 'scheduling.k8s.io/v1alpha2', 'storagemigration.k8s.io/v1beta1'],
    },
    chartIsStruct: true,
    traces: false,
    normalizesKubeVersion: false,
    trim: 'both',
    order: INSTALL_ORDER_3,
    keepNulls: true,
  },
  '4.1': {
    helm: {
      version: 'v4.1.4',
      gitCommit: '05fa37973dc9e42b76e1d2883494c87174b6074f',
      goVersion: 'go1.25.9',
      kubeClientVersion: 'v1.35',
    },
    kubeVersion: 'v1.35.0',
    apiVersions: {
      added: [...OLD_AUTOSCALING, ['resource.k8s.io/v1alpha3', 'scheduling.k8s.io/v1alpha1']],
      removed: ['scheduling.k8s.io/v1alpha2'],
    },
    chartIsStruct: false,
    traces: true,
    normalizesKubeVersion: true,
    trim: 'both',
    order: INSTALL_ORDER,
    keepNulls: true,
  },
  '4.2': {
    helm: {
      version: 'v4.2.3',
      gitCommit: '43e8b7feece8beb0fcba47059ec9b522fd929a64',
      goVersion: 'go1.26.5',
      kubeClientVersion: 'v1.36',
    },
    kubeVersion: 'v1.36.0',
    apiVersions: { added: [], removed: [] },
    chartIsStruct: false,
    traces: true,
    normalizesKubeVersion: true,
    trim: 'left',
    order: INSTALL_ORDER,
    keepNulls: false,
  },
};

export const DEFAULT_COMPAT: CompatVersion = '4.2';
