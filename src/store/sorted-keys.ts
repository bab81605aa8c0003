/**
 * Strings in order, in blocks, so that an insertion moves at most one block.
 *
 *     blocks  [ a b c d ] [ f g ] [ m n o ]      first keys: a f m, found by binary search
 *
 * The order is that of UTF-16 code units, which for Kubernetes' keys (ASCII) is byte order.
 */
const BLOCK = 512;

export class SortedKeys {
  #blocks: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a key that is not there yet. */
  add(key: string): void {
    this.#size++;
    const b = this.#blockFor(key);
    const block = this.#blocks[b];
    if (block === undefined) {
      this.#blocks.push([key]);
      return;
    }
    block.splice(lowerBound(block, key), 0, key);
    if (block.length > BLOCK) this.#blocks.splice(b + 1, 0, block.splice(BLOCK >> 1));
  }

  /** Removes a key that is there. */
  remove(key: string): void {
    const b = this.#blockFor(key);
    const block = this.#blocks[b]!;
    block.splice(lowerBound(block, key), 1);
    if (block.length === 0) this.#blocks.splice(b, 1);
    this.#size--;
  }

  /** Visits the keys from `start` on that begin with `prefix`. The visitor must not change the set. */
  walk(start: string, prefix: string, visit: (key: string) => void): void {
    for (let b = this.#blockFor(start); b < this.#blocks.length; b++) {
      const block = this.#blocks[b]!;
      for (let i = block[0]! >= start ? 0 : lowerBound(block, start); i < block.length; i++) {
        if (!block[i]!.startsWith(prefix)) return;
        visit(block[i]!);
      }
    }
  }

  /** Throws where the order, the size or the blocks are not what they must be. */
  check(): void {
    let last = '';
    let size = 0;
    for (const block of this.#blocks) {
      if (block.length === 0 || block.length > BLOCK) throw new Error(`a block of ${block.length} keys`);
      for (const key of block) {
        if (size++ > 0 && key <= last) throw new Error(`key "${key}" stands after "${last}"`);
        last = key;
      }
    }
    if (size !== this.#size) throw new Error(`${size} keys in the blocks, ${this.#size} counted`);
  }

  /** The last block whose first key is not above `key`: the one `key` is in or belongs into. */
  #blockFor(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#blocks[middle]![0]! <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

function lowerBound(block: string[], key: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (block[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
