/**
 * YAML tokens → values, as go-yaml v2 parses and decodes the first document of a text.
 *
 * go-yaml builds a tree first and decodes it then, so an error of the text anywhere wins over an error of decoding; here
 * values are made at once, and the first error of decoding waits until the document has ended.
 */
import { formatFloat } from '../template/float.ts';
import { quote } from '../template/quote.ts';
import { decodeUtf8, toValidText } from '../template/utf8.ts';
import { compareStrings, isMap, setKey, type Value, type ValueMap } from '../template/value.ts';
import { decodeBase64 } from './base64.ts';
import { isTimestamp, resolvePlain, type Scalar } from './yaml-resolve.ts';
import { MAX_DEPTH, type Token, type TokenType, YamlError, YamlScanner } from './yaml-scan.ts';

/** The first document of `text`, null where there is none. Integers are bigints; keys are strings. */
export function composeYaml(text: string): Value {
  return new Composer(new YamlScanner(text)).document();
}

type Kind = 'scalar' | 'map' | 'list';

interface Anchor {
  /** Undefined while its node is still being read. */
  value: Value;
  kind: Kind;
  /** How many nodes go-yaml decodes for it, those of its own aliases included. */
  nodes: number;
}

/** What stands before a node. An empty tag is none; `!` alone is a tag of its own. */
interface Properties {
  anchor: string | undefined;
  tag: string;
}

const MERGE = Symbol('<<');
type Key = Scalar | typeof MERGE;

const TAG_PREFIX = 'tag:yaml.org,2002:';
const NONE: Properties = { anchor: undefined, tag: '' };

class Composer {
  readonly #scanner: YamlScanner;
  readonly #handles = new Map<string, string>();
  readonly #anchors = new Map<string, Anchor>();
  #decodeError: Error | undefined;
  #keyError: Error | undefined;
  #errorBeforeMerge: Error | undefined;
  readonly #typedKeys = new TypedKeys();
  /** go-yaml's guard against documents that grow by aliases: all nodes decoded, and those by way of an alias. */
  #nodes = 1;
  #aliased = 0;
  #depth = 0;
  /** Of the node read last. */
  #kind: Kind = 'scalar';
  #isAlias = false;
  #isMergeKey = false;

  constructor(scanner: YamlScanner) {
    this.#scanner = scanner;
  }

