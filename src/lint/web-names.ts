/** Addresses of people and pages in Chart.yaml, as far as they can be told from other text. */

/** An absolute URL: a scheme, and nothing that no request could carry. */
export function isRequestUrl(text: string): boolean {
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && !/[\x00-\x20\x7f]/.test(text) && !/%(?![0-9a-fA-F]{2})/.test(text);
}

const LABEL = '[a-zA-Z0-9\\u00a1-\\uffff_]([a-zA-Z0-9\\u00a1-\\uffff_-]*[a-zA-Z0-9\\u00a1-\\uffff_])?';
const HOST = new RegExp(`^(localhost|${LABEL}(\\.${LABEL})+|\\[[0-9a-fA-F:.]+\\])$`);

/** A web address, its scheme optional: `example.com/team`. */
export function isUrl(text: string): boolean {
  if (text.length <= 3 || text.length >= 2083 || text.startsWith('.')) return false;
  const match = /^(?:(?:ftp|tcp|udp|wss?|https?):\/\/)?(?:\S+@)?([^\s/:?#]+)(?::\d{1,5})?([/?#]\S*)?$/.exec(text);
  return match !== null && HOST.test(match[1]!);
}

const EMAIL_LOCAL = /^[a-zA-Z0-9!#$%&'*+/=?^_`{|}~\u00a1-\uffff-]+(\.[a-zA-Z0-9!#$%&'*+/=?^_`{|}~\u00a1-\uffff-]+)*$/;

export function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  const host = text.slice(at + 1);
  return at > 0 && text.length <= 320 && EMAIL_LOCAL.test(text.slice(0, at)) && host.includes('.') && HOST.test(host);
}
