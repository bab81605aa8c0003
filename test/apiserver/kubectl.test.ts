/** Real kubectl against the server, as transcripts; nothing but the server runs behind it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { realTools } from '../support/real.ts';
import { checkTranscript } from './transcript.ts';

const folder = fileURLToPath(new URL('../golden/apiserver', import.meta.url));

const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));
const check = realTools() === undefined ? test.skip : test;

/** Begun together, as most of the time is kubectl's own start. */
let checks: Map<string, Promise<unknown>> | undefined;
const begin = () =>
  new Map(files.map((file) => [file, checkTranscript(join(folder, file)).catch((error: unknown) => error)]));

for (const file of files)
  check(`kubectl: ${file.replace('.txt', '')}`, async () => {
    checks ??= begin();
    const error = await checks.get(file);
    if (error !== undefined) throw error;
  });

test.run();
