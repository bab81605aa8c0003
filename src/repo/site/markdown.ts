/**
 * The Markdown of readmes as HTML: headings, lists, tables, quotes, code, emphasis, links. Of HTML in it the words stay,
 * and what only lays them out goes; images come out as links, because pages load nothing from elsewhere. Linear in the
 * length of the text.
 */
import { Html, html, link } from './html.ts';
import { FENCE, HEADING, headingIds, resolveLinks } from './markdown-links.ts';

const MAX_TEXT = 512 * 1024;
const MAX_DEPTH = 6;

export function renderMarkdown(text: string): Html {
  const lines = text
    .slice(0, MAX_TEXT)
    .replace(/\r\n?/g, '\n')
    .replace(/<!--[^>]{0,2000}-->/g, '')
    .split('\n');
  return renderBlocks(resolveLinks(lines), { depth: 0, idOf: headingIds() });
}

interface Place {
  depth: number;
  /** What a heading can be linked to by. */
  idOf(heading: string): string;
}

/** A kind of block: whether it begins at a line, and what is made of the lines that belong to it. */
interface BlockRule {
  starts(line: string, next: string | undefined): boolean;
  /** The line after the last one of the block. */
  end(lines: readonly string[], start: number): number;
  render(lines: string[], place: Place): Html;
}

const RULE = /^ {0,3}(?:-[ \t]*){3,}$|^ {0,3}(?:\*[ \t]*){3,}$|^ {0,3}(?:_[ \t]*){3,}$/;
/** The line below a heading that stands above it. */
const UNDERLINE = /^ {0,3}(?:(=+)|-{2,})[ \t]*$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])[ \t]+/;
const TABLE_RULE = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const isBlank = (line: string): boolean => line.trim() === '';

const endWhile = (belongs: (line: string) => boolean) => (lines: readonly string[], start: number) => {
  let end = start + 1;
  while (end < lines.length && belongs(lines[end]!)) end++;
  return end;
};

const RULES: BlockRule[] = [
  { starts: (line) => FENCE.test(line), end: endOfFence, render: renderFence },
  { starts: (line) => HEADING.test(line), end: (_, start) => start + 1, render: renderHeading },
  { starts: (line) => RULE.test(line), end: (_, start) => start + 1, render: () => html`<hr>` },
  {
    starts: (line, next) => line.includes('|') && next?.includes('-') === true && TABLE_RULE.test(next),
    end: endWhile((line) => line.includes('|')),
    render: renderTable,
  },
  { starts: (line) => /^ {0,3}>/.test(line), end: endWhile((line) => /^ {0,3}>/.test(line)), render: renderQuote },
  { starts: (line) => ITEM.test(line), end: endOfList, render: renderList },
  {
    starts: (line, next) => /^ {0,3}\S/.test(line) && next !== undefined && UNDERLINE.test(next),
    end: (_, start) => start + 2,
    render: ([line, under], place) =>
      renderHeading([`${UNDERLINE.exec(under!)![1] === undefined ? '##' : '#'} ${line!.trim()}`], place),
  },
  {
    starts: (line) => /^(?: {4}|\t)/.test(line),
    end: endWhile((line) => /^(?: {4}|\t)/.test(line)),
    render: (lines) => code(lines.map((line) => line.replace(/^(?: {4}|\t)/, ''))),
  },
];

function renderBlocks(lines: readonly string[], place: Place): Html {
  const blocks: Html[] = [];
  for (let at = 0; at < lines.length; ) {
    if (isBlank(lines[at]!)) {
      at++;
      continue;
    }
    const rule = place.depth < MAX_DEPTH ? RULES.find(({ starts }) => starts(lines[at]!, lines[at + 1])) : undefined;
    const end = rule?.end(lines, at) ?? endOfParagraph(lines, at);
    const own = lines.slice(at, end);
    blocks.push(rule?.render(own, place) ?? renderParagraph(own));
    at = end;
  }
  return html`${blocks}`;
}

/** Two blanks at the end of a line break it. Of tags alone nothing is left. */
function renderParagraph(lines: readonly string[]): Html {
  const inline = renderInline(
    lines
      .map((line) => line.trimStart())
      .join('\n')
      .trimEnd(),
  );
  return inline.text.trim() === '' ? html`` : html`<p>${inline}</p>`;
}

function endOfParagraph(lines: readonly string[], start: number): number {
  let end = start + 1;
  while (end < lines.length && !isBlank(lines[end]!) && !interrupts(lines[end]!, lines[end + 1])) end++;
  return end;
}

/** What begins a block in the middle of a paragraph: not indented code. */
const interrupts = (line: string, next: string | undefined): boolean =>
  RULES.slice(0, -1).some(({ starts }) => starts(line, next));

