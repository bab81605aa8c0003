/** Validation of paths inside a volume. */
import type { Findings } from './field-error.ts';

export function validateRelative(path: string, at: Findings): void {
  if (path.startsWith('/')) at.invalid(path, 'must be a relative path');
  noBacksteps(path, at);
}

export function noBacksteps(path: string, at: Findings): void {
  if (hasBacksteps(path)) at.invalid(path, "must not contain '..'");
}

export const hasBacksteps = (path: string): boolean => path.split('/').includes('..');

/** Names that start with two dots are the kubelet's own. */
export function validateNonReserved(path: string, at: Findings): void {
  validateRelative(path, at);
  if (path.startsWith('..') && !path.startsWith('../')) at.invalid(path, "must not start with '..'");
}
