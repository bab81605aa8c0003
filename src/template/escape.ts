/** The escapers of text/template: html, js and urlquery. */
import { isPrint } from './quote.ts';
import { encodeUtf8, isEscapedByte } from './utf8.ts';

const HTML: Record<string, string> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

export const escapeHtml = (text: string): string => text.replace(/[\0"'&<>]/g, (char) => HTML[char]!);

const JS: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

/** For a string literal of JavaScript: quotes, angle brackets, control characters and what cannot be printed. */
export function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=\0-\x1f]|[^\0-\x7f]/gu, (char) => {
    const escaped = JS[char];
    if (escaped !== undefined) return escaped;
    const code = char.codePointAt(0)!;
    // An invalid byte passes as it is: Go takes it for U+FFFD, which can be printed.
    if (code >= 0x80 && (isPrint(char) || isEscapedByte(code))) return char;
    return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** As url.QueryEscape: a space is a plus, letters, digits and `-_.~` stay. */
export function escapeQuery(text: string): string {
  let out = '';
  for (const byte of encodeUtf8(text)) {
    const char = String.fromCharCode(byte);
    if (byte === 0x20) out += '+';
    else if (/[A-Za-z0-9\-_.~]/.test(char)) out += char;
    else out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
