/** Writes to the store in the given folder until it is killed, telling every number that is durable. */
import { realClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { openStore } from '../../src/store/store.ts';

const store = await openStore(process.argv[2]!, { clock: realClock, log: silentLog, snapshotBytes: 10_000 });
for (let i = 1; i < 1e6; i++) {
  store.put(`/k/${i}`, () => `value ${i}`);
  await store.durable();
  process.stdout.write(`${i}\n`);
}
