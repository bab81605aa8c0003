/**
 * The connections of an agent: how many are open at a time, and who waits for them. A handshake takes longer than most answers, so a few requests wait for one
 * another on one connection, many share several, and only a stream has one to itself. What was opened stays open: an
 * agent closes what is free beyond its limit, and the next requests would shake hands again.
 */
import type { Agent } from 'node:http';
import type { Duplex } from 'node:stream';

const REQUESTS_A_CONNECTION = 4;
/** More are busy with handshakes rather than requests. */
const MOST_SHARED = 8;

/** How an agent makes a connection: it answers it at once, or later to `done`. */
export type Connect = (options: object, done: (error: Error | null, socket?: Duplex) => void) => Duplex | undefined;

export type Fail = (error: Error) => void;

export interface Connections {
  readonly agent: Agent;
  /** To be called before a request; what it answers is to be called when the request is over. */
  begin(isStream: boolean): () => void;
  /** Fails a request that has no connection yet. An agent forgets those when it cannot make one; they fail together here. */
  readonly waiting: Set<Fail>;
}

export function connectionsOf(agent: Agent): Connections {
  let requests = 0;
  let streams = 0;
  let shared = 1;
  /** Connections that are being made, which an agent counts only when they are there. */
  let coming = 0;
  const waiting = new Set<Fail>();
  const allow = () => {
    shared = Math.max(shared, Math.min(MOST_SHARED, Math.ceil(requests / REQUESTS_A_CONNECTION)));
    agent.maxSockets = shared + streams - coming;
  };
  const own = agent as unknown as { createConnection: Connect };
  const connect = own.createConnection.bind(agent) as Connect;
  own.createConnection = (options, done) => {
    let isComing = true;
    coming++;
    allow();
    const arrive = () => {
      if (isComing) coming--;
      isComing = false;
      allow();
    };
    const socket = connect(options, (error, made) => {
      arrive();
      done(error, made);
      if (!error) return;
      for (const fail of waiting) fail(error);
      waiting.clear();
    });
    if (socket) arrive();
    return socket;
  };
  return {
    agent,
    waiting,
    begin(isStream) {
      const count = (by: number) => {
        if (isStream) streams += by;
        else requests += by;
        allow();
      };
      count(1);
      return () => count(-1);
    },
  };
}