  document(): Value {
    if (this.#peek() === 'stream-end') return null;
    const explicit = this.#directives();
    if (explicit) {
      if (this.#peek() !== 'document-start') throw this.#fail('did not find expected <document start>');
      this.#scanner.skip();
    }
    const empty = explicit && DOCUMENT_BOUNDS.has(this.#peek());
    const value = empty ? null : this.#node(true, false);
    this.#peek(); // what follows may be wrong, but only the next token is looked at
    const error = this.#decodeError ?? this.#keyError;
    if (error) throw error;
    return value;
  }

  /** Reads `%YAML` and `%TAG`; answers whether a `---` must follow. */
  #directives(): boolean {
    const explicit = DOCUMENT_BOUNDS.has(this.#peek()) && this.#peek() !== 'document-end';
    let version = false;
    for (;;) {
      const token = this.#scanner.peek();
      if (token.type === 'version') {
        if (version) throw this.#fail('found duplicate %YAML directive');
        if (token.text !== '1.1') throw this.#fail('found incompatible YAML document');
        version = true;
      } else if (token.type === 'tag-directive') {
        if (this.#handles.has(token.text)) throw this.#fail('found duplicate %TAG directive');
        this.#handles.set(token.text, token.suffix);
      } else break;
      this.#scanner.skip();
    }
    if (!this.#handles.has('!')) this.#handles.set('!', '!');
    if (!this.#handles.has('!!')) this.#handles.set('!!', TAG_PREFIX);
    return explicit;
  }

  #peek(): TokenType {
    return this.#scanner.peek().type;
  }

  /** go-yaml counts the lines of these errors from 0, and leaves the first one out. */
  #fail(problem: string): YamlError {
    return new YamlError(problem, this.#scanner.peek().line);
  }

  /** Errors of decoding: the first one is thrown at the document's end. */
  #failLater(message: string): null {
    this.#decodeError ??= new Error(message);
    return null;
  }

  // ── nodes ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #node(block: boolean, indentless: boolean): Value {
    this.#count(1, false);
    const type = this.#peek();
    if (type === 'alias') return this.#alias();
    if (type !== 'anchor' && type !== 'tag') return this.#content(block, indentless, NONE);
    const properties = this.#properties();
    if (properties.anchor === undefined) return this.#content(block, indentless, properties);
    const next = this.#peek();
    const kind = next.endsWith('mapping')
      ? 'map'
      : next.endsWith('sequence') || next === 'block-entry'
        ? 'list'
        : 'scalar';
    const anchor: Anchor = { value: undefined, kind, nodes: this.#nodes - 1 };
    this.#anchors.set(properties.anchor, anchor);
    anchor.value = this.#content(block, indentless, properties);
    anchor.kind = this.#kind;
    anchor.nodes = this.#nodes - anchor.nodes;
    return anchor.value;
  }

  #properties(): Properties {
    let anchor: string | undefined;
    let tag: Token | undefined;
    for (let i = 0; i < 2; i++) {
      const token = this.#scanner.peek();
      if (token.type === 'anchor' && anchor === undefined) anchor = token.text;
      else if (token.type === 'tag' && tag === undefined) tag = token;
      else break;
      this.#scanner.skip();
    }
    return { anchor, tag: tag === undefined ? '' : this.#tagOf(tag) };
  }

  #tagOf({ text: handle, suffix, line }: Token): string {
    if (handle === '') return suffix;
    const prefix = this.#handles.get(handle);
    if (prefix === undefined) throw new YamlError('found undefined tag handle', line);
    return prefix + suffix;
  }

  #content(block: boolean, indentless: boolean, { anchor, tag }: Properties): Value {
    const token = this.#scanner.peek();
    switch (token.type) {
      case 'scalar':
        this.#scanner.skip();
        return this.#scalar(token.text, tag, tag === '' ? token.plain : tag === '!');
      case 'flow-sequence':
        return this.#leave('list', this.#enter() && this.#flowSequence());
      case 'flow-mapping':
        return this.#leave('map', this.#enter() && this.#flowMapping());
      case 'block-entry':
        if (indentless) return this.#leave('list', this.#enter() && this.#indentlessSequence());
        break;
      case 'block-sequence':
        if (block) return this.#leave('list', this.#enter() && this.#blockSequence());
        break;
      case 'block-mapping':
        if (block) return this.#leave('map', this.#enter() && this.#blockMapping());
        break;
    }
    if (anchor === undefined && tag === '') throw this.#fail('did not find expected node content');
    return this.#scalar('', tag, tag === '');
  }

  #enter(): true {
    if (++this.#depth > MAX_DEPTH) throw this.#fail(`exceeded max depth of ${MAX_DEPTH}`);
    return true;
  }

  #leave(kind: Kind, value: Value): Value {
    this.#depth--;
    this.#kind = kind;
    this.#isAlias = this.#isMergeKey = false;
    return value;
  }

  /** A node that is left out: null. */
  #missing(): null {
    this.#count(1, false);
    this.#kind = 'scalar';
    this.#isAlias = this.#isMergeKey = false;
    return null;
  }

  // ── collections ─────────────────────────────────────────────────────────────────────────────────────────────────