function endOfFence(lines: readonly string[], start: number): number {
  const fence = FENCE.exec(lines[start]!)![1]!;
  let end = start + 1;
  while (end < lines.length && !lines[end]!.trimStart().startsWith(fence)) end++;
  return Math.min(end + 1, lines.length);
}

function renderFence(lines: string[]): Html {
  const isClosed = lines.length > 1 && FENCE.test(lines.at(-1)!);
  return code(lines.slice(1, isClosed ? -1 : undefined));
}

/** It can be scrolled, so it can be reached by keyboard. */
const code = (lines: string[]): Html => html`<pre tabindex="0"><code>${lines.join('\n')}</code></pre>`;

/** The page's own title and sections stand above. */
function renderHeading([line]: readonly string[], { idOf }: Place): Html {
  const [, marks, text] = HEADING.exec(line!)!;
  const tag = new Html(`h${Math.min(marks!.length + 2, 6)}`);
  return html`<${tag} id="${idOf(text!)}">${renderInline(text!)}</${tag}>`;
}

function renderTable(lines: string[]): Html {
  const [head = [], , ...rows] = lines.map(cellsOf);
  const labels = head.map((cell) => cell.replace(/[`*_]/g, ''));
  return html`<div class="scroll" tabindex="0"><table class="stack"><thead><tr>${head.map((cell) => html`<th scope="col">${renderInline(cell)}</th>`)}</tr></thead><tbody>${rows.map(
    (cells) => html`<tr>${labels.map((label, i) => cellOf(cells[i] ?? '', i === 0 ? '' : label))}</tr>`,
  )}</tbody></table></div>`;
}

/** On a phone it stands below the others, and says what it is. */
function cellOf(text: string, label: string): Html {
  const inner = renderInline(text);
  return inner.text === '' || label === '' ? html`<td>${inner}</td>` : html`<td data-label="${label}">${inner}</td>`;
}

const cellsOf = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));

/** An alert, as GitHub writes them, begins with what it is. */
function renderQuote(lines: string[], { depth, idOf }: Place): Html {
  const inner = lines.map((line) => line.replace(/^ {0,3}> ?/, ''));
  const alert = /^\[!([A-Z])([A-Z]{2,8})\][ \t]*$/.exec(inner[0]!);
  if (alert !== null) inner.splice(0, 1, `**${alert[1]}${alert[2]!.toLowerCase()}**`, '');
  return html`<blockquote>${renderBlocks(inner, { depth: depth + 1, idOf })}</blockquote>`;
}

/** Items, and what is indented below them; a blank line ends the list unless it goes on behind it. */
function endOfList(lines: readonly string[], start: number): number {
  const first = ITEM.exec(lines[start]!)!;
  let end = start + 1;
  while (end < lines.length) {
    const line = lines[end]!;
    const mark = ITEM.exec(line);
    // Numbers after bullets are another list.
    if (mark !== null && mark[1]!.length <= first[1]!.length && isNumber(mark) !== isNumber(first)) break;
    const goesOn = ITEM.test(line) || /^(?: {2,}|\t)\S/.test(line);
    if (isBlank(line) ? !/^(?: {2,}|\t)\S/.test(lines[end + 1] ?? '') && !ITEM.test(lines[end + 1] ?? '') : false)
      break;
    if (!goesOn && !isBlank(line) && (isBlank(lines[end - 1]!) || interrupts(line, lines[end + 1]))) break;
    end++;
  }
  return end;
}

const isNumber = ([, , mark]: RegExpExecArray): boolean => /^\d/.test(mark!);

function renderList(lines: string[], { depth, idOf }: Place): Html {
  const items: string[][] = [];
  const base = ITEM.exec(lines[0]!)![1]!.length;
  let content = 0;
  for (const line of lines) {
    const mark = ITEM.exec(line);
    if (mark !== null && mark[1]!.length <= base + 1) {
      content = Math.min(mark[0].length, 6);
      items.push([
        line.slice(mark[0].length).replace(/^\[([ xX])\] /, (_, done) => (done === ' ' ? '\u2610 ' : '\u2611 ')),
      ]);
    } else items.at(-1)!.push(line.replace(new RegExp(`^(?: {1,${content}}|\t)`), ''));
  }
  const tag = new Html(/^ {0,3}\d/.test(lines[0]!) ? 'ol' : 'ul');
  const isPlain = (item: string[]) =>
    item.every((line, i) => i === 0 || (!isBlank(line) && !interrupts(line, undefined)));
  return html`<${tag}>${items.map((item) =>
    isPlain(item)
      ? html`<li>${renderInline(item.join('\n'))}</li>`
      : html`<li>${renderBlocks(item, { depth: depth + 1, idOf })}</li>`,
  )}</${tag}>`;
}

/** What only lays out the words between. */
const TAGS =
  'a|b|center|details|div|em|h[1-6]|i|kbd|li|ol|p|span|strong|sub|summary|sup|table|tbody|td|th|thead|tr|u|ul';

/** Every quantifier has a bound: a text of opening marks alone costs no more than another. */
const INLINE = new RegExp(
  [
    '\\\\(?<escaped>[!-/:-@\\[-`{-~])',
    '(?<tick>`{1,3})(?<code>(?!`).{1,500}?)\\k<tick>(?!`)',
    '!\\[(?<alt>[^\\]\\n]{0,300})\\]\\((?<source>[^()\\s]{1,1000})(?:\\s{1,9}"[^"\\n]{0,300}")?\\)',
    '\\[(?<text>(?:[^\\[\\]]|!\\[[^\\]\\n]{0,200}\\]\\([^()\\s]{1,500}\\)|\\[[^\\]\\n]{0,200}\\]){1,300})\\]\\((?<target>[^()\\s]{1,1000})(?:\\s{1,9}"[^"\\n]{0,300}")?\\)',
    '<(?<auto>(?:https?://|mailto:)[^<>\\s]{1,500})>',
    '(?<bare>https?://[^\\s<>()\\[\\]"\'`]{1,500}[^\\s<>()\\[\\]"\'`.,;:!?*_])',
    '(?:\\*\\*(?<strong>(?!\\s)[^*]{1,500}?)\\*\\*|__(?<strong2>(?!\\s)[^_]{1,500}?)__)',
    '(?:\\*(?<em>(?![\\s*])[^*]{1,500}?)\\*|(?<![\\w])_(?<em2>(?![\\s_])(?:[^_]|(?<=\\w)_(?=\\w)){1,500}?)_(?!\\w))',
    '~~(?<deleted>(?!\\s)[^~]{1,500}?)~~',
    '<a\\s[^<>]{0,300}?href="(?<href>[^"<>\\s]{1,500})"[^<>]{0,300}>(?<anchor>[^<]{1,300})</a>',
    '<img\\s(?<image>[^<>]{1,1000})>',
    '(?<break> {2,9}\\n|<br ?/?>|</(?:tr|li)>)',
    `(?<tag></?(?:${TAGS})(?:\\s[^<>]{0,500})?/?>)`,
    '(?<entity>&(?:#\\d{1,6}|#x[0-9a-fA-F]{1,5}|[a-zA-Z]{2,8}[1-4]{0,2});)',
  ].join('|'),
  'g',
);

export function renderInline(text: string, depth = 0): Html {
  const parts: (Html | string)[] = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(text.slice(at, match.index), inlineOf(match.groups!, match[0], depth + 1));
    at = match.index + match[0].length;
  }
  parts.push(text.slice(at));
  return html`${parts}`;
}

