/** Slash-separated paths, as Go's package path; the os… functions are the same, for helm judges on Linux. */
import { baseName, cleanPath, extension } from '../archive/path.ts';
import { type Family, go } from './function.ts';

const byText = (body: (path: string) => string) => go('string', body);
const isAbs = go('string', (path: string) => path.startsWith('/'));

const directory = (path: string): string => cleanPath(path.slice(0, path.lastIndexOf('/') + 1));

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
