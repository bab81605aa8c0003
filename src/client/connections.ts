/**
 * How many connections are open at a time. A handshake takes longer than most answers, so a few requests wait for one
 * another on one connection, many share several, and only a stream has one to itself.
 */
import type { Agent } from 'node:http';

const REQUESTS_A_CONNECTION = 4;

export interface Connections {
  /** To be called before a request; what it answers is to be called when the request is over. */
  begin(isStream: boolean): () => void;
}

export function connectionsOf(agent: Agent): Connections {
  let requests = 0;
  let streams = 0;
  const allow = () => {
    agent.maxSockets = Math.max(1, streams + Math.ceil(requests / REQUESTS_A_CONNECTION));
  };
  return {
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
