/** What Markdown links to by name: addresses that are told elsewhere in the text, and its own headings. */

export const FENCE = /^ {0,3}(`{3,}|~{3,})/;
export const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*$/;

const DEFINITION = /^ {0,3}\[([^\]^][^\]]{0,200})\]:[ \t]+<?([^\s<>]{1,1000})>?[ \t]*(?:["'(].{0,300})?$/;
const BY_NAME = /\[([^[\]\n]{1,300})\](?:\[([^[\]\n]{0,200})\])?(?![[(:])/g;
const TO_HEADING = /\]\(#([^()\s]{1,300})\)/g;

/** The lines, with what is linked by name linked by address; other names stay as they are. */
export function resolveLinks(lines: readonly string[]): string[] {
  const plain = plainLines(lines);
  const addresses = new Map<string, string>();
  const ids = new Set<string>();
  const idOf = headingIds();
  lines.forEach((line, i) => {
    if (!plain[i]) return;
    const [, name, address] = DEFINITION.exec(line) ?? [];
    if (name !== undefined) addresses.set(name.toLowerCase(), address!);
    const heading =
      HEADING.exec(line)?.[2] ?? (/^ {0,3}(?:=+|-{2,})[ \t]*$/.test(lines[i + 1] ?? '') ? line.trim() : '');
    if (heading !== '') ids.add(idOf(heading));
  });
  const byName = (all: string, text: string, name = '') => {
    const address = addresses.get((name || text).toLowerCase());
    return address === undefined ? all : `[${text}](${address})`;
  };
  const toHeading = (all: string, id: string) => (ids.has(`readme-${id}`) ? `](#readme-${id})` : all);
  return lines.flatMap((line, i) => {
    if (!plain[i]) return [line];
    if (DEFINITION.test(line)) return [];
    return [(addresses.size === 0 ? line : line.replace(BY_NAME, byName)).replace(TO_HEADING, toHeading)];
  });
}

/** Those that stand in no fence of code. */
function plainLines(lines: readonly string[]): boolean[] {
  let fence: string | undefined;
  return lines.map((line) => {
    const mark = FENCE.exec(line.trimStart())?.[1];
    if (fence === undefined) {
      fence = mark;
      return mark === undefined;
    }
    if (mark?.startsWith(fence)) fence = undefined;
    return false;
  });
}

/** The ids of headings, in their order, as GitHub makes them; no other id of a page begins like them. */
export function headingIds(): (heading: string) => string {
  const taken = new Map<string, number>();
  return (heading) => {
    const slug = heading
      .replace(/\]\([^()]{0,1000}\)/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    const times = taken.get(slug) ?? 0;
    taken.set(slug, times + 1);
    return `readme-${slug}${times === 0 ? '' : `-${times}`}`;
  };
}
