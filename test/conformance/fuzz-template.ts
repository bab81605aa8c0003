/**
 * Random templates, ours against real helm's: pipelines over a table of values and functions, formats of printf, and
 * texts with a token out of place. The same seed gives the same templates.
 */
import { functions } from '../template/functions.ts';
import { renderOurs, renderReal, type Verdict } from '../template/judge.ts';
import { values } from '../template/snippets.ts';

export interface FuzzResult {
  same: number;
  different: { template: string; real: Verdict; ours: Verdict }[];
}

/** Templates of one round, of which at most this many may fail: each failure takes helm a call. */
const ROUND = 120;
const MAX_FAILURES = 24;

export async function fuzzTemplates({ seconds, seed }: { seconds: number; seed: number }): Promise<FuzzResult> {
  const end = Date.now() + seconds * 1000;
  const writer = new Writer(randomFrom(seed));
  const result: FuzzResult = { same: 0, different: [] };
  while (Date.now() < end) {
    const { templates, ours } = newRound(writer);
    const real = await renderReal(templates, values, (i) => 'error' in ours[i]!);
    templates.forEach((template, i) => {
      if (showsEverything(template, real[i]!)) return;
      if (masked(real[i]!) === masked(ours[i]!)) result.same++;
      else result.different.push({ template, real: real[i]!, ours: ours[i]! });
    });
  }
  return result;
}

/** Ours is given the values only, not the release and the rest. */
const showsEverything = (template: string, verdict: Verdict): boolean =>
  /(range|with)[^}]* \. }}/.test(template) ||
  /Capabilities(:|%3A)0x|v1 admissionregistration/.test(JSON.stringify(verdict));

/** Addresses differ from run to run. */
const masked = (verdict: Verdict): string => JSON.stringify(verdict).replace(/0xc?[0-9a-f]{6,}/g, '0xADDRESS');

function newRound(writer: Writer): { templates: string[]; ours: Verdict[] } {
  const templates: string[] = [];
  const ours: Verdict[] = [];
  let failures = 0;
  for (let tries = 0; templates.length < ROUND && tries < ROUND * 4; tries++) {
    const template = writer.template();
    const verdict = renderOurs(template, values, functions);
    if ('error' in verdict && failures++ >= MAX_FAILURES) continue;
    templates.push(template);
    ours.push(verdict);
  }
  return { templates, ours };
}

/** Functions whose results hang on chance, time or the machine, or that are the subject of tests of their own. */
const EXCLUDED =
  /^(rand|uuid|now|ago|date|unixEpoch|gen|derive|bcrypt|htpasswd|encrypt|decrypt|shuffle|getHostByName|env|expandenv|lookup|duration|toDate|mustToDate|must_date|htmlDate|dateModify|mustDateModify|until|repeat|seq|tpl|fail|required|buildCustomCert|hello|to(Yaml|Toml|Json|Raw|Pretty)|from|must)/i;

const LIBRARY = Object.keys(functions).filter((name) => !EXCLUDED.test(name));

const BUILTINS = 'and or not eq ne lt le gt ge len index slice print printf println html js urlquery'.split(' ');

const LITERALS =
  '1 0 -3 42 1.5 2.0 1e3 0x1F 017 0b11 1_000 "a" "" "héllo" "a,b" `raw` true false nil \'x\' 1i .5 "%v" "%s %d"'.split(
    ' ',
  );

const FIELDS = [
  ...Object.keys(values).map((key) => `.Values.${key}`),
  '.Values.map.c.d',
  '.Values.map.a',
  '.Values.nope',
  '.Values.nope.x',
  '.Values.map.zz',
  '.Values.str.x',
  '$.Values.int',
  '.',
];

const NOISE = '( ) | , . := = " ` \' {{ }} - $x .x 1 if end range else define "a" with template break + # /*'.split(
  ' ',
);

/** Writes random templates. */
class Writer {
  readonly #random: () => number;
  constructor(random: () => number) {
    this.#random = random;
  }

