/** Connections by way of a proxy: HTTP's CONNECT, or SOCKS 5. Errors are worded as Go's. */
import { isIP, type Socket } from 'node:net';
import { dialError } from './dial-error.ts';

/** A connection to `host` through the proxy. */
export async function openTunnel(proxy: string, host: string, port: number): Promise<Socket> {
  const url = new URL(proxy);
  return url.protocol === 'socks5:' ? throughSocks(url, host, port) : throughConnect(url, host, port);
}

async function throughConnect(proxy: URL, host: string, port: number): Promise<Socket> {
  const { request } = await (proxy.protocol === 'https:' ? import('node:https') : import('node:http'));
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const ports = { 'https:': 443, 'http:': 80 } as Record<string, number>;
  return new Promise((resolve, reject) => {
    const at = { host: hostOf(proxy), port: proxy.port || ports[proxy.protocol]! };
    const asking = request({
      ...at,
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...(proxy.username && { 'proxy-authorization': basic(proxy) }) },
      agent: false,
    });
    asking.on('error', (error) => reject(unreachable(error, at)));
    asking.on('connect', ({ statusCode, statusMessage }, socket) =>
      statusCode === 200
        ? resolve(socket as Socket)
        : reject(new Error(statusMessage || `unknown status code ${statusCode}`)),
    );
    asking.end();
  });
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');
const login = ({ username, password }: URL) => [decodeURIComponent(username), decodeURIComponent(password)] as const;
const basic = (proxy: URL): string => `Basic ${Buffer.from(login(proxy).join(':')).toString('base64')}`;

const unreachable = (error: unknown, { host, port }: { host: string; port: string | number }): Error =>
  new Error(`proxyconnect tcp: ${dialError(error, host, port)}`, { cause: error });

const SOCKS_ERRORS = [
  '',
  'general SOCKS server failure',
  'connection not allowed by ruleset',
  'network unreachable',
  'host unreachable',
  'connection refused',
  'TTL expired',
  'command not supported',
  'address type not supported',
];

/** Names are left to the proxy to look up. */
async function throughSocks(proxy: URL, host: string, port: number): Promise<Socket> {
  const { connect } = await import('node:net');
  const at = { host: hostOf(proxy), port: Number(proxy.port || 1080) };
  const socket = connect(at);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (error) => reject(unreachable(error, at)));
    });
    const receive = receiver(socket);
    const [user, password] = login(proxy).map((text) => Buffer.from(text));
    socket.write(Buffer.from(user!.length > 0 ? [5, 2, 0, 2] : [5, 1, 0]));
    const [, method] = await receive(2);
    if (method === 2) {
      socket.write(Buffer.concat([Buffer.from([1, user!.length]), user!, Buffer.from([password!.length]), password!]));
      if ((await receive(2))[1] !== 0) throw new Error('socks connect: username/password authentication failed');
    } else if (method !== 0) throw new Error('socks connect: no acceptable authentication methods');
    const name = Buffer.from(host);
    socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, Buffer.from([port >> 8, port & 255])]));
    const [, refused, , kind] = await receive(4);
    if (refused)
      throw new Error(
        `socks connect tcp ${at.host}:${at.port}->${host}:${port}: ${SOCKS_ERRORS[refused] ?? 'unknown error'}`,
      );
    await receive((kind === 1 ? 4 : kind === 4 ? 16 : (await receive(1))[0]!) + 2);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Reads so many bytes of the socket, and leaves those that follow in it. */
function receiver(socket: Socket): (count: number) => Promise<Buffer> {
  return (count) =>
    new Promise((resolve, reject) => {
      const take = () => {
        const bytes = socket.read(count) as Buffer | null;
        if (bytes === null) return;
        socket.off('readable', take);
        socket.off('close', end);
        resolve(bytes);
      };
      const end = () => reject(new Error('socks connect: EOF'));
      socket.on('readable', take);
      socket.on('close', end);
      take();
    });
}
