/** Keeps the state of a release on its way. */
import type { Release } from '../release/release.ts';
import type { ActionContext } from './context.ts';

/** What cannot be written is told and stops nothing: it is written again at the end, and hides no failure. */
export async function record({ releases, log }: ActionContext, release: Release): Promise<void> {
  await releases
    .update(release)
    .catch((error: Error) =>
      log.warn('failed to update release', { name: release.name, revision: release.revision, error }),
    );
}
