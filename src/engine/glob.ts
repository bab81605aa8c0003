/**
 * Patterns of `.Files.Glob`, as the library gobwas/glob reads them with `/` as separator: `*` and `?` stop at slashes,
 * `**` does not, `[!abc]` and `[a-z]` are classes (not both in one), `{a,b}` are alternatives. Matching follows all ways
 * at once, so its time is pattern times name whatever the pattern.
 */

/** A state: reads one character that `accepts` takes and goes on to `next`, or goes to several at once. */
type State =
  | { kind: 'char'; accepts: (char: string) => boolean; next: number }
  | { kind: 'split'; to: number[] }
  | { kind: 'end' };

const isNoSlash = (char: string): boolean => char !== '/';
const isAny = (): boolean => true;

/** Compiles `pattern`; throws where gobwas cannot. */
export function compileGlob(pattern: string): (name: string) => boolean {
  const parser = new GlobParser([...pattern]);
  const start = parser.parse();
  return (name) => run(parser.states, start, [...name]);
}

function run(states: State[], start: number, name: string[]): boolean {
  let current = new Set<number>();
  const enter = (set: Set<number>, index: number): void => {
    if (set.has(index)) return;
    set.add(index);
    const state = states[index]!;
    if (state.kind === 'split') for (const to of state.to) enter(set, to);
  };
  enter(current, start);
  for (const char of name) {
    const next = new Set<number>();
    for (const index of current) {
      const state = states[index]!;
      if (state.kind === 'char' && state.accepts(char)) enter(next, state.next);
    }
    if (next.size === 0) return false;
    current = next;
  }
  return [...current].some((index) => states[index]!.kind === 'end');
}

const TEXT_ENDS = ['?', '*', '[', '{'];
const ALTERNATIVE_ENDS = [...TEXT_ENDS, '}', ','];

/** A piece of a pattern: given where to go on, it adds its states and answers where to come in. */
type Piece = (next: number) => number;

/** Reads a pattern into pieces, then joins them from the back. */
class GlobParser {
  readonly states: State[] = [];
  readonly #chars: string[];
  #at = 0;

  constructor(chars: string[]) {
    this.#chars = chars;
  }

  parse(): number {
    const whole = this.#sequence(0);
    return whole(this.#add({ kind: 'end' }));
  }

  #add(state: State): number {
    return this.states.push(state) - 1;
  }

  #char(accepts: (char: string) => boolean): Piece {
    return (next) => this.#add({ kind: 'char', accepts, next });
  }

  #loop(accepts: (char: string) => boolean): Piece {
    return (next) => {
      const split = this.#add({ kind: 'split', to: [next] });
      const again = this.#add({ kind: 'char', accepts, next: split });
      (this.states[split] as { to: number[] }).to.push(again);
      return split;
    };
  }

  /** Pieces up to the end or, within braces, to their comma or closing. */
  #sequence(depth: number): Piece {
    const pieces: Piece[] = [];
    while (this.#at < this.#chars.length) {
      const char = this.#chars[this.#at]!;
      if (depth > 0 && (char === ',' || char === '}')) break;
      this.#at++;
      if (char === '{') pieces.push(this.#alternatives(depth + 1));
      else if (char === '[') pieces.push(this.#class());
      else if (char === '?') pieces.push(this.#char(isNoSlash));
      else if (char === '*') {
        const crossesSlashes = this.#chars[this.#at] === '*';
        if (crossesSlashes) this.#at++;
        pieces.push(this.#loop(crossesSlashes ? isAny : isNoSlash));
      } else {
        this.#at--;
        for (const literal of this.#text(depth > 0 ? ALTERNATIVE_ENDS : TEXT_ENDS))
          pieces.push(this.#char((c) => c === literal));
      }
    }
    return (next) => pieces.reduceRight((target, piece) => piece(target), next);
  }

  /** Braces that nothing closes end with the pattern. */
  #alternatives(depth: number): Piece {
    if (depth > 100) throw new Error('alternatives are nested too deep');
    const branches = [this.#sequence(depth)];
    while (this.#chars[this.#at] === ',') {
      this.#at++;
      branches.push(this.#sequence(depth));
    }
    this.#at++;
    return (next) => this.#add({ kind: 'split', to: branches.map((branch) => branch(next)) });
  }

  /** One range or one list of characters: gobwas refuses a class that holds both, or two ranges. */
  #class(): Piece {
    const negated = this.#chars[this.#at] === '!';
    if (negated) this.#at++;
    const low = this.#next();
    const isRange = this.#chars[this.#at] === '-';
    let accepts: (char: string) => boolean;
    if (isRange) {
      this.#at++;
      const high = this.#next();
      if (high < low) throw new Error(`hi character '${high}' should be greater than lo '${low}'`);
      accepts = (char) => low <= char && char <= high;
    } else {
      this.#at--;
      const list = new Set(this.#text([']']));
      if (list.size === 0) throw new Error('could not parse range');
      accepts = (char) => list.has(char);
    }
    if (this.#next() !== ']') throw new Error('expected close range character');
    return this.#char((char) => accepts(char) !== negated);
  }

  #next(): string {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw new Error('unexpected end of input');
    return char;
  }

  /** Characters up to one of `ends`; a backslash takes the meaning from what follows it. */
  #text(ends: string[]): string[] {
    const text: string[] = [];
    for (; this.#at < this.#chars.length; this.#at++) {
      const char = this.#chars[this.#at]!;
      if (ends.includes(char)) break;
      if (char !== '\\') text.push(char);
      else if (++this.#at < this.#chars.length) text.push(this.#chars[this.#at]!);
    }
    return text;
  }
}
