/**
 * YAML, ours against real helm's: random texts are read by both, random values written by both. The same seed asks the
 * same questions.
 */
import { parseJson, toJson } from '../../src/encoding/json.ts';
import { parseYamlMap, toYaml, toYamlPretty } from '../../src/encoding/yaml.ts';
import { decodeUtf8 } from '../../src/template/utf8.ts';
import { askHelm } from './helm-judge.ts';

export interface FuzzReport {
  asked: number;
  differences: { kind: string; text: string; helm: string; ours: string }[];
}

/** Asks in batches until the time is over; stops at the first batch with more than a handful of differences. */
export function fuzzYaml({ seconds, seed }: { seconds: number; seed: number }): FuzzReport {
  const report: FuzzReport = { asked: 0, differences: [] };
  const random = randomFrom(seed);
  const end = Date.now() + seconds * 1000;
  do {
    compare(
      report,
      'read',
      'toJson (fromYaml $text)',
      batch(() => yamlText(random)),
      readAsJson,
    );
    const values = batch(() => JSON.stringify({ v: anyValue(random, 4) }));
    compare(report, 'write', 'toYaml (fromJson $text)', values, (text) => written(toYaml, text));
    compare(report, 'pretty', 'toYamlPretty (fromJson $text)', values, (text) => written(toYamlPretty, text));
  } while (Date.now() < end && report.differences.length < 10);
  return report;
}

const BATCH = 1500;
const batch = (make: () => string): string[] => Array.from({ length: BATCH }, make);

function compare(report: FuzzReport, kind: string, ask: string, texts: string[], answer: (text: string) => string) {
  const answers = askHelm(ask, texts);
  for (const [i, text] of texts.entries()) {
    const helm = decodeUtf8(answers[i]!);
    const ours = answer(text);
    report.asked++;
    if (helm !== ours) report.differences.push({ kind, text, helm, ours });
  }
}

function readAsJson(text: string): string {
  try {
    return toJson(parseYamlMap(text));
  } catch (error) {
    return toJson({ Error: (error as Error).message });
  }
}

function written(write: typeof toYaml, json: string): string {
  try {
    return write(parseJson(json)).replace(/\n$/, '');
  } catch {
    return '';
  }
}

type Random = (below: number) => number;

/** A small generator of uniform numbers (mulberry32). */
function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)]!;

const PIECES = [
  ...[
    'a',
    'b',
    'key',
    'foo',
    '1',
    '-',
    '?',
    ':',
    ': ',
    ' :',
    '- ',
    '? ',
    ',',
    ', ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '|',
    '>',
  ],
  ...[
    '#',
    ' #',
    '&x',
    '*x',
    '&y ',
    '*y ',
    '!',
    '!!str ',
    '!!int ',
    '!!float ',
    '!!binary ',
    '!t ',
    '<<: ',
    '<<',
    '%',
    '@',
  ],
  ...['\n', '\n', '\n', '\n', '\n  ', '\n  ', '\n    ', '\n ', '\n- ', '\n  - ', '\n\n', ' ', '  ', '\t', '\r\n', '\r'],
  ...[
    '---',
    '\n---\n',
    '...',
    '\n...\n',
    '--- ',
    '|-',
    '|+',
    '>-',
    '|2',
    '>1',
    '\\',
    '\\n',
    '\\x41',
    '\\u00e9',
    "''",
    '""',
  ],
  ...[
    'true',
    'yes',
    'no',
    'null',
    '~',
    '0',
    '12',
    '-3',
    '1.5',
    '1e3',
    '.5',
    '0x1F',
    '010',
    '08',
    '1_000',
    '.inf',
    '0b11',
  ],
  ...[
    'a: b',
    'a: b\n',
    'b: [c, d]\n',
    'c: {d: e}\n',
    '- x\n',
    'é',
    '😀',
    '\u2028',
    '\x85',
    '\u00a0',
    '\ufeff',
    'e: |\n  t\n',
  ],
];

const LINES = [
  ...[
    'a: 1',
    'b: x y',
    'c:',
    'd: "q"',
    "e: 'q'",
    '- a',
    '- b: c',
    '-',
    'f: [1, 2]',
    'g: {h: i}',
    'h: |',
    'i: >-',
    'text',
    '# c',
  ],
  ...[
    'j: &x',
    'k: *x',
    'l: !!str 1',
    '"m": n',
    'o: p: q',
    '? r',
    ': s',
    '- - t',
    'u: # v',
    'w: x # y',
    'z: {',
    '}',
    '[',
    ']',
    '',
  ],
  ...[
    '<<: *x',
    '- &x {a: 1}',
    'a: "b',
    'c"',
    "d: 'e",
    "f'",
    '- |',
    '- >',
    '  ',
    '\t',
    'x:\ty',
    '---',
    '...',
    '1: 2',
    'y: on',
  ],
];

function yamlText(random: Random): string {
  return random(2) === 0 ? pieces(random) : lines(random);
}

function pieces(random: Random): string {
  let text = '';
  for (let i = random(14); i >= 0; i--) text += pick(random, PIECES);
  // With a second byte order mark, go-yaml drops a character of every line.
  return text.replace(/^\ufeff+/, '\ufeff');
}

function lines(random: Random): string {
  let text = '';
  let indent = 0;
  for (let i = random(9); i >= 0; i--) {
    indent = Math.max(0, indent + pick(random, [-4, -2, -2, -1, 0, 0, 0, 1, 2, 2]));
    text += ' '.repeat(indent) + pick(random, LINES) + pick(random, ['\n', '\n', '\n', '\r\n', '']);
  }
  return text;
}

const CHARS = [
  ...[
    'a',
    'b',
    'Z',
    '0',
    '1',
    '9',
    ' ',
    ' ',
    '\n',
    '\n',
    '\t',
    ':',
    ': ',
    '-',
    '- ',
    '#',
    ' #',
    '"',
    "'",
    '\\',
    '.',
    ',',
    '_',
  ],
  ...[
    '&',
    '*',
    '!',
    '|',
    '>',
    '%',
    '@',
    '`',
    '{',
    '}',
    '[',
    ']',
    '?',
    '=',
    '<',
    '/',
    '+',
    '~',
    '\r',
    '\0',
    '\x1b',
    '\x7f',
    '\x85',
  ],
  ...[
    'é',
    '日',
    '😀',
    '\u2028',
    '\u2029',
    '\u00a0',
    '\ufeff',
    '\ufffd',
    'true',
    'yes',
    'null',
    '2001-01-01',
    '1:30',
    '0x',
    'e5',
  ],
];

function anyText(random: Random): string {
  let text = '';
  for (let i = random(7); i > 0; i--) text += pick(random, CHARS);
  return random(60) === 0 ? text.repeat(20 + random(200)) : text;
}

function anyValue(random: Random, depth: number): unknown {
  const kind = random(depth > 0 ? 9 : 6);
  if (kind < 3) return anyText(random);
  if (kind === 3)
    return pick(random, [0, 1, -1, 10, 1.5, 1e6, 1e21, 1e-7, 123456789, 2 ** 53, 2 ** 63, -(2 ** 63), 1e20, 0.1]);
  if (kind === 4) return (random(2 ** 31) - 2 ** 30) / 10 ** random(12);
  if (kind === 5) return pick(random, [null, true, false]);
  if (kind === 6) return Array.from({ length: random(4) }, () => anyValue(random, depth - 1));
  // Keys of different numbers are left out: their order is random in Go.
  const key = () => anyText(random).replace(/\d/g, 'k');
  return Object.fromEntries(Array.from({ length: random(4) }, () => [key(), anyValue(random, depth - 1)]));
}
