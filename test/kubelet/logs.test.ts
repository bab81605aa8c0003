/** Following a log for long. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createLogs } from '../../src/kubelet/logs.ts';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a log that is followed is told line by line, without a listener for each, until the reader leaves', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  try {
    const logs = createLogs();
    const reader = new AbortController();
    const run = { uid: 'u', container: 'c', restarts: 0, isOver: () => false };
    const lines = logs.follow(run, { signal: reader.signal }, 0)[Symbol.asyncIterator]();
    assert.is((await lines.next()).value, '');
    for (let i = 0; i < 20; i++) {
      const next = lines.next();
      await nextTurn();
      logs.append('u', 'c', 0, `line ${i}`, i);
      assert.is((await next).value, `line ${i}\n`);
    }
    const last = lines.next();
    await nextTurn();
    reader.abort();
    assert.is((await last).done, true);
    assert.equal(warnings, []);
  } finally {
    process.off('warning', onWarning);
  }
});

test.run();
