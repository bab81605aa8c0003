/** Fetches a JSON schema that a chart's values.schema.json refers to, with Helm's words for what goes wrong. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { systemMessage } from '../chart/load.ts';

const LIMITS = { timeout: 15_000, maxBytes: 20 * 1024 * 1024 };

/** The text at an `http:` or `https:` address, or of a file. */
export async function fetchSchema(url: string): Promise<string> {
  const { protocol, pathname } = new URL(url);
  if (protocol === 'file:') return readSchema(decodeURIComponent(pathname));
  if (!/^https?:$/.test(protocol)) throw new Error(`no URLLoader registered for ${JSON.stringify(url)}`);
  const { download, RefusedDownload } = await import('./download.ts');
  try {
    return new TextDecoder().decode(await download(url, LIMITS));
  } catch (error) {
    if (error instanceof RefusedDownload)
      throw new Error(`HTTP request to ${url} returned status ${error.status} (${error.statusText})`, { cause: error });
    throw new Error(`HTTP request failed for ${url}: ${(error as Error).message}`, { cause: error });
  }
}

/** Neither a device nor a pipe, which might never end. */
function readSchema(path: string): string {
  const file = attempt(`open ${path}`, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() && !stats.isDirectory()) throw new Error(`read ${path}: not a regular file`);
    if (stats.size > LIMITS.maxBytes) throw new Error(`read ${path}: larger than ${LIMITS.maxBytes} bytes`);
    return attempt(`read ${path}`, () => readFileSync(file, 'utf8'));
  } finally {
    closeSync(file);
  }
}

function attempt<T>(doing: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`${doing}: ${systemMessage(error)}`, { cause: error });
  }
}
