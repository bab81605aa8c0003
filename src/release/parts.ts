/**
 * Records that no Secret or ConfigMap can hold: the bulk of the release stands in parts beside its record.
 *
 *     sh.helm.release.v1.web.v2                        the record: what Helm can be told, and where the parts are
 *     portolan.release.web.v2.<digest>.1 … .<count>    the bulk, compressed, cut to size
 *
 * A part never changes: its name has the digest of the whole. Parts are written before the record that refers to them
 * and removed after it, so that at every moment a record has all of its parts. What changes with time (the status, when
 * hooks ran) stands in the record alone. Where the record lacks its manifest an object of a kind that no cluster has
 * takes its place: Helm then lists the release, and refuses to change it instead of losing what it cannot see.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { goJson } from '../encoding/json.ts';
import { lazily } from '../encoding/lazy.ts';
import { fromRecord, MAX_RECORD } from './decode.ts';
import { encodeRelease, toRecord } from './encode.ts';
import type { Hook, Release } from './release.ts';

/** The most that the values of a Secret or a ConfigMap may have together, in bytes. */
const MAX_RECORD_TEXT = 1024 * 1024;
const MAX_PARTS = 256;

export interface PartsReference {
  /** What the names of the parts begin with; `.1`, `.2` … follow. */
  prefix: string;
  count: number;
  /** SHA-256 of the parts put together, in hexadecimal. */
  digest: string;
}

export interface EncodedRecord {
  /** What the object of the record holds. */
  text: string;
  /** Absent where the record holds everything. */
  reference?: PartsReference;
  /** The texts of the parts, in order. */
  parts: string[];
}

/** A record all of whose text fits is exactly Helm's. */
export function encodeRecord(release: Release, limit = MAX_RECORD_TEXT): EncodedRecord {
  const text = encodeRelease(release);
  if (text.length <= limit) return { text, parts: [] };
  const bulk = gzipSync(goJson(bulkOf(release))).toString('base64');
  const digest = sha256(bulk);
  const parts = Array.from({ length: Math.ceil(bulk.length / limit) }, (_, i) =>
    bulk.slice(i * limit, (i + 1) * limit),
  );
  const prefix = `portolan.release.${release.name}.v${release.revision}.${digest.slice(0, 12)}`;
  const reference = { prefix, count: parts.length, digest };
  return { text: lightest(referring(release, reference), limit), reference, parts };
}

const nodeCrypto = lazily('node:crypto', () => require('node:crypto') as typeof import('node:crypto'));
const sha256 = (text: string): string => nodeCrypto().createHash('sha256').update(text).digest('hex');

export const partNames = ({ prefix, count }: PartsReference): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}.${i + 1}`);

/** All that does not change while the release is worked on. */
function bulkOf(release: Release): Record<string, unknown> {
  const { chart, config, manifest, hooks } = toRecord({ ...release, hooks: release.hooks.map(neverRun) });
  return { info: { notes: release.info.notes }, chart, config, manifest, hooks };
}

const neverRun = (hook: Hook): Hook => ({ ...hook, lastRun: { phase: '' } });

/** Where a record says that it has parts: a place that outlives Helm's rewriting of the record. */
const ANNOTATION = 'portolan.dev/parts';

function referring(release: Release, { prefix, count, digest }: PartsReference): Release {
  const metadata = release.chart?.metadata;
  const annotations = { ...metadata?.annotations, [ANNOTATION]: `${prefix} ${count} ${digest}` };
  return { ...release, chart: { ...(release.chart ?? NO_CHART), metadata: { ...metadata, annotations } } };
}

const NO_CHART = {
  metadata: null,
  lock: null,
  templates: null,
  values: null,
  schema: null,
  schemamodtime: '',
  files: null,
};

/** What a record can do without, the least missed first: Helm changes no release by the files of its chart. */
const SACRIFICES: ((release: Release) => Release)[] = [
  (release) => ({ ...release, chart: { ...release.chart!, templates: null, files: null, schema: null } }),
  (release) => ({
    ...release,
    manifest: placeholder(release),
    hooks: release.hooks.map((hook) => ({ ...hook, manifest: placeholder(release) })),
  }),
  (release) => ({
    ...release,
    info: { ...release.info, notes: '' },
    overrides: {},
    chart: { ...release.chart!, values: null },
  }),
];

function lightest(release: Release, limit: number): string {
  let text = '';
  let lighter = release;
  for (const sacrifice of SACRIFICES) {
    lighter = sacrifice(lighter);
    text = encodeRelease(lighter);
    if (text.length <= limit) break;
  }
  return text;
}

const PLACEHOLDER_KIND = 'ReleaseInParts';
const placeholder = ({ name }: Release): string =>
  `# The release is too large for one record. Portolan reads the rest of it from the parts beside this one.
apiVersion: portolan.dev/v1
kind: ${PLACEHOLDER_KIND}
metadata:
  name: ${name}
`;

/** Whether the record by itself has what changes of the release are made by. */
export const hasManifest = ({ manifest }: Release): boolean =>
  !manifest.includes(`\napiVersion: portolan.dev/v1\nkind: ${PLACEHOLDER_KIND}\n`);

/** Takes the mention of parts off a record that was read. */
export function takeReference(release: Release): PartsReference | undefined {
  const annotations = release.chart?.metadata?.annotations;
  const [, prefix, count, digest] = /^(\S+) (\d{1,3}) ([0-9a-f]{64})$/.exec(annotations?.[ANNOTATION] ?? '') ?? [];
  delete annotations?.[ANNOTATION];
  if (Number(count) > MAX_PARTS || !prefix?.startsWith('portolan.release.')) return undefined;
  return { prefix, count: Number(count), digest: digest! };
}

/** The release whose `record` was read, with the bulk that its `parts` hold. Throws where that is not what was written. */
export function joinParts(record: Release, parts: string[], { digest }: PartsReference): Release {
  const text = parts.join('');
  if (sha256(text) !== digest) throw new Error('its parts do not hold what was written: their SHA-256 differs');
  const bulk = fromRecord(
    JSON.parse(gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MAX_RECORD }).toString()),
  );
  return {
    ...record,
    info: { ...record.info, notes: bulk.info.notes },
    ...(bulk.chart && { chart: bulk.chart }),
    overrides: bulk.overrides,
    manifest: bulk.manifest,
    hooks: bulk.hooks.map((hook, i) => ({ ...hook, lastRun: record.hooks[i]?.lastRun ?? hook.lastRun })),
  };
}
