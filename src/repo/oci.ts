/** Charts in registries, for those who ask for a chart by any address. */
import type { Metadata } from '../chart/chart.ts';
import type { OciChart } from '../registry/charts.ts';
import type { RegistryOptions } from '../registry/client.ts';
import type { OciPlugin } from '../registry/plugins.ts';
import { type OciReference, parseReference, toVersion } from '../registry/reference.ts';
import { parseConstraint, satisfies } from '../semver/constraint.ts';
import { compareVersions, isStrictVersion, isVersion, parseStrictVersion, type Version } from '../semver/version.ts';
import type { DownloadOptions } from './download.ts';

/** The address with the tag or digest that `version` means. Throws Helm's words. */
export async function findOciSource(address: string, version: string, options: DownloadOptions): Promise<string> {
  const reference = parseReference(address);
  const { registry, repository, digest } = reference;
  const named = toVersion(reference.tag);
  if (version !== '' && named !== '' && named !== version && reference.tag !== version)
    throw new Error(`chart reference and version mismatch: ${version} is not ${reference.tag}`);
  const wanted = version || named;
  if (digest !== '') {
    if (wanted !== '') await checkDigest({ ...reference, tag: wanted.replaceAll('+', '_') }, options);
    return `oci://${registry}/${repository}@${digest}`;
  }
  const tag = isVersion(wanted) ? wanted : await matchingTag(address, reference, wanted, options);
  return `oci://${registry}/${repository}:${tag}`;
}

/** As Helm: the tag need not exist, but if it does it must mean the same. */
async function checkDigest(reference: OciReference, options: DownloadOptions): Promise<void> {
  const { resolveTag } = await import('../registry/charts.ts');
  const actual = await resolveTag(reference, registryOptions(options));
  if (actual !== undefined && actual !== reference.digest)
    throw new Error(`chart reference digest mismatch: ${actual} is not ${reference.digest}`);
}

async function matchingTag(address: string, reference: OciReference, wanted: string, options: DownloadOptions) {
  const versions = await listOciVersions(reference, options);
  if (versions.length === 0) throw new Error(`unable to locate any tags in provided repository: ${address}`);
  const constraint = parseConstraint(wanted === '' ? '*' : wanted);
  const found = versions.find((version) => satisfies(version, constraint));
  if (found === undefined) throw new Error(`could not locate a version matching provided version string ${wanted}`);
  return found.original;
}

/** The tags that are versions, newest first. */
export async function listOciVersions(reference: OciReference, options: DownloadOptions): Promise<Version[]> {
  const { listTags } = await import('../registry/charts.ts');
  const tags = await listTags(reference, registryOptions(options));
  return tags
    .map(toVersion)
    .filter(isStrictVersion)
    .map(parseStrictVersion)
    .sort((a, b) => compareVersions(b, a));
}

/** The archive, its name, and its provenance where that is asked for and there. */
export async function fetchOci(address: string, options: DownloadOptions, withProvenance: boolean): Promise<OciChart> {
  const { fetchOciChart } = await import('../registry/charts.ts');
  const reference = parseReference(address);
  const chart = await fetchOciChart(reference, registryOptions(options), withProvenance);
  // As Helm, which comes once more for the provenance.
  const times = chart.provenance === undefined ? 1 : 2;
  for (let i = 0; i < times; i++)
    options.onPulled?.(address.replace(/^oci:\/\//, '').replaceAll('+', '_'), chart.digest);
  return chart;
}

/** What the chart says of itself, without fetching it. */
export async function describeOci(reference: OciReference, options: DownloadOptions): Promise<Partial<Metadata>> {
  const { fetchOciMetadata } = await import('../registry/charts.ts');
  return fetchOciMetadata(reference, registryOptions(options));
}

/** A plugin's archive, and its provenance where there is one. */
export async function fetchOciPlugin(address: string, options: DownloadOptions): Promise<OciPlugin> {
  const { fetchPlugin } = await import('../registry/plugins.ts');
  return fetchPlugin(parseReference(address), registryOptions(options));
}

const registryOptions = (options: DownloadOptions): RegistryOptions => ({
  credentialFiles: options.credentialFiles ?? [],
  username: options.username,
  password: options.password,
  plainHttp: options.plainHttp,
  certFile: options.certFile,
  keyFile: options.keyFile,
  caFile: options.caFile,
  insecureSkipTlsVerify: options.insecureSkipTlsVerify,
  timeout: options.timeout,
  variables: options.variables,
  clock: options.clock,
  signal: options.signal,
});
