/** What real helm 4.2.3 said, command by command and flag by flag, we say too. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { checkHelmTranscript } from './transcript.ts';

const folder = fileURLToPath(new URL('../golden/helm', import.meta.url));

const files = readdirSync(folder).filter((name) => name.endsWith('.txt') && name.includes(process.argv[2] ?? ''));

/** Begun together, as much of the time goes by waiting. */
let checks: Map<string, Promise<unknown>> | undefined;
const begin = () =>
  new Map(files.map((file) => [file, checkHelmTranscript(join(folder, file)).catch((error: unknown) => error)]));

for (const file of files)
  test(file.replace('.txt', ''), async () => {
    checks ??= begin();
    const error = await checks.get(file);
    if (error !== undefined) throw error;
  });

test.run();
