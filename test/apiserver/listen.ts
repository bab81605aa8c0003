/** The server behind plain HTTP on loopback, for driving it with kubectl: everybody is an administrator. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ApiHandler, type ApiRequest, jsonText, type UserInfo } from '../../src/api/http.ts';

export const ADMIN: UserInfo = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

export interface Listener {
  url: string;
  close(): Promise<void>;
}

export async function listen(handler: ApiHandler, user: UserInfo = ADMIN, port = 0): Promise<Listener> {
  const server = createServer((request, response) => void answer(handler, user, request, response));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(handler: ApiHandler, user: UserInfo, from: IncomingMessage, to: ServerResponse): Promise<void> {
  const url = new URL(from.url ?? '/', 'http://localhost');
  const chunks: Buffer[] = [];
  for await (const chunk of from) chunks.push(chunk as Buffer);
  const gone = new AbortController();
  to.on('close', () => gone.abort());
  const { status, headers, body } = await handler({
    method: from.method as ApiRequest['method'],
    path: url.pathname,
    query: url.searchParams,
    headers: from.headers as Record<string, string>,
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    user,
    signal: gone.signal,
  });
  to.writeHead(status, headers);
  if (body.type === 'object') to.end(jsonText(body.object));
  else if (body.type === 'bytes') to.end(body.bytes);
  else if (body.type === 'none') to.end();
  else {
    to.flushHeaders();
    if (body.type === 'stream') for await (const chunk of body.chunks) to.write(chunk);
    else
      for await (const { type, object } of body.events) to.write(`{"type":"${type}","object":${jsonText(object)}}\n`);
    to.end();
  }
}