  #blockSequence(): Value[] {
    this.#scanner.skip();
    const list: Value[] = [];
    while (this.#peek() === 'block-entry') {
      this.#scanner.skip();
      const next = this.#peek();
      list.push(next === 'block-entry' || next === 'block-end' ? this.#missing() : this.#node(true, false));
    }
    if (this.#peek() !== 'block-end') throw this.#fail("did not find expected '-' indicator");
    this.#scanner.skip();
    return list;
  }

  /** A sequence at the same column as the key that it belongs to. */
  #indentlessSequence(): Value[] {
    const list: Value[] = [];
    while (this.#peek() === 'block-entry') {
      this.#scanner.skip();
      const next = this.#peek();
      const empty = next === 'block-entry' || next === 'key' || next === 'value' || next === 'block-end';
      list.push(empty ? this.#missing() : this.#node(true, false));
    }
    return list;
  }

  #blockMapping(): ValueMap {
    this.#scanner.skip();
    const map: ValueMap = {};
    while (this.#peek() === 'key') {
      this.#scanner.skip();
      const key = this.#keyOf(this.#blockPart());
      if (this.#peek() !== 'value') this.#put(map, key, this.#missing());
      else {
        this.#scanner.skip();
        this.#put(map, key, this.#blockPart());
      }
    }
    if (this.#peek() !== 'block-end') throw this.#fail('did not find expected key');
    this.#scanner.skip();
    return map;
  }

  /** A key or a value, which may be left out. */
  #blockPart(): Value {
    const next = this.#peek();
    return next === 'key' || next === 'value' || next === 'block-end' ? this.#missing() : this.#node(true, true);
  }

  #flowSequence(): Value[] {
    this.#scanner.skip();
    const list: Value[] = [];
    for (let first = true; this.#peek() !== 'flow-sequence-end'; first = false) {
      if (!first) {
        if (this.#peek() !== 'flow-entry') throw this.#fail("did not find expected ',' or ']'");
        this.#scanner.skip();
      }
      if (this.#peek() === 'flow-sequence-end') break;
      list.push(this.#peek() === 'key' ? this.#singlePair() : this.#node(false, false));
    }
    this.#scanner.skip();
    return list;
  }

  /** `[a: b]` is a list of one map. */
  #singlePair(): Value {
    this.#count(1, false);
    this.#enter();
    this.#scanner.skip();
    const next = this.#peek();
    const empty = next === 'value' || next === 'flow-entry' || next === 'flow-sequence-end';
    const key = this.#keyOf(empty ? this.#missing() : this.#node(false, false));
    // As go-yaml: what ends an empty key is lost.
    if (empty) this.#scanner.skip();
    const map: ValueMap = {};
    this.#put(map, key, this.#flowValue('flow-sequence-end'));
    return this.#leave('map', map);
  }

  #flowMapping(): ValueMap {
    this.#scanner.skip();
    const map: ValueMap = {};
    for (let first = true; this.#peek() !== 'flow-mapping-end'; first = false) {
      if (!first) {
        if (this.#peek() !== 'flow-entry') throw this.#fail("did not find expected ',' or '}'");
        this.#scanner.skip();
      }
      if (this.#peek() === 'flow-mapping-end') break;
      if (this.#peek() === 'key') {
        this.#scanner.skip();
        const key = this.#keyOf(this.#peek() === 'value' ? this.#missing() : this.#flowPart('flow-mapping-end'));
        this.#put(map, key, this.#flowValue('flow-mapping-end'));
      } else this.#put(map, this.#keyOf(this.#node(false, false)), this.#missing());
    }
    this.#scanner.skip();
    return map;
  }

  #flowValue(end: TokenType): Value {
    if (this.#peek() !== 'value') return this.#missing();
    this.#scanner.skip();
    return this.#flowPart(end);
  }

  #flowPart(end: TokenType): Value {
    const next = this.#peek();
    return next === 'flow-entry' || next === end ? this.#missing() : this.#node(false, false);
  }

  // ── entries ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The node read last, as a key; `MERGE` for a plain `<<`. */
  #keyOf(key: Value): Key {
    if (this.#isMergeKey) {
      this.#nodes--; // go-yaml does not decode it
      this.#errorBeforeMerge = this.#decodeError;
      return MERGE;
    }
    if (key !== null && typeof key === 'object')
      this.#failLater(`yaml: invalid map key: ${goSyntax(key, this.#typedKeys)}`);
    return key as Scalar;
  }

  #put(map: ValueMap, key: Key, value: Value): void {
    if (key === MERGE) this.#merge(map, value);
    else if (key === null || (typeof key === 'bigint' && key >= 2n ** 63n)) this.#refuseKey(map, key, value);
    else {
      if (typeof key !== 'string') this.#typedKeys.add(map, key);
      setKey(map, keyText(key), value);
    }
  }

  /** JSON has no such keys; go-yaml has, so this is found only after all that go-yaml finds. */
  #refuseKey(map: ValueMap, key: null | bigint, value: Value): void {
    const type = key === null ? '%!s(<nil>)' : 'uint64';
    const shown = value === null ? '<nil>' : goSyntax(value, this.#typedKeys);
    this.#typedKeys.add(map, key);
    setKey(map, keyText(key), value);
    this.#keyError ??= new Error(
      `unsupported map key of type: ${type}, key: ${key === null ? '<nil>' : goSyntax(key, this.#typedKeys)}, value: ${shown}`,
    );
  }

  /** Merged keys overwrite those before them. Of a list of maps, the earlier ones win. */
  #merge(map: ValueMap, value: Value): void {
    if (this.#kind === 'map' && !isMap(value)) return; // an alias whose error is known
    const sources = this.#kind === 'list' && !this.#isAlias ? (value as Value[]).toReversed() : [value];
    if (!sources.every(isMap)) {
      // go-yaml looks at the kinds before it decodes.
      this.#decodeError = this.#errorBeforeMerge;
      this.#failLater('yaml: map merge requires map or sequence of maps as the value');
      return;
    }
    for (const source of sources) for (const key of Object.keys(source)) setKey(map, key, source[key]);
  }

  // ── scalars and aliases ─────────────────────────────────────────────────────────────────────────────────────────

  #scalar(text: string, tag: string, implicit: boolean): Value {
    this.#kind = 'scalar';
    this.#isAlias = false;
    this.#isMergeKey = text === '<<' && (implicit || tag === `${TAG_PREFIX}merge`);
    if (tag === '') return implicit ? resolvePlain(text) : text;
    return this.#tagged(text, tag);
  }

  #tagged(text: string, tag: string): Value {
    const type = tag.startsWith(TAG_PREFIX) ? tag.slice(TAG_PREFIX.length) : '';
    if (type === 'binary') return this.#binary(text);
    if (!TYPES.has(type)) return text;
    if (type === 'str') return text;
    const isTime = type === 'timestamp' && isTimestamp(text);
    const value = isTime ? text : resolvePlain(text);
    const found = isTime ? 'timestamp' : typeOf(value);
    if (found === type) return value;
    if (type === 'float' && typeof value === 'bigint' && value < 2n ** 63n) return Number(value);
    return this.#failLater(`yaml: cannot decode !!${found} \`${text}\` as a !!${type}`);
  }

  #binary(text: string): Value {
    try {
      return toValidText(decodeUtf8(decodeBase64(text)));
    } catch {
      return this.#failLater('yaml: !!binary value contains invalid base64 data');
    }
  }

  #alias(): Value {
    const { text: name } = this.#scanner.peek();
    const anchor = this.#anchors.get(name);
    if (anchor === undefined) throw new YamlError(`unknown anchor '${name}' referenced`);
    this.#scanner.skip();
    this.#isAlias = true;
    this.#isMergeKey = false;
    this.#kind = anchor.kind;
    if (anchor.value === undefined) return this.#failLater(`yaml: anchor '${name}' value contains itself`);
    this.#count(anchor.nodes, true);
    return this.#decodeError ? null : copyOf(anchor.value);
  }

  #count(nodes: number, aliased: boolean): void {
    this.#nodes += nodes;
    if (aliased) this.#aliased += nodes;
    if (this.#aliased <= 100 || this.#nodes <= 1000) return;
    if (this.#aliased / this.#nodes > allowedAliasRatio(this.#nodes))
      this.#failLater('yaml: document contains excessive aliasing');
  }
}

