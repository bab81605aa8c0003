/**
 * Threads that render releases. Each has one at a time, so that whatever ends a thread - a chart that takes all memory,
 * or forever - is known by its release, which fails alone; the next release gets a new thread.
 */
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../clock.ts';
import type { TemplateJob, TemplateResult } from './template-job.ts';

export interface PoolOptions {
  /** The program that serves as a thread: see template-worker.ts. */
  program: string;
  variables: Record<string, string | undefined>;
  /** What every thread is told once. */
  start: ThreadStart;
  /** At most so many. */
  threads: number;
  /** How many releases there will be. */
  expected: number;
  /** Milliseconds that one release may take. */
  timeout: number;
  /** What one thread may hold. */
  heapMegabytes: number;
  /** The size of its stack; Node's own where absent. */
  stackMegabytes?: number;
  clock: Clock;
}

export interface ThreadStart {
  /** What relative paths start from. */
  directory: string;
  /** Standard input, where a release reads it. */
  stdin: string;
  stderr: { terminal: boolean; columns: number };
  /** Frames that templates may take, where `stackMegabytes` are given. */
  stackFrames?: number;
}

/** Releases for which one more thread is started at once: starting it takes as long as to render some of them. */
const WORTH_A_THREAD = 12;
/** After this long releases that still wait get one more. */
const GROW_AFTER_MS = 80;

interface Task {
  job: TemplateJob;
  done(result: TemplateResult): void;
}

interface Thread {
  worker: Worker;
  task: Task | undefined;
  timer: Timer | undefined;
}

export class TemplatePool {
  readonly #options: PoolOptions;
  readonly #threads = new Set<Thread>();
  readonly #waiting: Task[] = [];
  #limit: number;
  #growth: Timer;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#limit = Math.max(1, Math.min(options.threads, Math.floor(options.expected / WORTH_A_THREAD)));
    this.#growth = this.#growLater();
  }

  /** Few releases that take long are worth more threads too. */
  #growLater(): Timer {
    return this.#options.clock.setTimeout(() => {
      if (this.#limit >= this.#options.threads) return;
      if (this.#waiting.length > 0) this.#limit++;
      this.#next();
      this.#growth = this.#growLater();
    }, GROW_AFTER_MS);
  }

  run(job: TemplateJob): Promise<TemplateResult> {
    return new Promise((done) => {
      this.#waiting.push({ job, done });
      this.#next();
    });
  }

  /** Threads that are at work end with it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#growth.cancel();
    const ended = [...this.#threads].map(({ worker }) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const { worker, task } of this.#threads)
      if (task === undefined) worker.postMessage(undefined);
      else void worker.terminate();
    await Promise.all(ended);
  }

  #next(): void {
    while (this.#waiting.length > 0 && !this.#closed) {
      const thread = this.#freeThread();
      if (thread === undefined) return;
      this.#give(thread, this.#waiting.shift()!);
    }
  }

  #freeThread(): Thread | undefined {
    for (const thread of this.#threads) if (thread.task === undefined) return thread;
    return this.#threads.size < this.#limit ? this.#newThread() : undefined;
  }

  #newThread(): Thread {
    const { program, variables, start, heapMegabytes, stackMegabytes } = this.#options;
    const worker = new Worker(program, {
      argv: ['renderer'],
      env: variables as NodeJS.Dict<string>,
      workerData: start,
      resourceLimits: {
        maxOldGenerationSizeMb: heapMegabytes,
        ...(stackMegabytes && { stackSizeMb: stackMegabytes }),
      },
    });
    const thread: Thread = { worker, task: undefined, timer: undefined };
    let reason = '';
    worker.on('message', (result: TemplateResult) => this.#finish(thread, result));
    worker.on('error', (error: NodeJS.ErrnoException) => {
      const isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      reason = isFull
        ? `rendering takes more than ${heapMegabytes} MiB of memory`
        : `rendering broke off: ${error.message}`;
    });
    worker.on('exit', (code) => {
      this.#threads.delete(thread);
      this.#fail(thread, reason || `rendering broke off with code ${code}`);
    });
    this.#threads.add(thread);
    return thread;
  }

  #give(thread: Thread, task: Task): void {
    const { clock, timeout } = this.#options;
    thread.task = task;
    thread.timer = clock.setTimeout(() => {
      this.#threads.delete(thread);
      void thread.worker.terminate();
      this.#fail(thread, `rendering takes longer than ${timeout / 1000} s`);
    }, timeout);
    thread.worker.postMessage(task.job);
  }

  #fail(thread: Thread, error: string): void {
    this.#finish(thread, { text: '', told: `Error: ${error}\n`, error });
  }

  #finish(thread: Thread, result: TemplateResult): void {
    const { task, timer } = thread;
    timer?.cancel();
    thread.task = undefined;
    task?.done(result);
    this.#next();
  }
}
