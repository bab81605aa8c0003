/** What the running server tells other processes of itself, in a file. */
import { pathsIn, readPrivateJson } from './folders.ts';

export interface ServerState {
  pid: number;
  url: string;
  port: number;
  started: string;
}

/** What the last server of this folder told; `pid` is 0 when it was stopped. The next one writes it anew. */
export const readServerState = (dataDir: string): ServerState | undefined =>
  readPrivateJson<ServerState>(
    pathsIn(dataDir).server,
    ({ pid, port }) => Number.isInteger(pid) && Number.isInteger(port),
  );
