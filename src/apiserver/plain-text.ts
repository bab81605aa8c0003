/** Answers that are not JSON. */
import type { ApiResponse } from '../api/http.ts';

export const text = (content: string, type = 'text/plain; charset=utf-8'): ApiResponse => ({
  status: 200,
  headers: { 'content-type': type },
  body: { type: 'bytes', bytes: Buffer.from(content) },
});
