/** Dependencies that must be signed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { silentLog } from '../../src/log.ts';
import { remoteDependencies } from '../../src/repo/dependencies.ts';
import { withServer } from '../support/pair.ts';

test('with a keyring nothing unsigned is taken, unless that may be', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-dependencies-'));
  try {
    await withServer(
      (request, response) => response.writeHead(request.url!.endsWith('.prov') ? 404 : 200).end('archive'),
      async (url) => {
        const printed: string[] = [];
        const fetched = (mayBeUnsigned: boolean) =>
          remoteDependencies({
            places: { config: join(folder, 'x'), cache: folder, content: join(folder, 'content') },
            keyring: 'nowhere.gpg',
            mayBeUnsigned,
            print: (line) => printed.push(line),
            log: silentLog,
          }).fetch({ url: `${url}/web-1.0.0.tgz`, options: {} });
        const failure = await fetched(false).catch((error: Error) => error.message);
        assert.match(String(failure), /^could not download .*: failed to fetch provenance "http:.*\.tgz\.prov"$/);
        assert.is(Buffer.from((await fetched(true)).bytes).toString(), 'archive');
        assert.match(printed.join('\n'), /^WARNING: Verification not found for /);
      },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
