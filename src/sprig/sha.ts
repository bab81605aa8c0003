/** SHA-1, SHA-256 and SHA-512 (FIPS 180-4) for where there is no node:crypto, which does them many times as fast. */

export type ShaName = 'sha1' | 'sha256' | 'sha512';

export function sha(name: ShaName, bytes: Uint8Array): Uint8Array {
  if (name === 'sha512') return sha512(bytes);
  return name === 'sha1' ? sha1(bytes) : sha256(bytes);
}

const WORD = 2n ** 64n;

/** The first 64 bits behind the point of the root of `n`. */
function rootBits(n: number, degree: 2n | 3n): bigint {
  const wanted = BigInt(n) << (64n * degree);
  let [low, high] = [0n, BigInt(n) << 64n];
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** degree <= wanted) low = middle;
    else high = middle - 1n;
  }
  return low % WORD;
}

let tables: { start: bigint[]; rounds: bigint[] } | undefined;

/** What SHA-2 starts from and adds in each round: bits of the roots of primes. SHA-256 has their first halves. */
function constants() {
  if (tables !== undefined) return tables;
  const primes: number[] = [];
  for (let n = 2; primes.length < 80; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  const start = primes.slice(0, 8).map((prime) => rootBits(prime, 2n));
  return (tables = { start, rounds: primes.map((prime) => rootBits(prime, 3n)) });
}

/** The message with its end mark and its length in bits, a multiple of `block` bytes. */
function padded(bytes: Uint8Array, block: 64 | 128): DataView {
  const length = Math.ceil((bytes.length + 1 + block / 8) / block) * block;
  const message = new Uint8Array(length);
  message.set(bytes);
  message[bytes.length] = 0x80;
  const view = new DataView(message.buffer);
  view.setBigUint64(length - 8, BigInt(bytes.length) * 8n);
  return view;
}

const left = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
const right = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

function words(state: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(state.length * 4));
  for (let i = 0; i < state.length; i++) view.setInt32(i * 4, state[i]!);
  return new Uint8Array(view.buffer);
}

function sha1(bytes: Uint8Array): Uint8Array {
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  const schedule = new Int32Array(80);
  const message = padded(bytes, 64);
  for (let at = 0; at < message.byteLength; at += 64) {
    for (let t = 0; t < 80; t++)
      schedule[t] =
        t < 16
          ? message.getInt32(at + t * 4)
          : left(schedule[t - 3]! ^ schedule[t - 8]! ^ schedule[t - 14]! ^ schedule[t - 16]!, 1);
    let [a, b, c, d, e] = state as unknown as [number, number, number, number, number];
    for (let t = 0; t < 80; t++) {
      const [mixed, constant] =
        t < 20
          ? [(b & c) | (~b & d), 0x5a827999]
          : t < 40
            ? [b ^ c ^ d, 0x6ed9eba1]
            : t < 60
              ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
              : [b ^ c ^ d, 0xca62c1d6];
      const next = (left(a, 5) + mixed + e + constant + schedule[t]!) | 0;
      [e, d, c, b, a] = [d, c, left(b, 30), a, next];
    }
    for (const [i, word] of [a, b, c, d, e].entries()) state[i]! += word;
  }
  return words(state);
}

function sha256(bytes: Uint8Array): Uint8Array {
  const high = (list: bigint[]) => Int32Array.from(list, (word) => Number(BigInt.asIntN(32, word >> 32n)));
  const rounds = high(constants().rounds);
  const state = high(constants().start);
  const schedule = new Int32Array(64);
  const message = padded(bytes, 64);
  for (let at = 0; at < message.byteLength; at += 64) {
    for (let t = 0; t < 16; t++) schedule[t] = message.getInt32(at + t * 4);
    for (let t = 16; t < 64; t++) {
      const [x, y] = [schedule[t - 15]!, schedule[t - 2]!];
      const small = right(x, 7) ^ right(x, 18) ^ (x >>> 3);
      const large = right(y, 17) ^ right(y, 19) ^ (y >>> 10);
      schedule[t] = schedule[t - 16]! + small + schedule[t - 7]! + large;
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as number[] as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    for (let t = 0; t < 64; t++) {
      const chosen = (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + ((e & f) ^ (~e & g));
      const first = (h + chosen + rounds[t]! + schedule[t]!) | 0;
      const second = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i]! += word;
  }
  return words(state);
}

const turned = (word: bigint, by: bigint): bigint => (word >> by) | ((word << (64n - by)) % WORD);

/** In whole words of 64 bits: a tenth as fast as with halves of them, and a quarter as long. */
function sha512(bytes: Uint8Array): Uint8Array {
  const { start, rounds } = constants();
  const state = [...start];
  const schedule: bigint[] = [];
  const message = padded(bytes, 128);
  for (let at = 0; at < message.byteLength; at += 128) {
    for (let t = 0; t < 16; t++) schedule[t] = message.getBigUint64(at + t * 8);
    for (let t = 16; t < 80; t++) {
      const [x, y] = [schedule[t - 15]!, schedule[t - 2]!];
      const small = turned(x, 1n) ^ turned(x, 8n) ^ (x >> 7n);
      const large = turned(y, 19n) ^ turned(y, 61n) ^ (y >> 6n);
      schedule[t] = (schedule[t - 16]! + small + schedule[t - 7]! + large) % WORD;
    }
    let [a, b, c, d, e, f, g, h] = state as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
    for (let t = 0; t < 80; t++) {
      const chosen = (turned(e, 14n) ^ turned(e, 18n) ^ turned(e, 41n)) + ((e & f) ^ ((WORD - 1n - e) & g));
      const first = h + chosen + rounds[t]! + schedule[t]!;
      const second = (turned(a, 28n) ^ turned(a, 34n) ^ turned(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) % WORD, c, b, a, (first + second) % WORD];
    }
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = (state[i]! + word) % WORD;
  }
  const out = new DataView(new ArrayBuffer(64));
  for (const [i, word] of state.entries()) out.setBigUint64(i * 8, word);
  return new Uint8Array(out.buffer);
}