  template(): string {
    const kind = this.#random();
    if (kind < 0.25) return `{{ ${this.#printf()} }}`;
    if (kind < 0.4) return this.#spoiled(this.#body(2));
    return this.#body(2);
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }

  #count(most: number): number {
    return Math.floor(this.#random() * (most + 1));
  }

  #body(depth: number): string {
    const parts = Array.from({ length: 1 + this.#count(1) }, () => this.#statement(depth));
    return parts.join(this.#pick(['', ' ', '\n', ' x ']));
  }

  #statement(depth: number): string {
    const kind = depth > 0 ? this.#random() : 0;
    const [open, close] = [this.#pick(['{{ ', '{{- ', '{{']), this.#pick([' }}', ' -}}', '}}'])];
    const action = (text: string) => open + text + close;
    if (kind < 0.6) return action(this.#pipeline(2));
    if (kind < 0.7) return `${action(`if ${this.#pipeline(1)}`)}y{{ else }}${this.#body(depth - 1)}{{ end }}`;
    if (kind < 0.8) return `${action(`with ${this.#pipeline(1)}`)}${this.#body(depth - 1)}{{ else }}n{{ end }}`;
    if (kind < 0.92) return this.#range(depth);
    return `{{ $x := ${this.#pipeline(1)} }}{{ $x }}|{{ $x${this.#pick(['', '.a', '.x'])} }}`;
  }

  #range(depth: number): string {
    const names = this.#pick(['', '$v := ', '$k, $v := ']);
    const shown = names === '' ? '{{ . }}' : '{{ $v }}';
    const jump = this.#pick(['', '', '{{ break }}', '{{ continue }}']);
    return `{{ range ${names}${this.#pipeline(1)} }}${shown};${jump}${this.#body(depth - 1)}{{ else }}none{{ end }}`;
  }

  #pipeline(depth: number): string {
    const stages = [this.#command(depth)];
    while (this.#random() < 0.3) stages.push(this.#call(depth - 1));
    return stages.join(' | ');
  }

  #command(depth: number): string {
    return depth > 0 && this.#random() < 0.7 ? this.#call(depth) : this.#operand(0);
  }

  #call(depth: number): string {
    const name = this.#random() < 0.6 ? this.#pick(BUILTINS) : this.#pick(LIBRARY);
    return [name, ...Array.from({ length: this.#count(3) }, () => this.#operand(depth))].join(' ');
  }

  #operand(depth: number): string {
    const kind = this.#random();
    if (kind < 0.4) return this.#pick(LITERALS);
    if (kind < 0.8 || depth <= 0) return this.#pick(FIELDS);
    return `(${this.#pipeline(depth - 1)})${this.#pick(['', '', '', '.x', '.a'])}`;
  }

  #printf(): string {
    const directives = Array.from({ length: 1 + this.#count(3) }, () => this.#directive());
    const args = Array.from({ length: this.#count(4) }, () =>
      this.#random() < 0.5 ? this.#pick(LITERALS) : this.#pick(FIELDS.slice(0, 20)),
    );
    return `printf "${directives.join(this.#pick(['|', ' ', '']))}" ${args.join(' ')}`;
  }

  #directive(): string {
    const flags = Array.from({ length: this.#count(2) }, () => this.#pick([...'+-# 0'])).join('');
    const index = this.#random() < 0.1 ? this.#pick(['[1]', '[2]', '[9]', '[x]', '[']) : '';
    const width = this.#pick(['', '', '5', '12', '*']);
    const precision = this.#pick(['', '', '', '.0', '.2', '.', '.*', '.12']);
    return `%${flags}${index}${width}${precision}${this.#pick([...'vvdsqxXtTfgeGEbcUoO%zF'])}`;
  }

  /** A token too many, too few or in a wrong place. */
  #spoiled(template: string): string {
    const tokens = template.split(/(\{\{-? ?|-?\}\}|[ |()])/).filter((token) => token !== '');
    const at = Math.floor(this.#random() * tokens.length);
    tokens.splice(at, this.#count(1), ...(this.#random() < 0.7 ? [this.#pick(NOISE)] : []));
    return tokens.join('');
  }
}

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
