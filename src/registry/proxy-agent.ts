/** Connections through a proxy: plain HTTP is asked of it with the whole address, HTTPS in a tunnel that it opens. */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

/** For requests to the scheme, host and port of `target`. `tls` is for the target, not for the proxy. */
export const proxyAgent = (target: URL, proxy: URL, tls: AgentOptions = {}): HttpAgent =>
  target.protocol === 'https:' ? new TunnelAgent(proxy, tls) : new ForwardAgent(proxy);

const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** What Node's agents do with a request, which its types do not tell. */
type AddRequest = { addRequest(request: ClientRequest, options: { host: string; port: number }): void };

class ForwardAgent extends HttpAgent {
  readonly #proxy: URL;
  constructor(proxy: URL) {
    super();
    this.#proxy = proxy;
  }

  addRequest(request: ClientRequest, options: { host: string; port: number; path?: string }): void {
    const name = options.host.includes(':') ? `[${options.host}]` : options.host;
    const host = options.port === 80 ? name : `${name}:${options.port}`;
    request.path = `http://${host}${request.path}`;
    for (const [name, value] of Object.entries(authorization(this.#proxy))) request.setHeader(name, value);
    const toProxy = { ...options, host: hostOf(this.#proxy), port: portOf(this.#proxy) };
    (HttpAgent.prototype as unknown as AddRequest).addRequest.call(this, request, toProxy);
  }

  override createConnection(options: object, done: (error: Error | null, socket: Duplex) => void): Duplex {
    const proxy = this.#proxy;
    if (proxy.protocol === 'https:')
      return connectTls({ host: hostOf(proxy), port: portOf(proxy), servername: hostOf(proxy) });
    return (HttpAgent.prototype as unknown as Connecting).createConnection.call(this, options, done);
  }
}

type Connecting = { createConnection(options: object, done: (error: Error | null, socket: Duplex) => void): Duplex };

class TunnelAgent extends HttpsAgent {
  readonly #proxy: URL;
  constructor(proxy: URL, tls: AgentOptions) {
    super(tls);
    this.#proxy = proxy;
  }

  override createConnection(
    options: AgentOptions & { host: string; port: number; servername?: string },
    done: (error: Error | null, socket?: Duplex) => void,
  ): undefined {
    const proxy = this.#proxy;
    const target = `${options.host.includes(':') ? `[${options.host}]` : options.host}:${options.port}`;
    const start = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
    const opening = start({
      method: 'CONNECT',
      host: hostOf(proxy),
      port: portOf(proxy),
      path: target,
      headers: { host: target, ...authorization(proxy) },
      agent: false,
    });
    opening.on('connect', (response, socket) => {
      if (response.statusCode === 200) return done(null, connectTls({ ...options, socket }));
      socket.destroy();
      done(new Error(response.statusMessage || `the proxy answered ${response.statusCode}`));
    });
    opening.on('error', (cause) => done(new Error(`proxyconnect tcp: ${cause.message}`, { cause })));
    opening.end();
    return undefined;
  }
}
