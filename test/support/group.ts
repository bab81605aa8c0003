/** Runs the test files named as arguments one after the other, in this process. */
import { run } from 'uvu/run';

const files = process.argv.splice(2);
await run(
  files.map((file) => ({ name: file, file })),
  { bail: false },
);
