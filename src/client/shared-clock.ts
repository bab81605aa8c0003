/**
 * Many timers on one: a heap of what is due over a single timer of the clock below, so that thousands of pods and
 * keys that wait cost the clock one entry, and stopping the owner leaves none behind.
 *
 *   heap:  [12:00:01 pod-a] [12:00:01 pod-b] [12:00:05 key-c] …
 *             ▲ armed on the clock below
 */
import type { Clock, Timer } from '../clock.ts';

interface Entry {
  due: number;
  /** Breaks ties, so that timers of the same instant run in the order they were set. */
  order: number;
  fn: (() => void) | undefined;
}

export class SharedClock implements Clock {
  readonly #below: Clock;
  #heap: Entry[] = [];
  #order = 0;
  #armed: { due: number; timer: Timer } | undefined;
  #stopped = false;

  constructor(below: Clock) {
    this.#below = below;
  }

  now(): number {
    return this.#below.now();
  }

  setTimeout(fn: () => void, ms: number): Timer {
    if (this.#stopped) return { cancel() {} };
    const entry: Entry = { due: this.now() + Math.max(0, ms), order: this.#order++, fn };
    push(this.#heap, entry);
    this.#arm();
    return {
      cancel: () => {
        entry.fn = undefined;
        if (this.#heap[0] === entry) this.#arm();
      },
    };
  }

  /** When the next timer falls due; undefined when none is set. */
  nextDue(): number | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.fn === undefined) pop(this.#heap);
    return this.#heap[0]?.due;
  }

  stop(): void {
    this.#stopped = true;
    this.#heap = [];
    this.#arm();
  }

  #arm(): void {
    const due = this.nextDue();
    if (due === this.#armed?.due) return;
    this.#armed?.timer.cancel();
    this.#armed =
      due === undefined ? undefined : { due, timer: this.#below.setTimeout(() => this.#fire(), due - this.now()) };
  }

  #fire(): void {
    this.#armed = undefined;
    const now = this.now();
    try {
      for (let due = this.nextDue(); due !== undefined && due <= now; due = this.nextDue()) pop(this.#heap)!.fn?.();
    } finally {
      this.#arm();
    }
  }
}

const before = (a: Entry, b: Entry) => a.due < b.due || (a.due === b.due && a.order < b.order);

function push(heap: Entry[], entry: Entry): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(entry, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): Entry | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (!before(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
}
