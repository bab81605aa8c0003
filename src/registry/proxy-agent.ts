/**
 * Connections through a proxy: plain HTTP is asked of it with the whole address, HTTPS in a tunnel that it opens; one
 * that speaks SOCKS makes a connection to the host.
 */
import { type ClientRequest, Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { dialError } from '../client/dial-error.ts';
import { openTunnel } from '../client/proxy.ts';

/** For requests to the scheme, host and port of `target`. `tls` is for the target, not for the proxy. */
export function proxyAgent(target: URL, proxy: URL, tls: AgentOptions = {}): HttpAgent {
  if (target.protocol === 'https:') return new TunnelAgent(proxy, tls);
  return isSocks(proxy) ? new SocksAgent(proxy) : new ForwardAgent(proxy);
}

const isSocks = ({ protocol }: URL): boolean => protocol.startsWith('socks');
const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A connection to the proxy itself. Throws Go's words. */
function dial(proxy: URL): Promise<Duplex> {
  const [host, port] = [hostOf(proxy), portOf(proxy)];
  return new Promise((resolve, reject) => {
    const isSecure = proxy.protocol === 'https:';
    const socket = isSecure ? connectTls({ host, port, servername: host }) : connect({ host, port });
    socket.once(isSecure ? 'secureConnect' : 'connect', () => resolve(socket));
    socket.once('error', (cause) => reject(new Error(`proxyconnect tcp: ${dialError(cause, host, port)}`, { cause })));
  });
}

interface Place {
  host: string;
  port: number;
}

type Done = (error: Error | null, socket?: Duplex) => void;

const answer = (made: Promise<Duplex>, done: Done): undefined => {
  made.then(
    (socket) => done(null, socket),
    (error: Error) => done(error),
  );
  return undefined;
};

/** What Node's agents do with a request, which its types do not tell. */
type AddRequest = { addRequest(request: ClientRequest, options: Place): void };

class ForwardAgent extends HttpAgent {
  readonly #proxy: URL;
  constructor(proxy: URL) {
    super();
    this.#proxy = proxy;
  }

  addRequest(request: ClientRequest, options: Place): void {
    const name = options.host.includes(':') ? `[${options.host}]` : options.host;
    const host = options.port === 80 ? name : `${name}:${options.port}`;
    request.path = `http://${host}${request.path}`;
    for (const [name, value] of Object.entries(authorization(this.#proxy))) request.setHeader(name, value);
    (HttpAgent.prototype as unknown as AddRequest).addRequest.call(this, request, options);
  }

  override createConnection(_: object, done: Done): undefined {
    return answer(dial(this.#proxy), done);
  }
}

class SocksAgent extends HttpAgent {
  readonly #proxy: URL;
  constructor(proxy: URL) {
    super();
    this.#proxy = proxy;
  }

  override createConnection(options: Place, done: Done): undefined {
    return answer(openTunnel(this.#proxy.href, options.host, options.port), done);
  }
}

class TunnelAgent extends HttpsAgent {
  readonly #proxy: URL;
  constructor(proxy: URL, tls: AgentOptions) {
    super(tls);
    this.#proxy = proxy;
  }

  override createConnection(options: AgentOptions & Place, done: Done): undefined {
    const tunnel = openTunnel(this.#proxy.href, options.host, options.port);
    return answer(
      tunnel.then((socket) => connectTls({ ...options, socket })),
      done,
    );
  }
}
