/** Text in Go's double quotes, as strconv.Quote and %q write it. */
import { quote, quoteRune as quoteCode } from '../template/quote.ts';

export const quoteGo = (text: string): string => quote(text);

/** A character in single quotes, as %q writes a rune. */
export const quoteRune = (char: string): string => quoteCode(char.codePointAt(0)!);
