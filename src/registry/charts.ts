/** Charts in a registry: a manifest, the chart's metadata as its configuration, the archive and its provenance as layers. */
import { createHash } from 'node:crypto';
import type { Metadata } from '../chart/chart.ts';
import { connectRegistry, type RegistryClient, type RegistryOptions } from './client.ts';
import { formatReference, type OciReference } from './reference.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.cncf.helm.config.v1+json';
const CHART = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const LEGACY_CHART = 'application/tar+gzip';
export const PROVENANCE = 'application/vnd.cncf.helm.chart.provenance.v1.prov';

const MAX_LAYER = 512 << 20;
const MAX_PAGES = 1000;

export interface OciChart {
  chart: Uint8Array;
  provenance?: Uint8Array;
  /** Of the manifest. */
  digest: string;
}

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

export interface Manifest {
  artifactType?: string;
  config?: Descriptor;
  layers?: Descriptor[];
}

/** Checks every digest on the way. `withProvenance` fetches that layer too, where there is one. */
export async function fetchOciChart(
  reference: OciReference,
  options: RegistryOptions,
  withProvenance = false,
): Promise<OciChart> {
  const client = connectRegistry(reference.registry, options);
  const { body, digest } = await fetchManifest(client, reference);
  const { config, layers = [] } = JSON.parse(body.toString()) as Manifest;
  if (config?.mediaType !== CONFIG) throw new Error(`could not load config with mediatype ${CONFIG}`);
  const layer = layers.find(({ mediaType }) => mediaType === CHART || mediaType === LEGACY_CHART);
  if (layer === undefined) throw new Error(`manifest does not contain a layer with mediatype ${CHART}`);
  const chart = await fetchBlob(client, reference, layer);
  const signed = withProvenance ? layers.find(({ mediaType }) => mediaType === PROVENANCE) : undefined;
  return { chart, digest, ...(signed && { provenance: await fetchBlob(client, reference, signed) }) };
}

/** The chart's metadata alone. */
export async function fetchOciMetadata(reference: OciReference, options: RegistryOptions): Promise<Partial<Metadata>> {
  const client = connectRegistry(reference.registry, options);
  const { config } = JSON.parse((await fetchManifest(client, reference)).body.toString()) as Manifest;
  if (config?.mediaType !== CONFIG) throw new Error(`could not load config with mediatype ${CONFIG}`);
  const told: unknown = JSON.parse(Buffer.from(await fetchBlob(client, reference, config)).toString());
  const { description, appVersion } = (told ?? {}) as Metadata;
  return {
    ...(description && { description: String(description) }),
    ...(appVersion && { appVersion: String(appVersion) }),
  };
}

/** The digest of what a tag names; undefined where there is no such tag. */
export async function resolveTag(reference: OciReference, options: RegistryOptions): Promise<string | undefined> {
  try {
    return (await fetchManifest(connectRegistry(reference.registry, options), { ...reference, digest: '' })).digest;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

class NotFoundError extends Error {
  constructor(reference: OciReference) {
    super(`failed to perform "FetchReference" on source: ${formatReference(reference)}: not found`);
    this.name = 'NotFoundError';
  }
}

/** Throws Helm's words. */
export async function fetchManifest(client: RegistryClient, reference: OciReference) {
  const { repository, tag, digest } = reference;
  const response = await client
    .send({
      path: `/v2/${repository}/manifests/${digest || tag}`,
      headers: { accept: MANIFEST },
      scope: `repository:${repository}:pull`,
      accept: [200, 404],
    })
    .catch((cause: Error) => {
      throw new Error(`failed to perform "FetchReference" on source: ${cause.message}`, { cause });
    });
  if (response.status === 404) throw new NotFoundError(reference);
  const actual = digestOf(response.body);
  if (digest !== '' && digest !== actual)
    throw new Error(`fetch ${formatReference(reference)}: the manifest's digest is ${actual}`);
  return { body: response.body, digest: actual };
}

/** The bytes that the descriptor tells, or none. */
export async function fetchBlob(
  client: RegistryClient,
  { repository }: OciReference,
  { digest, size }: Descriptor,
): Promise<Uint8Array> {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest) || !(size >= 0 && size <= MAX_LAYER))
    throw new Error(
      `fetch ${repository}: the manifest names a layer of digest ${JSON.stringify(digest)} and size ${size}`,
    );
  const response = await client.send({
    path: `/v2/${repository}/blobs/${digest}`,
    scope: `repository:${repository}:pull`,
    maxBytes: size,
    accept: [200],
  });
  const actual = digestOf(response.body);
  if (actual !== digest)
    throw new Error(`fetch ${repository}: a layer's digest is ${actual}, the manifest says ${digest}`);
  return new Uint8Array(response.body);
}

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** All tags of the repository, unsorted. */
export async function listTags({ registry, repository }: OciReference, options: RegistryOptions): Promise<string[]> {
  const client = connectRegistry(registry, options);
  const tags: string[] = [];
  let path: string | undefined = `/v2/${repository}/tags/list`;
  for (let page = 0; path !== undefined && page < MAX_PAGES; page++) {
    const response = await client.send({ path, scope: `repository:${repository}:pull`, accept: [200] });
    const answer = JSON.parse(response.body.toString()) as { tags?: string[] | null };
    tags.push(...(answer.tags ?? []));
    path = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(response.headers.link ?? ''))?.[1];
  }
  return tags;
}

