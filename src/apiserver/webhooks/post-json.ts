/** One HTTPS request with a JSON body, as webhooks are asked. */
import { request as requestHttps } from 'node:https';
import type { PostJson } from './call-webhook.ts';

const MOST_BYTES = 3 * 1024 * 1024;

export const postJson: PostJson = (url, body, { ca, timeoutMs }) =>
  new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const signal = AbortSignal.timeout(timeoutMs);
    const sent = requestHttps(url, { method: 'POST', headers, signal, ...(ca && { ca }) }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if ((size += chunk.length) > MOST_BYTES) sent.destroy(new Error(`the answer exceeds ${MOST_BYTES} bytes`));
      });
      response.on('error', reject);
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString();
        if (response.statusCode !== 200) return reject(new Error(refusalOf(response.statusCode ?? 0, answer)));
        try {
          resolve(JSON.parse(answer));
        } catch (error) {
          reject(new Error('the answer is not JSON', { cause: error }));
        }
      });
    });
    sent.on('error', (error) => reject(new Error(`Post ${JSON.stringify(url)}: ${wordsOf(error)}`)));
    sent.end(text);
  });

/** As clients of Kubernetes tell an answer that is no success. */
function refusalOf(code: number, answer: string): string {
  if (code === 404) return 'the server could not find the requested resource';
  if (code >= 500)
    return `an error on the server (${JSON.stringify(answer)}) has prevented the request from succeeding`;
  return `the server responded with the status code ${code} but did not return more information`;
}

/** The words of Go for what keeps a connection from being made. */
function wordsOf(error: Error): string {
  const { code, message, name, address, port, hostname } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
    hostname?: string;
  };
  if (code === 'ECONNREFUSED') return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${hostname}: no such host`;
  if (name === 'AbortError' || name === 'TimeoutError') return 'context deadline exceeded';
  return message;
}
