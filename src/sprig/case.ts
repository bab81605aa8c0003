/** camelcase, snakecase and kebabcase, as huandu/xstrings 1.5 forms them. */
import { toValidText } from '../template/utf8.ts';
import { isSpace, lowerRune, runes, upperRune } from './runes.ts';

const isConnector = (rune: string): boolean => rune === '-' || rune === '_' || isSpace(rune);

const isUpper = (rune: string): boolean => /^\p{Lu}$/u.test(rune);

/**
 * Words joined, each with a capital: "http_server" to "HttpServer". Leading and doubled connectors stay; a word that
 * begins with several capitals keeps the first.
 */
export function toCamelCase(text: string): string {
  const all = runes(text);
  const lead = all.findIndex((rune) => !isConnector(rune));
  // As xstrings: of connectors alone the last is written twice.
  if (lead < 0) return all.join('') + (all.at(-1) ?? '');
  let camel = all.slice(0, lead).join('');
  let current = upperRune(all[lead]!);
  let inCapitals = isUpper(all[lead]!);
  for (const next of all.slice(lead + 1)) {
    const afterConnector = isConnector(current);
    if (!afterConnector || isConnector(next)) camel += current;
    if (!isConnector(next) || !afterConnector) inCapitals = isUpper(next) && (afterConnector || inCapitals);
    current = afterConnector ? upperRune(next) : inCapitals ? lowerRune(next) : next;
  }
  return camel + current;
}

export const toSnakeCase = (text: string): string => joinWords(text, '_');
export const toKebabCase = (text: string): string => joinWords(text, '-');

type Kind = 'connector' | 'punctuation' | 'upper' | 'letters' | 'number' | 'other' | 'end';

interface Word {
  kind: Kind;
  text: string;
}

/** A letter of an alphabet: ideographs are none. */
const LETTER = '(?![\\u3400-\\u4d85\\u4e00-\\u9fcc\\u{20000}-\\u{2b81d}])\\p{L}';
const SMALL = `(?!\\p{Lu})${LETTER}`;

/**
 * What a word is, in the order the kinds are tried. Capitals end before the one that begins the next word ("HTTPServer"
 * is HTTP, Server); punctuation swallows the connectors after it.
 */
const newPatterns = (): [Kind, RegExp][] => [
  ['connector', /[-_\p{White_Space}]+/uy],
  ['punctuation', /\p{P}+/uy],
  ['upper', new RegExp(`\\p{Lu}+(?=\\p{Lu}${SMALL})|\\p{Lu}{2,}|\\p{Lu}(?:${SMALL})*`, 'uy')],
  ['letters', new RegExp(`(?:${SMALL})+`, 'uy')],
  ['number', /\p{N}+/uy],
  ['other', new RegExp(`.(?:(?!${LETTER})[^-_\\p{White_Space}\\p{N}\\p{P}])*`, 'suy')],
];

/** Made when they are first needed: Unicode classes cost a millisecond. */
let patterns: [Kind, RegExp][] | undefined;

/** Bytes that are no UTF-8, and the rune that Go cannot tell from them. */
const LOST = /[\ufffd\udc80-\udcff]/gu;

function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  const found = text.replace(LOST, '');
  for (let at = 0; at < found.length; at += words.at(-1)!.text.length) words.push(wordAt(found, at));
  return found.length === text.length ? words : withLost(words, text);
}

/** What was lost belongs to the rune that follows it, and at the end to the last word. */
function withLost(words: Word[], text: string): Word[] {
  let at = 0;
  const takeLost = (): string => {
    LOST.lastIndex = at;
    const start = at;
    for (let match = LOST.exec(text); match?.index === at; match = LOST.exec(text)) at++;
    return text.slice(start, at);
  };
  const whole = words.map(({ kind, text: found }) => {
    let own = '';
    for (const rune of found) {
      own += takeLost() + rune;
      at += rune.length;
    }
    return { kind, text: own };
  });
  const rest = takeLost();
  const last = whole.pop() ?? { kind: 'other', text: '' };
  return [...whole, { ...last, text: last.text + rest }];
}

function wordAt(text: string, at: number): Word {
  patterns ??= newPatterns();
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) return { kind, text: match[0] };
  }
  return { kind: 'other', text: text[at]! };
}

/** The words in lower case with `connector` between them; digits stay with the word they follow: "bld4_floor_3rd". */
function joinWords(text: string, connector: string): string {
  const words = wordsOf(text);
  const end: Word = { kind: 'end', text: '' };
  let joined = '';
  let at = 0;
  const here = (): Word => words[at] ?? end;
  const take = () => (joined += written(words[at++]!, connector));
  const takeRun = () => {
    while (here().kind === 'letters' || here().kind === 'number') take();
    if (here().kind !== 'end') connect();
  };
  const connect = () => {
    if (here().kind !== 'connector' && here().kind !== 'punctuation') joined += connector;
  };
  while (at < words.length - 1) {
    const { kind } = here();
    take();
    if (kind === 'number') takeRun();
    else if (kind === 'connector' || kind === 'punctuation') continue;
    else if (here().kind !== 'number') connect();
    else if (at < words.length - 1) {
      if (words[at + 1]!.kind === 'letters') {
        joined += connector;
        take();
        takeRun();
      } else {
        take();
        connect();
      }
    }
  }
  return at < words.length ? joined + written(here(), connector) : joined;
}

function written({ kind, text }: Word, connector: string): string {
  if (kind === 'connector')
    return runes(toValidText(text))
      .map((rune) => (isConnector(rune) ? connector : rune))
      .join('');
  return kind === 'upper' ? runes(toValidText(text)).map(lowerRune).join('') : text;
}
