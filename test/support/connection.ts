/**
 * A client that costs the machine little: one keep-alive HTTP/1.1 connection over TLS, one request at a time, answers cut
 * out of the stream by their length and not parsed. Client and server share the cores, so whatever the client spends is
 * missing from what is measured.
 */
import { connect, type TLSSocket } from 'node:tls';

export interface Server {
  host: string;
  port: number;
  ca: Buffer | string;
  cert: Buffer | string;
  key: Buffer | string;
}

export interface Answer {
  status: number;
  body: Buffer;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');

export class Connection {
  readonly #socket: TLSSocket;
  readonly #host: string;
  #chunks: Buffer[] = [];
  #size = 0;
  /** How many bytes there must be before it is worth looking at them again. */
  #wanted = 0;
  #pending: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;

  private constructor(socket: TLSSocket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#pending?.reject(error));
    socket.on('close', () => this.#pending?.reject(new Error('the server closed the connection')));
  }

  static open({ host, port, ca, cert, key }: Server): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, ca, cert, key, servername: 'localhost', ALPNProtocols: ['http/1.1'] });
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket, `${host}:${port}`));
      });
    });
  }

  /** Sends one request and waits for its answer. Throws what the server said when it refuses. */
  async send(method: string, path: string, body = '', accept = 'application/json'): Promise<Buffer> {
    const length = Buffer.byteLength(body);
    const type = length === 0 ? '' : `Content-Type: application/json\r\nContent-Length: ${length}\r\n`;
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#socket.write(
        `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nAccept: ${accept}\r\n${type}\r\n${body}`,
      );
    });
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.body}`);
    return answer.body;
  }

  /** Sends a request whose answer does not end, and hands on each line of it. */
  follow(path: string, tell: (line: string) => void): void {
    let rest = '';
    this.#socket.removeAllListeners('data');
    this.#socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop()!;
      for (const line of lines) tell(line);
    });
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nAccept: application/json\r\n\r\n`);
  }

  /** Reads nothing more. */
  pause(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#wanted) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#size);
    this.#chunks = [bytes];
    const answer = this.#answerIn(bytes);
    if (answer === undefined) return;
    const pending = this.#pending;
    this.#chunks = [];
    this.#size = 0;
    this.#wanted = 0;
    this.#pending = undefined;
    pending?.resolve(answer);
  }

  #answerIn(bytes: Buffer): Answer | undefined {
    const end = bytes.indexOf(END_OF_HEAD);
    if (end < 0) return undefined;
    const start = end + END_OF_HEAD.length;
    const head = bytes.toString('latin1', 0, start);
    const status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length === null) {
      const body = unchunked(bytes, start);
      return body && { status, body };
    }
    this.#wanted = start + Number(length[1]);
    return bytes.length < this.#wanted ? undefined : { status, body: bytes.subarray(start, this.#wanted) };
  }
}

/** The body of `transfer-encoding: chunked`, which real API servers use; undefined while it is not whole. */
function unchunked(bytes: Buffer, start: number): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const line = bytes.indexOf(LINE_END, at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    const begin = line + LINE_END.length;
    at = begin + size + LINE_END.length;
    if (at > bytes.length) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(begin, begin + size));
  }
}