function inlineOf(groups: Record<string, string | undefined>, all: string, depth: number): Html | string {
  const { escaped, code, alt, source, text, target, auto, bare, href, anchor, image } = groups;
  const inner = (content: string) => (depth < MAX_DEPTH ? renderInline(content, depth) : html`${content}`);
  if (escaped !== undefined) return escaped;
  if (code !== undefined) return html`<code>${code.trim() || code}</code>`;
  if (source !== undefined) return link(source, alt || 'image');
  if (target !== undefined) return link(target, renderLabel(text!));
  if (href !== undefined) return link(href, anchor!);
  if (image !== undefined) return link(attribute(image, 'src'), attribute(image, 'alt'));
  if (auto !== undefined || bare !== undefined) return link(auto ?? bare, (auto ?? bare)!);
  const strong = groups.strong ?? groups.strong2;
  if (strong !== undefined) return html`<strong>${inner(strong)}</strong>`;
  const em = groups.em ?? groups.em2;
  if (em !== undefined) return html`<em>${inner(em)}</em>`;
  if (groups.deleted !== undefined) return html`<del>${inner(groups.deleted)}</del>`;
  if (groups.break !== undefined) return html`<br>`;
  if (groups.entity !== undefined) return new Html(groups.entity);
  return groups.tag === undefined ? all : html``;
}

const attribute = (tag: string, name: string): string =>
  new RegExp(`(?:^|\\s)${name}="([^"]{0,1000})"`).exec(tag)?.[1] ?? '';

/** The label of a link holds no link of its own: of a badge its text stays. */
const renderLabel = (text: string): Html =>
  html`${text.replace(/!\[([^\]\n]{0,200})\]\([^()\s]{1,500}\)/g, '$1').replace(/[`*]/g, '') || 'link'}`;
