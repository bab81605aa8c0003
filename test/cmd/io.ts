/** A process that is none: texts go in and come out. */
import { ManualClock } from '../../src/clock.ts';
import type { Environment, Io } from '../../src/cmd/environment.ts';

export interface TestIo extends Io {
  out: { stdout: string; stderr: string };
}

export function testIo(environment: Partial<Environment> = {}, { terminal = false, stdin = '' } = {}): TestIo {
  const out = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => void (out[name] += text),
    terminal,
    columns: 80,
  });
  return {
    out,
    environment: {
      variables: {},
      home: '/home/u',
      platform: 'linux',
      directory: '/',
      program: 'portolan',
      pid: 7,
      hostname: 'here',
      node: 'v20.0.0',
      isAlive: () => false,
      ...environment,
    },
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    stdin: async () => stdin,
    clock: new ManualClock(),
    signal: new AbortController().signal,
  };
}
