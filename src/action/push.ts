/** Puts a chart's archive, and its provenance where that lies beside it, into a registry. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { timestamp } from '../api/object.ts';
import type { Metadata } from '../chart/chart.ts';
import { encodeMetadata } from '../chart/encode-metadata.ts';
import { loadChart } from '../chart/load.ts';
import { goJson } from '../encoding/json.ts';
import type { Logger } from '../log.ts';
import { type PushedChart, pushOciChart } from '../registry/charts.ts';
import type { RegistryOptions } from '../registry/client.ts';
import { isOci, parseReference } from '../registry/reference.ts';
import { checkAddress } from '../repo/download.ts';

export interface PushOptions extends RegistryOptions {
  log: Logger;
}

/** `path` is an archive, `remote` an address like `oci://host/charts`. Throws Helm's words. */
export async function pushChart(path: string, remote: string, options: PushOptions): Promise<PushedChart> {
  checkAddress(remote);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(remote)?.[1];
  if (scheme === undefined) throw new Error('scheme prefix missing from remote (e.g. "oci://")');
  if (!isOci(remote)) throw new Error(`scheme ${JSON.stringify(scheme)} not supported`);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new Error(`${path}: no such file`);
  if (stats.isDirectory()) throw new Error('cannot push directory, must provide chart archive (.tgz)');
  const { metadata } = loadChart(path, { log: options.log });
  const folder = posix.normalize(`${remote.replace(/^oci:\/\//, '')}/${metadata.name}`);
  const reference = parseReference(`${folder}:${metadata.version}`);
  const chart = {
    chart: readFileSync(path),
    ...(existsSync(`${path}.prov`) && { provenance: readFileSync(`${path}.prov`) }),
    // The same chart has the same digest, whoever pushes it.
    config: new TextEncoder().encode(goJson(encodeMetadata(metadata))),
    annotations: annotationsOf(metadata, stats.mtime),
  };
  return pushOciChart(reference, chart, options);
}

const PREFIX = 'org.opencontainers.image.';
const FIXED = [`${PREFIX}title`, `${PREFIX}version`];

/** As Helm: the chart's own annotations count, but for its name and version. */
function annotationsOf(metadata: Metadata, created: Date): Record<string, string> {
  const authors = (metadata.maintainers ?? []).map(({ name = '', email = '' }) =>
    email ? `${name} (${email})` : name,
  );
  const all: Record<string, string | undefined> = {
    [`${PREFIX}description`]: metadata.description,
    [`${PREFIX}title`]: metadata.name,
    [`${PREFIX}version`]: metadata.version,
    [`${PREFIX}url`]: metadata.home,
    [`${PREFIX}created`]: timestamp(created.getTime()),
    [`${PREFIX}source`]: metadata.sources?.[0],
    [`${PREFIX}authors`]: authors.join(', '),
  };
  const own = Object.entries(metadata.annotations ?? {}).filter(([key]) => !FIXED.includes(key));
  const given = Object.entries(all).filter((entry): entry is [string, string] => (entry[1] ?? '').trim() !== '');
  return Object.fromEntries([...given, ...own]);
}
