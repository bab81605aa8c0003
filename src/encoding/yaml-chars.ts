/** Characters as go-yaml v2 sorts them. All take a UTF-16 unit; 0 stands for the end of the text. */
export const SPACE = 0x20;
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;

export const isBlank = (unit: number): boolean => unit === SPACE || unit === TAB;

/** A line break: besides CR and LF also NEL, LS and PS, as YAML 1.1 has it. */
export const isBreak = (unit: number): boolean =>
  unit === LF || unit === CR || unit === 0x85 || unit === 0x2028 || unit === 0x2029;

export const isBreakOrEnd = (unit: number): boolean => unit === 0 || isBreak(unit);

export const isBlankOrEnd = (unit: number): boolean => isBlank(unit) || isBreakOrEnd(unit);

/** What may stand in an anchor's name: ASCII letters, digits, `_` and `-`. */
export const isNameChar = (unit: number): boolean =>
  (unit >= 0x61 && unit <= 0x7a) ||
  (unit >= 0x41 && unit <= 0x5a) ||
  (unit >= 0x30 && unit <= 0x39) ||
  unit === 0x5f ||
  unit === 0x2d;

export const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39;

/** The value of a hexadecimal digit, -1 for any other character. */
export function hexValue(unit: number): number {
  if (isDigit(unit)) return unit - 0x30;
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
