/**
 * How long a server may be silent, as with client-go: so long to connect, so long to shake hands, and a connection on which
 * nothing comes is given up once the server does not say on another one that it lives.
 */
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

/** All in milliseconds. */
export interface Limits {
  /** Nothing came on a connection for so long: whether the server lives is asked. */
  silence: number;
  /** How long that question may go unanswered. */
  answer: number;
  /** How long a server is waited for that has answered before and cannot be reached now. */
  absence: number;
}

const PATIENT: Limits = { silence: 30_000, answer: 15_000, absence: 10_000 };
const HURRIED: Limits = { silence: 2000, answer: 3000, absence: 0 };

const DIAL = 30_000;
const HANDSHAKE = 10_000;

/** Ends the connecting of `socket` in time, in the words of Go. */
export function limitConnecting(socket: Socket): void {
  let late: Error = Object.assign(new Error('i/o timeout'), { code: 'ETIMEDOUT' });
  const onTimeout = () => socket.destroy(late);
  const done = () => socket.setTimeout(0).off('timeout', onTimeout);
  socket.setTimeout(DIAL).on('timeout', onTimeout);
  socket.once('connect', () => {
    if (!isSecure(socket)) return done();
    late = new Error('net/http: TLS handshake timeout');
    return socket.setTimeout(HANDSHAKE);
  });
  socket.once('secureConnect', done);
}

const isSecure = (socket: Socket): boolean => 'encrypted' in socket;

export interface Patience {
  readonly limits: Limits;
  /** From now on nothing is waited for that does not come at once, what is under way included. */
  hurry(): void;
  /** Destroys a request whose server is silent and dead. */
  watchOver(request: ClientRequest): void;
}

/** `isAlive` asks the server, on a connection of its own, until the signal aborts. */
export function patienceWith(
  isAlive: (signal: AbortSignal) => Promise<boolean>,
  given: Partial<Limits> = {},
): Patience {
  let limits = { ...PATIENT, ...given };
  const underWay = new Set<Socket>();
  let asked: Promise<boolean> | undefined;
  const ask = (): Promise<boolean> => {
    asked ??= isAlive(AbortSignal.timeout(limits.answer)).finally(() => {
      asked = undefined;
    });
    return asked;
  };
  return {
    get limits() {
      return limits;
    },
    hurry() {
      limits = HURRIED;
      for (const socket of underWay) socket.setTimeout(limits.silence);
    },
    watchOver(request) {
      request.once('socket', (socket) => {
        const onTimeout = async () => {
          if (await ask()) socket.setTimeout(limits.silence);
          else request.destroy(new Error('client connection lost'));
        };
        const begin = () => {
          if (request.destroyed) return;
          underWay.add(socket);
          socket.setTimeout(limits.silence).on('timeout', onTimeout);
        };
        if (socket.connecting) {
          limitConnecting(socket);
          socket.once(isSecure(socket) ? 'secureConnect' : 'connect', begin);
        } else begin();
        request.once('close', () => {
          underWay.delete(socket);
          socket.setTimeout(0).off('timeout', onTimeout);
        });
      });
    },
  };
}
