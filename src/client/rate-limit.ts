/** A bucket of tokens, one for each request: full at first, filled again at a steady rate, as client-go's limiter. */
import { type Clock, sleep } from '../clock.ts';

export interface RateLimit {
  /** Tokens a second. */
  qps: number;
  /** What the bucket holds. */
  burst: number;
}

export interface Limiter {
  /** Resolves when it is the caller's turn; callers are served in order. */
  take(signal?: AbortSignal): Promise<void>;
}

export function limitedTo(limit: RateLimit | undefined, clock: Clock): Limiter {
  if (!limit || !(limit.qps > 0)) return { take: async () => {} };
  const { qps, burst } = limit;
  let tokens = Math.max(1, burst);
  let filled = clock.now();
  return {
    async take(signal) {
      const now = clock.now();
      tokens = Math.min(Math.max(1, burst), tokens + ((now - filled) / 1000) * qps);
      filled = now;
      tokens -= 1;
      // Below nothing the bucket tells how many are waiting before.
      if (tokens < 0) await sleep(clock, (-tokens / qps) * 1000, signal);
    },
  };
}
