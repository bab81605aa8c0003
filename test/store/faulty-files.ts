/** A disk in memory that dies after a given number of bytes, or is full, as the store's file layer sees it. */
import type { StoreFiles } from '../../src/store/files.ts';

export class FaultyFiles implements StoreFiles {
  readonly #files = new Map<string, Buffer>();
  /** Bytes that can still be written before every call fails, as after `kill -9`. */
  bytesLeft = Number.POSITIVE_INFINITY;
  isFull = false;
  /** Whether a new file can be begun. */
  takesNew = true;

  prepare(): void {}
  list(): string[] {
    return [...this.#files.keys()];
  }
  read(name: string): Buffer {
    return this.#files.get(name)!;
  }
  write(name: string, bytes: Buffer): void {
    this.#files.set(name, bytes);
  }
  async append(name: string) {
    this.#alive();
    if (!this.takesNew && !this.#files.has(name)) throw new Error('no file more');
    if (!this.#files.has(name)) this.#files.set(name, Buffer.alloc(0));
    return {
      write: async (bytes: Uint8Array) => {
        this.#alive();
        const room = this.isFull ? Math.min(bytes.length, 3) : Math.min(bytes.length, this.bytesLeft);
        this.bytesLeft -= room;
        this.#files.set(name, Buffer.concat([this.read(name), bytes.subarray(0, room)]));
        if (this.isFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        this.#alive();
      },
      close: async () => {},
    };
  }
  truncate(name: string, size: number): void {
    this.#alive();
    this.#files.set(name, this.read(name).subarray(0, size));
  }
  rename(from: string, to: string): void {
    this.#alive();
    this.#files.set(to, this.read(from));
    this.#files.delete(from);
  }
  remove(name: string): void {
    this.#alive();
    this.#files.delete(name);
  }
  /** The disk as the next process finds it. */
  reborn(): FaultyFiles {
    const next = new FaultyFiles();
    for (const [name, bytes] of this.#files) next.write(name, Buffer.from(bytes));
    return next;
  }
  #alive(): void {
    if (this.bytesLeft <= 0) throw new Error('killed');
  }
}
