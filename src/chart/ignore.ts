/** `.helmignore`: which files of a directory are no part of the chart. Pure. */
import { baseName, compilePathPattern } from '../archive/path.ts';
import { trimSpace } from '../manifest/split.ts';

interface Rule {
  /** `!pattern`: what does not match is ignored. */
  negated: boolean;
  /** `pattern/`: only directories. */
  onlyDirectories: boolean;
  /** Without a slash in the pattern, the name alone is looked at. */
  byName: boolean;
  matches: (path: string) => boolean;
}

/** Answers whether a path, relative to the chart with slashes, is ignored. */
export type Ignore = (path: string, isDirectory: boolean) => boolean;

/** Reads the rules. Throws for `**`, which Helm has not, and for patterns that cannot be read. */
export function parseIgnore(text: string): Ignore {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const rules = [...lines, HIDDEN_TEMPLATES].flatMap(parseRule);
  return (path, isDirectory) => path !== '' && path !== '.' && path !== './' && isIgnored(rules, path, isDirectory);
}

const HIDDEN_TEMPLATES = 'templates/.?*';

function parseRule(line: string): Rule[] {
  let pattern = trimSpace(line);
  if (pattern === '' || pattern.startsWith('#')) return [];
  if (pattern.includes('**')) throw new Error('double-star (**) syntax is not supported');
  const negated = pattern.startsWith('!');
  if (negated) pattern = pattern.slice(1);
  const onlyDirectories = pattern.endsWith('/');
  if (onlyDirectories) pattern = pattern.slice(0, -1);
  const byName = !pattern.includes('/');
  if (pattern.startsWith('/')) pattern = pattern.slice(1);
  return [{ negated, onlyDirectories, byName, matches: compilePathPattern(pattern) }];
}

/** The first rule that says "ignore" wins: a `!` rule ignores the rest and takes nothing back. */
function isIgnored(rules: Rule[], path: string, isDirectory: boolean): boolean {
  for (const rule of rules) {
    const fits = !rule.onlyDirectories || isDirectory;
    const matches = fits && rule.matches(rule.byName ? baseName(path) : path);
    if (matches !== rule.negated) return true;
  }
  return false;
}
