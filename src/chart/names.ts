/** Names of releases. */

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Kubernetes allows 63 in most names; the rest is for what charts append. */
const MAX_RELEASE_NAME = 53;

/** Throws Helm's words where `name` cannot be a release's. */
export function checkReleaseName(name: string): void {
  if (name === '') throw new Error('no name provided');
  // The length first: the expression is only linear enough for short names.
  if (name.length > MAX_RELEASE_NAME || !NAME.test(name))
    throw new Error(
      `invalid release name, must match regex ${NAME.source} and the length must not be longer than ${MAX_RELEASE_NAME}`,
    );
}
