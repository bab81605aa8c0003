/** How a function of the library is declared: its parameters in Go's words, then its body. */
import type { GoFunction, Signature, Value } from '../template/value.ts';

/** Functions of one subject, by the name a template calls them. */
export type Family = Record<string, GoFunction>;

/** What the library may reach of the world outside: time, chance and names of hosts. */
export interface SprigContext {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Random bytes good enough for keys. */
  randomBytes(size: number): Uint8Array;
  /** The IANA name of Go's time zone "Local"; UTC when absent. */
  timeZone?: string;
  /** Whether getHostByName may ask the network; it answers "" otherwise, as helm without --enable-dns. */
  enableDns?: boolean;
}

/**
 * Declares `body` with Go's parameter types: `go('int, string', …)`, `go('...interface {}', …)`. The last type of a
 * variadic function is its element's. Template values reach `body` already checked against them, a missing value as null.
 */
export function go(params: string, body: (...args: never[]) => Value): GoFunction {
  const fn = body as GoFunction;
  let signature = signatures.get(params);
  if (signature === undefined) signatures.set(params, (signature = parseSignature(params)));
  fn.signature = signature;
  return fn;
}

/** By their text: hundreds of functions have the same few dozen, and a call is fitted to a signature once. */
const signatures = new Map<string, Signature>();

function parseSignature(text: string): Signature {
  const params = text === '' ? [] : text.split(', ');
  const last = params.at(-1);
  const variadic = last?.startsWith('...') ?? false;
  if (variadic) params[params.length - 1] = last!.slice(3);
  return { params, variadic };
}

/** The text of the panic that an operation on a nil reflect.Type ends in. */
export const NIL_POINTER = 'runtime error: invalid memory address or nil pointer dereference';
