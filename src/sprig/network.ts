/** getHostByName, which asks the resolver when the context allows it. */
import { type Family, go, type SprigContext } from './function.ts';
import { nodeWorker } from './lazy.ts';

export function network({ enableDns = false }: SprigContext): Family {
  return { getHostByName: go('string', (name: string) => (enableDns ? firstAddress(name) : '')) };
}

/** As sprig, a name without an address is a panic about the empty list it then chooses from. */
function firstAddress(name: string): string {
  const [address] = lookup(name);
  if (address === undefined) throw new Error('invalid argument to Intn');
  return address;
}

const TIMEOUT = 10_000;

/** A template cannot wait for a promise, so another thread asks, and this one sleeps. */
const ASK = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { port, signal, name } = workerData;
  require('node:dns').lookup(name, { all: true }, (error, found) => {
    port.postMessage(error ? [] : found.map(({ address }) => address));
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  });
`;

function lookup(name: string): string[] {
  const { MessageChannel, Worker, receiveMessageOnPort } = nodeWorker();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(ASK, {
    eval: true,
    workerData: { port: port2, signal, name },
    transferList: [port2],
  });
  try {
    Atomics.wait(signal, 0, 0, TIMEOUT);
    return (receiveMessageOnPort(port1)?.message as string[] | undefined) ?? [];
  } finally {
    port1.close();
    worker.unref();
    void worker.terminate();
  }
}
