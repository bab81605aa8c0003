/** The settings of a chart as rows of a table: values.yaml's keys, types, defaults, and the comments that explain them. */
import { createRequire } from 'node:module';
import type { Document, Node, Pair, Scalar, YAMLMap } from 'yaml';

export interface ValueRow {
  /** `image.tag`; keys with dots in them are quoted. */
  key: string;
  type: string;
  /** As JSON; '' for what its own keys tell. */
  default: string;
  comment: string;
}

const MAX_TEXT = 1024 * 1024;
const MAX_ROWS = 2000;
const MAX_DEPTH = 20;
const MAX_DEFAULT = 300;

/** None where the text is no map, or cannot be read. */
export function valueRows(text: string): ValueRow[] {
  if (text.length > MAX_TEXT) return [];
  const yaml: typeof import('yaml') = createRequire(import.meta.url)('yaml');
  const document = yaml.parseDocument(text, { logLevel: 'silent' });
  const rows: ValueRow[] = [];
  const { contents } = document;
  if (document.errors.length > 0 || !yaml.isMap(contents)) return rows;
  // A comment that a blank line parts from the first key is about the file.
  addRows({ yaml, document, rows, told: toldByKey(text) }, contents as YAMLMap, '', 0);
  return rows;
}

interface Walk {
  yaml: typeof import('yaml');
  document: Document;
  rows: ValueRow[];
  /** What the file says of a key by its name, wherever that stands. */
  told: ReadonlyMap<string, string>;
}

/** `## @param image.tag [string] Which tag`, as in the charts of Bitnami. */
function toldByKey(text: string): Map<string, string> {
  const told = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, words] = /^[ \t]*#+ ?@param (\S+) (?:\[[^\]]{0,50}\] )?(.*)$/.exec(line) ?? [];
    if (key !== undefined) told.set(key, words!.trim());
  }
  return told;
}

function addRows(walk: Walk, map: YAMLMap, prefix: string, depth: number): void {
  const { yaml, rows, told } = walk;
  map.items.forEach((pair, i) => {
    if (rows.length >= MAX_ROWS) return;
    const { key: keyNode, value } = pair as Pair<Node, Node | null>;
    const key = prefix + keyText(String(yaml.isScalar(keyNode) ? keyNode.value : keyNode));
    const before: string | undefined =
      (i === 0 ? map.commentBefore : undefined) ?? (keyNode as Scalar).commentBefore ?? undefined;
    const isGroup = yaml.isMap(value) && value.items.length > 0;
    const own = isGroup ? undefined : (value?.comment ?? undefined);
    const comment = told.get(key) || explanation(before) || plainText(own ?? '');
    if (!isGroup || comment !== '')
      rows.push({
        key,
        type: typeOf(walk, value),
        default: isGroup ? '' : (toldDefault(before) ?? defaultText(walk, value)),
        comment,
      });
    if (isGroup && depth < MAX_DEPTH) addRows(walk, value as YAMLMap, `${key}.`, depth + 1);
  });
}

const keyText = (key: string): string => (/^[^\s."\\]+$/.test(key) ? key : JSON.stringify(key));

/** Of a comment's last paragraph: from `# -- ` on, as helm-docs reads it, or all of it. */
function explanation(comment = ''): string {
  const paragraph = comment.split(/\n[ \t]*\n/).at(-1)!;
  const lines = paragraph.split('\n');
  const start = lines.findLastIndex((line) => /^#? ?-- /.test(line));
  if (start >= 0) return plainText(lines.slice(start).join('\n'));
  const end = lines.findIndex(isSwitchedOff);
  return plainText(lines.slice(0, end < 0 ? undefined : end).join('\n'));
}

/** `@default -- words`, as helm-docs reads it. */
const toldDefault = (comment = ''): string | undefined => /^[# ]*@default -- (.*)$/m.exec(comment)?.[1]?.trim();

const withoutMarks = (line: string): string => line.replace(/^[# ]*(?:-- )?/, '').trim();
const plainText = (comment: string): string =>
  comment
    .split('\n')
    .map(withoutMarks)
    .filter((line) => !/^@[a-zA-Z]/.test(line))
    .join(' ')
    .trim();

/** YAML that someone may switch on; from there on there are no words. */
const isSwitchedOff = (line: string): boolean => /^#* *(?:- |[a-z][\w.-]*:(?: |$)|@(?:section|skip)\b)/.test(line);

function typeOf({ yaml }: Walk, value: Node | null): string {
  if (yaml.isMap(value)) return 'object';
  if (yaml.isSeq(value)) return 'list';
  if (!yaml.isScalar(value) || value.value === null) return yaml.isAlias(value) ? 'alias' : 'null';
  if (typeof value.value === 'number') return Number.isInteger(value.value) ? 'int' : 'float';
  return typeof value.value === 'boolean' ? 'bool' : 'string';
}

function defaultText({ yaml, document }: Walk, value: Node | null): string {
  if (yaml.isAlias(value)) return `*${value.source}`;
  let text: string;
  try {
    // Aliases are not followed: a few of them can stand for gigabytes.
    text = JSON.stringify(value?.toJS(document, { maxAliasCount: 0 }) ?? null);
  } catch {
    return '…';
  }
  return text.length > MAX_DEFAULT ? `${text.slice(0, MAX_DEFAULT)}…` : text;
}
