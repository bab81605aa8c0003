/** Fetches a JSON schema that a chart's values.schema.json refers to, with Helm's words for what goes wrong. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LIMITS = { timeout: 15_000, maxBytes: 20 * 1024 * 1024 };

/** The text at an `http:` or `https:` address. A chart is not trusted with files: one that exists is refused. */
export async function fetchSchema(url: string): Promise<string> {
  const { protocol } = new URL(url);
  if (protocol === 'file:') return refuseFile(fileURLToPath(url));
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

function refuseFile(path: string): never {
  if (existsSync(path)) throw new Error(`open ${path}: a chart may not refer to files outside of it`);
  throw new Error(`open ${path}: no such file or directory`);
}
