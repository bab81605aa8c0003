/** HTML from texts nobody vouches for: what is not made by `html` is escaped, addresses that could run are refused. */

/** Text that is HTML already. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | undefined | false | readonly Part[];

/** A template of HTML: values are escaped unless they are HTML themselves. */
export const html = (strings: TemplateStringsArray, ...parts: Part[]): Html =>
  new Html(strings.map((text, i) => text + textOf(parts[i])).join(''));

function textOf(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  return Array.isArray(part) ? part.map(textOf).join('') : escapeHtml(String(part));
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char]!);

const SAFE_ADDRESS = /^(?:https?:\/\/|mailto:)[^\s\p{Cc}"'<>\\`]+$/iu;
const MAX_ADDRESS = 2000;

/** The address where a page may link to it: the web, or mail; not `javascript:`, `data:` and their like. */
export const safeAddress = (address: unknown): string | undefined =>
  typeof address === 'string' && address.length <= MAX_ADDRESS && SAFE_ADDRESS.test(address) ? address : undefined;

/** A heading of the readme on this page. */
const HEADING_ID = /^#readme-[\p{L}\p{N}_-]+$/u;

/** A link to another site, or its text alone where the address is not safe. */
export function link(address: unknown, text: Html | string): Html {
  if (typeof address === 'string' && HEADING_ID.test(address)) return html`<a href="${address}">${text}</a>`;
  const safe = safeAddress(address);
  return safe === undefined ? html`${text}` : html`<a href="${safe}" rel="noopener noreferrer nofollow">${text}</a>`;
}
