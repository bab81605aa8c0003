/** Prints a release through a Go template, with the names that Helm's own structs have. */
import type { Release } from '../release/release.ts';
import { formatGoString, type GoTime } from '../release/time.ts';
import { GO_OBJECT, type GoObject, type Value } from '../template/value.ts';
import { runGoTemplate, structOf } from './go-template.ts';

export const templatedRelease = (template: string, release: Release): string =>
  runGoTemplate(template, { Release: releaseStruct(release) }, { name: '_' });

const releaseStruct = ({ info, chart, ...release }: Release): Value =>
  structOf('v1.Release', {
    Name: release.name,
    Info: structOf('v1.Info', {
      FirstDeployed: timeStruct(info.firstDeployed),
      LastDeployed: timeStruct(info.lastDeployed),
      Deleted: timeStruct(info.deleted),
      Description: info.description,
      Status: info.status,
      Notes: info.notes,
    }),
    Chart: structOf('v2.Chart', {
      Metadata: structOf('v2.Metadata', metadataFields(chart?.metadata ?? {})),
      Values: chart?.values ?? {},
    }),
    Config: release.overrides,
    Manifest: release.manifest,
    Hooks: release.hooks.map((hook) =>
      structOf('v1.Hook', { Name: hook.name, Kind: hook.kind, Path: hook.path, Manifest: hook.manifest }),
    ),
    Version: BigInt(release.revision),
    Namespace: release.namespace,
    Labels: release.labels,
    ApplyMethod: release.applyMethod,
  });

/** Chart.yaml's `appVersion` is the struct's AppVersion. */
const metadataFields = (metadata: Record<string, unknown>): Record<string, Value> => ({
  ...Object.fromEntries(
    ['Name', 'Version', 'Description', 'AppVersion', 'Home', 'Icon', 'KubeVersion', 'Type'].map((name) => [name, '']),
  ),
  APIVersion: (metadata.apiVersion as string) ?? '',
  ...Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key[0]!.toUpperCase() + key.slice(1), value as Value]),
  ),
});

function timeStruct(time: GoTime | undefined): GoObject {
  const text = time ? formatGoString(time) : '0001-01-01 00:00:00 +0000 UTC';
  return {
    [GO_OBJECT]: true,
    type: 'time.Time',
    kind: 'struct',
    field: () => undefined,
    print: () => text,
  };
}
