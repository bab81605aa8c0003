/** Image references: what they mean, and what a container runtime says when it cannot pull one. */
import { createHash } from 'node:crypto';

const DOMAIN_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `${DOMAIN_PART}(?:\\.${DOMAIN_PART})*(?::[0-9]+)?`;
const PATH_PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REFERENCE = new RegExp(
  `^((?:${DOMAIN}/)?${PATH_PART}(?:/${PATH_PART})*)(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
);

export interface ImageReference {
  /** With its registry: `docker.io/library/nginx`. */
  repository: string;
  tag?: string;
  digest?: string;
}

export function parseImage(image: string): ImageReference | undefined {
  const match = image.length > 512 ? null : REFERENCE.exec(image);
  if (!match) return undefined;
  const [, name = '', tag, digest] = match;
  if (!digest && !tag) return { repository: withRegistry(name), tag: 'latest' };
  return { repository: withRegistry(name), ...(tag && { tag }), ...(digest && { digest }) };
}

/** As Docker: without a dot, a port or `localhost` the first part is no registry. */
function withRegistry(name: string): string {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  if (slash < 0) return `docker.io/library/${name}`;
  return /[.:]/.test(first) || first === 'localhost' ? name : `docker.io/${name}`;
}

export const imageTag = (image: string): string => parseImage(image)?.tag ?? '';

/** As the runtime lists it: `docker.io/library/nginx:1.25`. */
export function fullName(image: string): string {
  const reference = parseImage(image);
  if (!reference) return image;
  const { repository, tag, digest } = reference;
  return `${repository}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`;
}

/** The same image has the same made-up digest everywhere. */
export function imageId(image: string): string {
  const reference = parseImage(image);
  if (!reference) return '';
  return `${reference.repository}@${reference.digest ?? `sha256:${sha256(fullName(image))}`}`;
}

/** A made-up size in bytes, between 4 and 200 MB. */
export const imageSize = (image: string): number =>
  4_000_000 + (Number.parseInt(sha256(fullName(image)).slice(0, 8), 16) % 196_000_000);

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What kubelet reports of a failed pull, as containerd words it. */
export function pullError(image: string, why: 'missing' | 'denied'): string {
  const name = fullName(image);
  const cannot = `failed to pull and unpack image "${name}": failed to resolve reference "${name}"`;
  return why === 'missing'
    ? `rpc error: code = NotFound desc = ${cannot}: ${name}: not found`
    : `rpc error: code = Unknown desc = ${cannot}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`;
}

export const invalidImage = (image: string): string =>
  `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
