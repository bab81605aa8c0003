/** Slash-separated paths, as Go's package path; the os… functions are the same, for helm judges on Linux. */
import { type Family, go } from './function.ts';

const byText = (body: (path: string) => string) => go('string', body);
const isAbs = go('string', (path: string) => path.startsWith('/'));

/** The shortest path that names the same: no `.`, no doubled slash, `..` resolved; "." for the empty path. */
function cleanPath(path: string): string {
  const rooted = path.startsWith('/');
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!rooted) kept.push('..');
  }
  return (rooted ? '/' : '') + kept.join('/') || '.';
}

/** The last element; "." for the empty path, "/" for one of slashes only. */
function baseName(path: string): string {
  if (path === '') return '.';
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end--;
  return end === 0 ? '/' : path.slice(path.lastIndexOf('/', end - 1) + 1, end);
}

const directory = (path: string): string => cleanPath(path.slice(0, path.lastIndexOf('/') + 1));

/** From the last dot of the last element on. */
function extension(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot <= path.lastIndexOf('/') ? '' : path.slice(dot);
}

export const paths: Family = {
  base: byText(baseName),
  clean: byText(cleanPath),
  dir: byText(directory),
  ext: byText(extension),
  isAbs,
  osBase: byText(baseName),
  osClean: byText(cleanPath),
  osDir: byText(directory),
  osExt: byText(extension),
  osIsAbs: isAbs,
};
