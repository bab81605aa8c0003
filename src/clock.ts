/**
 * Time as a value. Everything that waits or stamps takes a Clock, so that tests and the library can skip time.
 * All times are milliseconds since the Unix epoch, all durations milliseconds.
 */
export interface Clock {
  now(): number;
  /** Runs `fn` once after `ms`. A pending timer keeps the process alive only when the clock is real. */
  setTimeout(fn: () => void, ms: number): Timer;
}

export interface Timer {
  cancel(): void;
}

/** Waits `ms` on `clock`; rejects with the signal's reason when aborted first. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The longest delay `setTimeout` of Node accepts; longer ones are waited for in steps. */
const MAX_DELAY = 2 ** 31 - 1;

function scaledClock(scale: number): Clock {
  const start = Date.now();
  const now = scale === 1 ? () => Date.now() : () => start + (Date.now() - start) * scale;
  return {
    now,
    setTimeout(fn, ms) {
      const due = now() + ms;
      let handle: NodeJS.Timeout;
      const arm = () => {
        const left = Math.max(0, (due - now()) / scale);
        handle = left > MAX_DELAY ? setTimeout(arm, MAX_DELAY) : setTimeout(fn, left);
      };
      arm();
      return { cancel: () => clearTimeout(handle) };
    },
  };
}

/** The time of the machine, and its timers. */
export const realClock: Clock = scaledClock(1);

/** A clock that runs `scale` times as fast as the real one, from the real now. */
export function acceleratedClock(scale: number): Clock {
  if (!(scale > 0)) throw new RangeError(`time scale must be positive, got ${scale}`);
  return scaledClock(scale);
}

/** A clock that stands still until `advance` is called. Timers run in the order of their due times. */
export class ManualClock implements Clock {
  #now: number;
  #timers: { due: number; fn: () => void }[] = [];

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(fn: () => void, ms: number): Timer {
    const timer = { due: this.#now + Math.max(0, ms), fn };
    this.#timers.push(timer);
    return { cancel: () => void (this.#timers = this.#timers.filter((t) => t !== timer)) };
  }

  /** The due time of the earliest pending timer, or undefined when none is pending. */
  nextDue(): number | undefined {
    return this.#timers.length === 0 ? undefined : Math.min(...this.#timers.map((t) => t.due));
  }

  /** Moves time on by `ms`, running what falls due and letting promises settle between the steps. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (let due = this.nextDue(); due !== undefined && due <= end; due = this.nextDue()) {
      this.#now = Math.max(this.#now, due);
      const ready = this.#timers.filter((t) => t.due <= this.#now).sort((a, b) => a.due - b.due);
      this.#timers = this.#timers.filter((t) => t.due > this.#now);
      for (const timer of ready) timer.fn();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#now = end;
  }
}
