/** Bytes and text, without loss, as template values hold them; the rule and the code are those of template/utf8.ts. */
export { byteLength, decodeUtf8, encodeUtf8, isEscapedByte, toValidText } from '../template/utf8.ts';
