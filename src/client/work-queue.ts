/**
 * Keys waiting to be reconciled. A key stands in the queue once however often it is added, is worked on by one worker
 * at a time, and a key added while it is worked on is worked on again afterwards:
 *
 *   add ──► dirty + queue ──► processing (no longer dirty) ──► done
 *              ▲                   │ added meanwhile: dirty again, queued when done
 *              └── after a delay ◄─┘ failed: 5 ms · 2ⁿ, at most 1000 s
 */
import type { Clock, Timer } from '../clock.ts';

export interface WorkQueueOptions {
  clock: Clock;
  /** Brings one key's object to its desired state; answers in how many milliseconds to look again, if at all. */
  reconcile(key: string): Promise<number | undefined> | Promise<void>;
  /** Told of every failure before the key is queued again. */
  onError?(key: string, error: unknown, failures: number): void;
  workers?: number;
  baseDelay?: number;
  maxDelay?: number;
}

/** Looks at one key within so many milliseconds; what is more waits until they have passed. */
const HOT = { most: 1000, within: 1000 };

export class WorkQueue {
  readonly #options: Required<Pick<WorkQueueOptions, 'workers' | 'baseDelay' | 'maxDelay'>> & WorkQueueOptions;
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new Map<string, { due: number; timer: Timer }>();
  readonly #counts = new Map<string, number>();
  #counted = 0;
  #running = 0;
  #scheduled = false;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = { workers: 4, baseDelay: 5, maxDelay: 1_000_000, ...options };
  }

  add(key: string): void {
    if (this.#stopped) return;
    this.#dirty.add(key);
    this.#schedule();
  }

  /** Adds the key once `ms` have passed; of several delays the shortest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#stopped) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const due = this.#options.clock.now() + ms;
    const waiting = this.#delayed.get(key);
    if (waiting && waiting.due <= due) return;
    waiting?.timer.cancel();
    const timer = this.#options.clock.setTimeout(() => {
      this.#delayed.delete(key);
      this.add(key);
    }, ms);
    this.#delayed.set(key, { due, timer });
  }

  /** Nothing queued and nothing worked on; keys that wait for their time do not count. */
  get idle(): boolean {
    return this.#dirty.size === 0 && this.#processing.size === 0;
  }

  get depth(): number {
    return this.#dirty.size;
  }

  stop(): void {
    this.#stopped = true;
    this.#dirty.clear();
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
  }

  /** A turn later: a burst of changes to one object is one look at it, and others get their turns between two looks. */
  #schedule(): void {
    if (this.#scheduled || this.#stopped || this.#dirty.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => this.#pump());
  }

  #pump(): void {
    this.#scheduled = false;
    for (const key of this.#dirty) {
      if (this.#running >= this.#options.workers) return;
      if (this.#processing.has(key)) continue;
      this.#dirty.delete(key);
      if (this.#isHot(key)) continue;
      this.#processing.add(key);
      this.#running++;
      void this.#work(key);
    }
  }

  /** A key that comes back without end (two writers that undo one another) must not take all the time there is. */
  #isHot(key: string): boolean {
    const now = this.#options.clock.now();
    if (now - this.#counted >= HOT.within) {
      this.#counts.clear();
      this.#counted = now;
    }
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count <= HOT.most) return false;
    this.addAfter(key, HOT.within);
    return true;
  }

  async #work(key: string): Promise<void> {
    try {
      const again = await this.#options.reconcile(key);
      this.#failures.delete(key);
      if (typeof again === 'number') this.addAfter(key, again);
    } catch (error) {
      if (!this.#stopped) this.#retry(key, error);
    } finally {
      this.#processing.delete(key);
      this.#running--;
      this.#schedule();
    }
  }

  #retry(key: string, error: unknown): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#options.onError?.(key, error, failures);
    const { baseDelay, maxDelay } = this.#options;
    this.addAfter(key, Math.min(maxDelay, baseDelay * 2 ** Math.min(failures - 1, 40)));
  }
}
