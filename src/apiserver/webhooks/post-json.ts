/** One HTTPS request with a JSON body, as webhooks are asked. */
import { request as requestHttps } from 'node:https';
import type { PostJson } from './webhooks.ts';

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
        if (response.statusCode !== 200) return reject(new Error(`the server answered ${response.statusCode}`));
        try {
          resolve(JSON.parse(Buffer.concat(chunks).toString()));
        } catch (error) {
          reject(new Error('the answer is not JSON', { cause: error }));
        }
      });
    });
    sent.on('error', (error) =>
      reject(new Error(`failed to call webhook: Post ${JSON.stringify(url)}: ${error.message}`)),
    );
    sent.end(text);
  });
