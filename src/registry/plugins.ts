/** Plugins in a registry: an artifact whose layers are titled as files, `NAME-VERSION.tgz` and its provenance. */
import { type Descriptor, fetchBlob, fetchManifest, type Manifest } from './charts.ts';
import { connectRegistry, type RegistryOptions } from './client.ts';
import type { OciReference } from './reference.ts';

const PLUGIN = 'application/vnd.helm.plugin.v1+json';
const TITLE = 'org.opencontainers.image.title';

export interface OciPlugin {
  fileName: string;
  bytes: Uint8Array;
  provenance?: Uint8Array;
}

/** Throws Helm's words. */
export async function fetchPlugin(reference: OciReference, options: RegistryOptions): Promise<OciPlugin> {
  const client = connectRegistry(reference.registry, options);
  const tagged = reference.tag === '' && reference.digest === '' ? { ...reference, tag: 'latest' } : reference;
  const { body } = await fetchManifest(client, tagged);
  const { artifactType = '', config, layers = [] } = JSON.parse(body.toString()) as Manifest;
  if (artifactType !== '' && artifactType !== PLUGIN)
    throw new Error(`expected artifact type ${PLUGIN}, got ${artifactType}`);
  if (artifactType === '' && config?.mediaType !== PLUGIN)
    throw new Error(`expected config media type ${PLUGIN} for legacy compatibility, got ${config?.mediaType ?? ''}`);
  const name = reference.repository.split('/').at(-1)!;
  const titled = (ending: string) => layers.find((layer) => isTitled(layer, name, ending));
  const archive = titled('.tgz');
  if (archive === undefined)
    throw new Error(`required layer matching pattern ${name}-VERSION.tgz not found in manifest`);
  const signed = titled('.tgz.prov');
  return {
    fileName: archive.annotations![TITLE]!,
    bytes: await fetchBlob(client, tagged, archive),
    ...(signed && { provenance: await fetchBlob(client, tagged, signed) }),
  };
}

function isTitled({ annotations }: Descriptor, name: string, ending: string): boolean {
  const title = annotations?.[TITLE] ?? '';
  return title.startsWith(`${name}-`) && title.endsWith(ending);
}