export interface PushedChart {
  reference: string;
  digest: string;
}

export interface PushChart {
  chart: Uint8Array;
  provenance?: Uint8Array;
  /** Chart.yaml as JSON. */
  config: Uint8Array;
  annotations: Record<string, string>;
}

/** Layers first, then the manifest that names them: what is interrupted is not there. */
export async function pushOciChart(
  reference: OciReference,
  { chart, provenance, config, annotations }: PushChart,
  options: RegistryOptions,
): Promise<PushedChart> {
  const client = connectRegistry(reference.registry, options);
  const blobs: [string, Uint8Array][] = [[CHART, chart]];
  if (provenance !== undefined) blobs.push([PROVENANCE, provenance]);
  // As Helm: sorted by digest, so that the same chart makes the same manifest.
  const layers = blobs
    .map(([mediaType, bytes]) => describe(mediaType, bytes))
    .sort((a, b) => (a.digest < b.digest ? -1 : 1));
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, config: describe(CONFIG, config), layers, annotations: sorted(annotations) }),
  );
  if (!(await hasContent(client, reference, `manifests/${digestOf(manifest)}`)))
    for (const bytes of [config, ...blobs.map(([, bytes]) => bytes)]) await pushBlob(client, reference, bytes);
  await client.send({
    method: 'PUT',
    path: `/v2/${reference.repository}/manifests/${reference.tag}`,
    headers: { 'content-type': MANIFEST },
    body: manifest,
    scope: `repository:${reference.repository}:pull,push`,
    accept: [201],
  });
  return { reference: formatReference(reference), digest: digestOf(manifest) };
}

const describe = (mediaType: string, bytes: Uint8Array): Descriptor => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});

const sorted = (map: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));

async function hasContent(client: RegistryClient, { repository }: OciReference, content: string): Promise<boolean> {
  const request = {
    method: 'HEAD',
    path: `/v2/${repository}/${content}`,
    headers: { accept: MANIFEST },
    scope: `repository:${repository}:pull,push`,
    accept: [200, 404],
  };
  const { status } = await client.send(request).catch((cause: Error) => {
    throw new Error(`failed to perform "Exists" on destination: ${cause.message}`, { cause });
  });
  return status === 200;
}

async function pushBlob(client: RegistryClient, reference: OciReference, bytes: Uint8Array): Promise<void> {
  const { repository } = reference;
  const digest = digestOf(bytes);
  const scope = `repository:${repository}:pull,push`;
  if (await hasContent(client, reference, `blobs/${digest}`)) return;
  const begun = await client.send({ method: 'POST', path: `/v2/${repository}/blobs/uploads/`, scope, accept: [202] });
  const { location } = begun.headers;
  if (location === undefined) throw new Error(`push to ${repository}: the registry tells no place to upload to`);
  await client.send({
    method: 'PUT',
    path: `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`,
    headers: { 'content-type': 'application/octet-stream' },
    body: bytes,
    scope,
    accept: [201],
  });
}
