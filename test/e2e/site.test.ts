/** The bundled repository's pages in a browser, where Chromium is installed; otherwise skipped. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { serveRepository } from '../../src/action/serve-repository.ts';
import { inBrowser } from '../support/chromium.ts';

const bundled = fileURLToPath(new URL('../../repo-index', import.meta.url));
const FLAGS =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --dump-dom';

/** What is on the page once its script has run. */
async function dump(url: string): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), 'portolan-chromium-'));
  try {
    const words = [...FLAGS.split(' '), `--user-data-dir=${profile}`, url];
    const { stdout } = await promisify(execFile)('chromium', words, { timeout: 60_000, maxBuffer: 1 << 26 });
    return stdout;
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

inBrowser('pages run their own script, from a server and from a folder', async () => {
  const served = await serveRepository({ directory: bundled, port: 0 });
  try {
    const [index, chart] = await Promise.all([
      dump(`${served.url}/`),
      dump(`${pathToFileURL(bundled).href}/charts/mysql.html`),
    ]);
    // The script has put in the address and shown what needs it.
    assert.match(index, `portolan repo add charts <span data-repository="">${served.url}</span>`);
    assert.match(index, /<label class="search" data-search="\.cards&gt;li" data-count="count">/);
    assert.match(chart, `--repo <span data-repository="">${pathToFileURL(bundled).href}</span>`);
  } finally {
    await served.stop();
  }
});

/** A phone's width: that of a window can not be less than 500. */
const PHONE = `<iframe id="phone" width="390" height="800" src="PAGE"></iframe><p id="told"></p><script>
phone.onload = () => { const { scrollWidth, clientWidth } = phone.contentDocument.documentElement;
told.textContent = scrollWidth > clientWidth ? 'wider than the window by ' + (scrollWidth - clientWidth) : 'fits'; };
</script>`;

inBrowser('pages fit a phone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-site-'));
  cpSync(bundled, folder, { recursive: true });
  const served = await serveRepository({ directory: folder, port: 0 });
  try {
    for (const page of ['index.html', 'charts/bookinfo.html']) {
      writeFileSync(join(folder, 'phone.html'), PHONE.replace('PAGE', page));
      assert.match(await dump(`${served.url}/phone.html`), '<p id="told">fits</p>', page);
    }
  } finally {
    await served.stop();
    rmSync(folder, { recursive: true });
  }
});

inBrowser('what the policy does not know does not run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-site-'));
  try {
    const page = readFileSync(join(bundled, 'index.html'), 'utf8');
    const path = join(folder, 'index.html');
    writeFileSync(path, page.replace('</main>', '<p id="x">before</p><script>x.textContent="after"</script></main>'));
    assert.match(await dump(pathToFileURL(path).href), '<p id="x">before</p>');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