const DOCUMENT_BOUNDS = new Set<TokenType>([
  'version',
  'tag-directive',
  'document-start',
  'document-end',
  'stream-end',
]);

/** As go-yaml: nearly all of a small document may come by way of aliases, a tenth of a large one. */
function allowedAliasRatio(nodes: number): number {
  const [low, high] = [400_000, 4_000_000];
  if (nodes <= low) return 0.99;
  if (nodes >= high) return 0.1;
  return 0.99 - (0.89 * (nodes - low)) / (high - low);
}

const TYPES = new Set(['str', 'bool', 'int', 'float', 'null', 'timestamp']);

function typeOf(value: Scalar): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  return typeof value === 'number' ? 'float' : 'str';
}

/** As sigs.k8s.io/yaml writes keys that are no strings; a float has the digits of a float32. */
function keyText(key: Scalar): string {
  if (typeof key !== 'number') return String(key);
  if (Number.isNaN(key)) return '.nan';
  if (!Number.isFinite(key)) return key > 0 ? '.inf' : '-.inf';
  return formatFloat(key, 'g', -1, 32);
}

/** Keys that were no strings, for error texts that show them so. */
class TypedKeys {
  readonly #keys = new WeakMap<ValueMap, Map<string, Scalar>>();

  add(map: ValueMap, key: Scalar): void {
    const keys = this.#keys.get(map) ?? new Map();
    this.#keys.set(map, keys.set(keyText(key), key));
  }

  get(map: ValueMap, key: string): Scalar {
    const typed = this.#keys.get(map)?.get(key);
    return typed === undefined ? key : typed;
  }
}

/** As Go's %#v. */
function goSyntax(value: Value, keys: TypedKeys): string {
  if (value === null) return 'interface {}(nil)';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return formatFloat(value, 'g');
  if (typeof value === 'bigint') return value < 2n ** 63n ? String(value) : `0x${value.toString(16)}`;
  if (Array.isArray(value)) return `[]interface {}{${value.map((item) => goSyntax(item, keys)).join(', ')}}`;
  if (!isMap(value)) return String(value);
  const entries = Object.keys(value)
    .map((key) => [keys.get(value, key), value[key]] as const)
    .sort(([a], [b]) => compareKeys(a, b))
    .map(([key, item]) => `${goSyntax(key, keys)}:${goSyntax(item, keys)}`);
  return `map[interface {}]interface {}{${entries.join(', ')}}`;
}

/** As Go's package fmt: types in the order in which Helm's binary happens to hold them, then values. */
const KEY_ORDER = ['null', 'str', 'uint', 'int', 'float', 'bool'];
const rankOf = (key: Scalar): number =>
  KEY_ORDER.indexOf(typeof key === 'bigint' && key >= 2n ** 63n ? 'uint' : typeOf(key));

function compareKeys(a: Scalar, b: Scalar): number {
  const order = rankOf(a) - rankOf(b);
  if (order !== 0) return order;
  if (typeof a === 'string') return compareStrings(a, b as string);
  return Number.isNaN(a) || a! < b! ? -1 : 1;
}

/** An alias is a node of its own: what is later done to one must not show in the other. */
function copyOf(value: Value): Value {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isMap(value)) return value;
  const copy: ValueMap = {};
  for (const key of Object.keys(value)) setKey(copy, key, copyOf(value[key]));
  return copy;
}
