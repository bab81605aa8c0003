import { execFileSync } from 'node:child_process';
import { test } from 'uvu';

/** A test that needs a browser: skipped where there is none. */
export const inBrowser = isInstalled() ? test : test.skip;

function isInstalled(): boolean {
  try {
    execFileSync('chromium', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
