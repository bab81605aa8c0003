/** The quoting of package time in its errors: what is not printable ASCII is written byte by byte. */

/** `binary` has one character per byte. */
export const printable = (binary: string): string =>
  `"${binary.replace(/["\\]/g, '\\$&').replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
