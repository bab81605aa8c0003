/** What names an artifact in a registry: `oci://host[:port]/repository[:tag][@digest]`. */

export interface OciReference {
  /** `host` or `host:port` */
  registry: string;
  repository: string;
  /** '' where there is none; `+` stands as `_`, as registries know no plus. */
  tag: string;
  /** `sha256:…`, or ''. */
  digest: string;
}

const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
export const REGISTRY = /^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+)(?::\d{1,5})?$/;

export const isOci = (address: string): boolean => address.startsWith('oci://');

/** With or without `oci://`. Throws Helm's words. */
export function parseReference(text: string): OciReference {
  let rest = text.replace(/^oci:\/\//, '');
  let digest = '';
  const at = rest.lastIndexOf('@');
  if (at >= 0) [rest, digest] = [rest.slice(0, at), rest.slice(at + 1)];
  const slash = rest.indexOf('/');
  if (slash < 0) throw invalid('missing registry or repository');
  const registry = rest.slice(0, slash);
  const path = rest.slice(slash + 1);
  const colon = path.indexOf(':');
  const repository = colon < 0 ? path : path.slice(0, colon);
  const tag = toTag(colon < 0 ? '' : path.slice(colon + 1));
  if (!REGISTRY.test(registry)) throw invalid(`invalid registry ${JSON.stringify(registry)}`);
  if (!REPOSITORY.test(repository)) throw invalid(`invalid repository ${JSON.stringify(repository)}`);
  if (tag !== '' && !TAG.test(tag)) throw invalid(`invalid tag ${JSON.stringify(tag)}`);
  if (digest !== '' && !DIGEST.test(digest))
    throw invalid(`invalid digest ${JSON.stringify(digest)}: ${digestProblem(digest)}`);
  return { registry, repository, tag, digest };
}

function digestProblem(digest: string): string {
  if (!/^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/.test(digest)) return 'invalid checksum digest format';
  if (!digest.startsWith('sha256:')) return 'unsupported digest algorithm';
  return digest.length === 'sha256:'.length + 64 ? 'invalid checksum digest format' : 'invalid checksum digest length';
}

const invalid = (problem: string): Error => new Error(`invalid reference: ${problem}`);

/** Versions know `+`, tags do not. */
export const toTag = (version: string): string => version.replaceAll('+', '_');
export const toVersion = (tag: string): string => tag.replaceAll('_', '+');

/** `host/repository:tag`, or with `@digest` where there is no tag. */
export const formatReference = ({ registry, repository, tag, digest }: OciReference): string =>
  `${registry}/${repository}${tag === '' ? `@${digest}` : `:${tag}`}`;
