/** Reads what was recorded: one revision, all revisions of a release, or the newest of every release. */
import type { Release } from '../release/release.ts';
import { type ActionContext, checkReachable, checkReleaseName } from './context.ts';

/** All revisions, oldest first. */
export async function releaseHistory(context: ActionContext, name: string): Promise<Release[]> {
  await checkReachable(context);
  checkReleaseName(name, 'release name is invalid: ');
  return context.releases.history(name);
}

/** The revision asked for, or the newest where it is 0. */
export async function recordedRelease(context: ActionContext, name: string, revision = 0): Promise<Release> {
  await checkReachable(context);
  checkReleaseName(name, 'releaseContent: Release name is invalid: ');
  return revision <= 0 ? context.releases.last(name) : context.releases.get(name, revision);
}
