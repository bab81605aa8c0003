/** Which policies and webhooks are asked a second time, because something has changed the object after them. */
export class Reinvocation {
  /** Whether anything has been changed, so that there is a second round. */
  wanted = false;
  #isSecond = false;
  /** Those that are willing to be asked again, by key, and those of them that will be. */
  readonly #willing = new Set<string>();
  readonly #due = new Set<string>();

  /** Whether this one is asked in this round. */
  isDue(key: string): boolean {
    return !this.#isSecond || this.#due.has(key);
  }

  invoked(key: string): void {
    this.#willing.add(key);
  }

  /** The object is not what those asked so far have seen. */
  changed(): void {
    this.wanted = true;
    for (const key of this.#willing) this.#due.add(key);
    this.#willing.clear();
  }

  startSecond(): void {
    this.#isSecond = true;
  }
}
