/**
 * Checks a value against a JSON schema of drafts 4, 6, 7, 2019-09 and 2020-12, with the error texts of
 * santhosh-tekuri/jsonschema, which Helm prints. Every keyword is told on its own, in a fixed order; only a wrong type,
 * const, enum or format ends the check of a value at once.
 */
import { compileRegexp } from '../regexp/regexp.ts';
import { compareStrings, GoInt, getKey, isMap, sortedKeys, type Value, type ValueMap } from '../template/value.ts';
import { type Draft, escapeToken, isSchema, type Schema, type SchemaDocument } from './schema-document.ts';
import { count, display, type Failure, numberText, quoteAll, quoteSingle } from './schema-error.ts';
import { FORMATS } from './schema-formats.ts';

export interface CheckOptions {
  /** Formats count since 2019 too; so it is for schemas themselves. */
  formats?: boolean;
}

/** What is wrong with `value`; empty where all is well. Throws where a reference points nowhere. */
export function checkSchema(document: SchemaDocument, value: Value, options: CheckOptions = {}): Failure[] {
  const context = {
    document,
    formats: options.formats === true,
    tracks: document.usesUnevaluated && options.formats !== true,
    checks: 0,
  };
  const failure = new Check(context, document.root, value, '').run();
  if (failure === undefined) return [];
  return failure.kind === 'group' ? failure.causes : [failure];
}

/** The schemas on the way to this one, for the same value: meeting one again is a cycle. */
interface Scope {
  schema: Schema;
  keyword: string;
  value: Value;
  parent: Scope | undefined;
}

interface Context {
  document: SchemaDocument;
  formats: boolean;
  /** Whether it matters what no keyword has looked at. */
  tracks: boolean;
  /** How many parts of the value were held against parts of the schema. */
  checks: number;
}

const MAX_DEPTH = 500;
/** Only alternatives of alternatives take more. */
const MAX_CHECKS = 1_000_000;

class Check {
  readonly #context: Context;
  readonly #document: SchemaDocument;
  readonly #schema: Schema;
  readonly #value: Value;
  readonly #at: string;
  readonly #scope: Scope;
  readonly #draft: Draft;
  readonly #depth: number;
  readonly #failures: Failure[] = [];
  /** The check that led to this one. */
  readonly #caller: Check | undefined;
  /** Keys and items that no keyword has looked at yet. */
  readonly #unseen = new Set<string | number>();

  constructor(context: Context, schema: Schema, value: Value, at: string, parent?: Check, keyword = '') {
    this.#context = context;
    this.#document = context.document;
    this.#schema = schema;
    this.#value = value;
    this.#at = at;
    this.#draft = context.document.resourceOf(schema).draft;
    this.#depth = parent ? parent.#depth + 1 : 1;
    const same = parent !== undefined && parent.#at === at;
    this.#scope = { schema, keyword, value, parent: same ? parent.#scope : undefined };
    this.#caller = parent;
    if (!context.tracks) return;
    if (isMap(value)) for (const key of Object.keys(value)) this.#unseen.add(key);
    else if (Array.isArray(value)) for (let i = 0; i < value.length; i++) this.#unseen.add(i);
  }

  run(): Failure | undefined {
    const schema = this.#schema;
    if (typeof schema === 'boolean') return schema ? undefined : this.#failure('false schema');
    if (this.#depth > MAX_DEPTH) throw new Error('the schema is nested too deep');
    if (++this.#context.checks > MAX_CHECKS) throw new Error(`the schema takes more than ${MAX_CHECKS} checks`);
    const final = this.#cycle() ?? this.#final(schema);
    if (final) return final;
    if (typeof schema.$ref === 'string') {
      const failure = this.#reference('$ref', this.#resolve(schema.$ref));
      if (this.#draft < 2019) return failure;
      this.#add(failure);
    }
    const value = this.#value;
    if (isMap(value)) this.#object(schema, value);
    else if (Array.isArray(value)) this.#array(schema, value);
    else if (typeof value === 'string') this.#string(schema, value);
    else if (isNumber(value)) this.#number(schema, numberOf(value));
    if (this.#draft >= 2019) this.#dynamicReferences(schema);
    this.#combinations(schema);
    if (this.#draft >= 2019) this.#unevaluated(schema);
    return this.#result();
  }

  #result(): Failure | undefined {
    if (this.#failures.length < 2) return this.#failures[0];
    return { at: this.#at, message: 'validation failed', causes: this.#failures, kind: 'group' };
  }

  // ── what ends the check ─────────────────────────────────────────────────────────────────────────────────────────

  #cycle(): Failure | undefined {
    for (let scope = this.#scope.parent; scope; scope = scope.parent) {
      if (scope.schema !== this.#schema) continue;
      const [here, there] = [pathOf(this.#scope), pathOf(scope)];
      const url = JSON.stringify(this.#document.locationOf(this.#schema));
      return this.#failure(`both ${here} and ${there} resolve to ${url} causing reference cycle`);
    }
    return undefined;
  }

  #final(schema: ValueMap): Failure | undefined {
    const value = this.#value;
    // Before 2019, what stands beside a $ref is ignored.
    if (this.#draft < 2019 && typeof schema.$ref === 'string') return undefined;
    if (schema.type !== undefined && !isOfType(value, schema.type)) {
      const types = typesOf(schema.type);
      if (types.length > 0) return this.#failure(`got ${typeOf(value)}, want ${types.join(' or ')}`);
    }
    const wanted = getKey(schema, 'const');
    if (wanted !== undefined && this.#draft >= 6 && !equals(value, wanted))
      return this.#failure(isCollection(wanted) ? "'const' failed" : `value must be ${display(wanted)}`);
    const options = getKey(schema, 'enum');
    if (Array.isArray(options) && !options.some((option) => equals(value, option)))
      return this.#failure(enumMessage(options));
    return this.#format(schema, value);
  }

  /** Formats are only notes since 2019, but in schemas of schemas. */
  #format(schema: ValueMap, value: Value): Failure | undefined {
    if (
      (this.#draft >= 2019 && !this.#context.formats) ||
      typeof schema.format !== 'string' ||
      typeof value !== 'string'
    )
      return undefined;
    const problem = FORMATS.get(schema.format)?.(value);
    if (problem === undefined) return undefined;
    return this.#failure(`${quoteSingle(value)} is not valid ${schema.format}: ${problem}`);
  }

  // ── objects ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #object(schema: ValueMap, object: ValueMap): void {
    this.#size('minProperties', schema, Object.keys(object).length, (got, want) => got < want);
    this.#size('maxProperties', schema, Object.keys(object).length, (got, want) => got > want);
    this.#required(schema, object);
    this.#dependencies(schema, object);
    this.#properties(schema, object);
    if (this.#draft === 4) return;
    if (isSchema(schema.propertyNames)) this.#propertyNames(schema.propertyNames, object);
    if (this.#draft < 2019) return;
    for (const [, dependent] of present(schema.dependentSchemas, object))
      if (isSchema(dependent)) this.#add(this.#self(dependent));
    for (const [key, names] of present(schema.dependentRequired, object)) this.#dependentNames(key, names, object);
  }

  #required(schema: ValueMap, object: ValueMap): void {
    const missing = missingFrom(object, schema.required);
    if (missing.length === 1) this.#fail(`missing property ${quoteSingle(missing[0]!)}`);
    else if (missing.length > 1) this.#fail(`missing properties ${quoteAll(missing)}`);
  }

  #dependencies(schema: ValueMap, object: ValueMap): void {
    for (const [key, dependency] of present(schema.dependencies, object))
      if (Array.isArray(dependency)) this.#dependentNames(key, dependency, object);
      else if (isSchema(dependency)) this.#add(this.#self(dependency));
  }

  #dependentNames(key: string, names: Value, object: ValueMap): void {
    const missing = missingFrom(object, names);
    if (missing.length > 0) this.#fail(`properties ${quoteAll(missing)} required, if ${quoteSingle(key)} exists`);
  }

  #properties(schema: ValueMap, object: ValueMap): void {
    const properties = isMap(schema.properties) ? schema.properties : {};
    const patterns = isMap(schema.patternProperties) ? schema.patternProperties : {};
    const additional = schema.additionalProperties;
    const refused: string[] = [];
    for (const key of Object.keys(object)) {
      const schemas = [getKey(properties, key), ...matching(patterns, key)].filter(isSchema);
      for (const inner of schemas) this.#add(this.#child(inner, object[key], key));
      if (schemas.length === 0) {
        if (!isSchema(additional)) continue;
        if (additional === false) refused.push(key);
        else this.#add(this.#child(additional, object[key], key));
      }
      this.#unseen.delete(key);
    }
    if (refused.length > 0) this.#fail(`additional properties ${quoteAll(refused.sort(compareStrings))} not allowed`);
  }

  #propertyNames(schema: Schema, object: ValueMap): void {
    for (const key of sortedKeys(object)) {
      const failure = new Check(this.#context, schema, key, '').run();
      if (failure === undefined) continue;
      const causes = failure.kind === 'group' ? failure.causes : [failure];
      this.#failures.push({ at: '', message: `invalid propertyName ${quoteSingle(key)}`, causes, kind: 'plain' });
    }
  }

  // ── arrays ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #array(schema: ValueMap, list: Value[]): void {
    this.#size('minItems', schema, list.length, (got, want) => got < want);
    this.#size('maxItems', schema, list.length, (got, want) => got > want);
    if (schema.uniqueItems === true) {
      const [first, second] = duplicatesIn(list) ?? [];
      if (second !== undefined) this.#fail(`items at ${count(first!)} and ${count(second)} are equal`);
    }
    this.#items(schema, list);
    if (this.#draft >= 6 && isSchema(schema.contains)) this.#contains(schema, schema.contains, list);
  }

  /** First the items by place, then the rest; the keywords changed their names in 2020. */
  #items(schema: ValueMap, list: Value[]): void {
    const modern = this.#draft >= 2020;
    const byPlace = modern ? schema.prefixItems : schema.items;
    const places = Array.isArray(byPlace) ? byPlace.slice(0, list.length) : [];
    for (const [i, inner] of places.entries()) if (isSchema(inner)) this.#item(inner, list, i, i);
    const rest = modern || !Array.isArray(schema.items) ? schema.items : schema.additionalItems;
    if (!isSchema(rest)) return;
    if (rest === false && !modern && Array.isArray(schema.items)) {
      if (list.length > places.length)
        this.#fail(`last ${count(list.length - places.length)} additionalItem(s) not allowed`);
      for (let i = places.length; i < list.length; i++) this.#unseen.delete(i);
    } else {
      // As the library: it counts these from 0 again.
      for (let i = places.length; i < list.length; i++) this.#item(rest, list, i, i - places.length);
    }
  }

  #item(schema: Schema, list: Value[], index: number, told: number): void {
    this.#add(this.#child(schema, list[index], String(told)));
    this.#unseen.delete(index);
  }

  #contains(schema: ValueMap, contains: Schema, list: Value[]): void {
    const failures: Failure[] = [];
    const matched: number[] = [];
    for (const [i, item] of list.entries()) {
      const failure = this.#child(contains, item, String(i));
      if (failure) failures.push(failure);
      else matched.push(i);
    }
    if (this.#draft >= 2020) for (const i of matched) this.#unseen.delete(i);
    const [least, most] = this.#draft >= 2019 ? [integerOf(schema.minContains), integerOf(schema.maxContains)] : [];
    const found = `matched ${count(matched.length)} items at ${matched.join(' ')}`;
    if (least === undefined) {
      if (matched.length === 0) this.#fail('no items match contains schema', failures);
    } else if (matched.length < least) {
      const but = matched.length === 0 ? 'none matched' : found;
      this.#fail(`min ${count(least)} items required to match contains schema, but ${but}`, failures);
    }
    if (most !== undefined && matched.length > most)
      this.#fail(`max ${count(most)} items required to match contains schema, but ${found}`);
  }

  // ── strings and numbers ─────────────────────────────────────────────────────────────────────────────────────────

  #string(schema: ValueMap, text: string): void {
    const length = Array.from(text).length;
    this.#size('minLength', schema, length, (got, want) => got < want);
    this.#size('maxLength', schema, length, (got, want) => got > want);
    if (typeof schema.pattern === 'string' && !compileRegexp(schema.pattern).find(text, 0))
      this.#fail(`${quoteSingle(text)} does not match pattern ${quoteSingle(schema.pattern)}`);
  }

  #number(schema: ValueMap, got: number): void {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = limitsOf(schema);
    const told = (name: string, want: number) =>
      this.#fail(`${name}: got ${numberText(got)}, want ${numberText(want)}`);
    if (minimum !== undefined && got < minimum) told('minimum', minimum);
    if (maximum !== undefined && got > maximum) told('maximum', maximum);
    if (exclusiveMinimum !== undefined && got <= exclusiveMinimum) told('exclusiveMinimum', exclusiveMinimum);
    if (exclusiveMaximum !== undefined && got >= exclusiveMaximum) told('exclusiveMaximum', exclusiveMaximum);
    const step = isNumber(schema.multipleOf) ? numberOf(schema.multipleOf) : undefined;
    if (step !== undefined && !isMultiple(got, step)) told('multipleOf', step);
  }

  #size(keyword: string, schema: ValueMap, got: number, wrong: (got: number, want: number) => boolean): void {
    const want = integerOf(getKey(schema, keyword));
    if (want !== undefined && wrong(got, want)) this.#fail(`${keyword}: got ${count(got)}, want ${count(want)}`);
  }

  // ── schemas of schemas ──────────────────────────────────────────────────────────────────────────────────────────

  #combinations(schema: ValueMap): void {
    if (isSchema(schema.not) && !this.#self(schema.not)) this.#fail("'not' failed");
    const all = schemasIn(schema.allOf).flatMap((inner) => this.#self(inner) ?? []);
    if (all.length > 0) this.#fail("'allOf' failed", all);
    this.#anyOf(schemasIn(schema.anyOf));
    this.#oneOf(schemasIn(schema.oneOf));
    if (this.#draft < 7 || !isSchema(schema.if)) return;
    const branch = this.#self(schema.if) ? schema.else : schema.then;
    if (isSchema(branch)) this.#add(this.#self(branch));
  }

  #anyOf(schemas: Schema[]): void {
    const failures = schemas.flatMap((inner) => this.#self(inner) ?? []);
    if (schemas.length > 0 && failures.length === schemas.length) this.#fail("'anyOf' failed", failures);
  }

  #oneOf(schemas: Schema[]): void {
    const failures: Failure[] = [];
    let matched = -1;
    for (const [i, inner] of schemas.entries()) {
      const failure = this.#self(inner);
      if (failure) failures.push(failure);
      else if (matched < 0) matched = i;
      else {
        this.#fail(`'oneOf' failed, subschemas ${count(matched)}, ${count(i)} matched`);
        return;
      }
    }
    if (schemas.length > 0 && matched < 0) this.#fail("'oneOf' failed, none matched", failures);
  }

  #dynamicReferences(schema: ValueMap): void {
    if (this.#draft === 2019 && typeof schema.$recursiveRef === 'string')
      this.#add(this.#reference('$recursiveRef', this.#recursive(this.#resolve(schema.$recursiveRef))));
    if (this.#draft >= 2020 && typeof schema.$dynamicRef === 'string') {
      const target = this.#resolve(schema.$dynamicRef);
      const anchor = schema.$dynamicRef.split('#')[1];
      const named = isMap(target) && anchor !== undefined && target.$dynamicAnchor === anchor;
      this.#add(this.#reference('$dynamicRef', named ? this.#outermost(anchor, target) : target));
    }
  }

  #recursive(target: Schema): Schema {
    if (!isMap(target) || target.$recursiveAnchor !== true) return target;
    const outer = this.#callers().map((schema) => this.#document.resourceOf(schema).schema);
    return outer.find((schema) => isMap(schema) && schema.$recursiveAnchor === true) ?? target;
  }

  #outermost(anchor: string, target: Schema): Schema {
    for (const schema of this.#callers()) {
      const found = this.#document.resourceOf(schema).dynamicAnchors.get(anchor);
      if (found !== undefined) return found;
    }
    return target;
  }

  /** The schemas entered so far, outermost first: where dynamic references look. */
  #callers(): Schema[] {
    const schemas: Schema[] = [];
    for (let check: Check | undefined = this; check; check = check.#caller) schemas.push(check.#schema);
    return schemas.reverse();
  }

  #unevaluated(schema: ValueMap): void {
    const { unevaluatedProperties: properties, unevaluatedItems: items } = schema;
    const value = this.#value;
    if (isMap(value) && isSchema(properties))
      for (const key of [...(this.#unseen as Set<string>)].sort(compareStrings)) {
        this.#add(this.#child(properties, value[key], key));
        this.#unseen.delete(key);
      }
    if (Array.isArray(value) && isSchema(items))
      for (const index of [...(this.#unseen as Set<number>)]) this.#item(items, value, index, index);
  }

  #resolve(reference: string): Schema {
    return this.#document.resolve(reference, this.#document.resourceOf(this.#schema));
  }

  /** The same value against another schema; what that one looked at counts here too if it is satisfied. */
  #self(schema: Schema, keyword = ''): Failure | undefined {
    const check = new Check(this.#context, schema, this.#value, this.#at, this, keyword);
    const failure = check.run();
    if (failure === undefined && isMap(schema))
      for (const key of this.#unseen) if (!check.#unseen.has(key)) this.#unseen.delete(key);
    return failure;
  }

  #child(schema: Schema, value: Value, token: string): Failure | undefined {
    return new Check(this.#context, schema, value, `${this.#at}/${escapeToken(token)}`, this).run();
  }

  #reference(keyword: string, target: Schema): Failure | undefined {
    const failure = this.#self(target, keyword);
    if (failure === undefined) return undefined;
    const causes = failure.kind === 'group' ? failure.causes : [failure];
    return { at: this.#at, message: 'validation failed', causes, kind: 'reference' };
  }

  #failure(message: string, causes: Failure[] = []): Failure {
    return { at: this.#at, message, causes, kind: 'plain' };
  }

  #fail(message: string, causes?: Failure[]): void {
    this.#failures.push(this.#failure(message, causes));
  }

  #add(failure: Failure | undefined): void {
    if (failure) this.#failures.push(failure);
  }
}

/** The keywords that led to a scope from its outermost one. */
function pathOf(scope: Scope): string {
  const outer = scope.parent ? pathOf(scope.parent) : '';
  return scope.keyword === '' ? outer : `${outer}/${scope.keyword}`;
}

const TYPES = ['null', 'boolean', 'number', 'integer', 'string', 'array', 'object'];

/** In the library's order, whatever theirs. */
function typesOf(type: Value): string[] {
  const named = Array.isArray(type) ? type : [type];
  return TYPES.filter((name) => named.includes(name));
}

function isOfType(value: Value, type: Value): boolean {
  if (Array.isArray(type)) return type.some((one) => isOfType(value, one));
  const found = typeOf(value);
  return found === type || (type === 'integer' && found === 'number' && isInteger(value));
}

function typeOf(value: Value): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean' || typeof value === 'string') return typeof value;
  if (isNumber(value)) return 'number';
  return Array.isArray(value) ? 'array' : 'object';
}

const schemasIn = (value: Value): Schema[] => (Array.isArray(value) ? value.filter(isSchema) : []);
const isCollection = (value: Value): boolean => Array.isArray(value) || isMap(value);
const isNumber = (value: Value): value is number | bigint | GoInt =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof GoInt;
const numberOf = (value: number | bigint | GoInt): number => Number(value instanceof GoInt ? value.value : value);
const isInteger = (value: Value): boolean => isNumber(value) && Number.isInteger(numberOf(value));
const integerOf = (value: Value): number | undefined =>
  isNumber(value) && isInteger(value) ? numberOf(value) : undefined;

/** In draft 4, exclusiveMinimum is a boolean that sharpens minimum. */
function limitsOf(schema: ValueMap) {
  const limit = (key: string) => {
    const value = getKey(schema, key);
    return isNumber(value) ? numberOf(value) : undefined;
  };
  const [low, high] = [schema.exclusiveMinimum === true, schema.exclusiveMaximum === true];
  return {
    minimum: low ? undefined : limit('minimum'),
    maximum: high ? undefined : limit('maximum'),
    exclusiveMinimum: low ? limit('minimum') : limit('exclusiveMinimum'),
    exclusiveMaximum: high ? limit('maximum') : limit('exclusiveMaximum'),
  };
}

/** Exactly, by the decimal digits: 0.3 is a multiple of 0.1. */
function isMultiple(value: number, step: number): boolean {
  if (step === 0) return false;
  const places = (text: string) => {
    const [mantissa, exponent = '0'] = text.toLowerCase().split('e');
    return Math.max((mantissa!.split('.')[1] ?? '').length - Number(exponent), 0);
  };
  const scale = Math.max(places(String(value)), places(String(step)));
  return scaled(value, scale) % scaled(step, scale) === 0n;
}

function scaled(value: number, scale: number): bigint {
  const [mantissa, exponent = '0'] = String(value).toLowerCase().split('e');
  const [whole, fraction = ''] = mantissa!.split('.');
  return BigInt(`${whole}${fraction}`) * 10n ** BigInt(scale + Number(exponent) - fraction.length);
}

function enumMessage(options: Value[]): string {
  if (options.some(isCollection)) return "'enum' failed";
  if (options.length === 1) return `value must be ${display(options[0])}`;
  return `value must be one of ${options.map(display).join(', ')}`;
}

function missingFrom(object: ValueMap, names: Value): string[] {
  if (!Array.isArray(names)) return [];
  return names.filter((name): name is string => typeof name === 'string' && !Object.hasOwn(object, name));
}

/** The entries of a keyword whose key the object has. */
function present(keyword: Value, object: ValueMap): [string, Value][] {
  if (!isMap(keyword)) return [];
  return sortedKeys(keyword).flatMap((key) => (Object.hasOwn(object, key) ? [[key, keyword[key]]] : []));
}

const matching = (patterns: ValueMap, key: string): Value[] =>
  sortedKeys(patterns).flatMap((pattern) => (compileRegexp(pattern).find(key, 0) ? [patterns[pattern]] : []));

/** The first item that equals an earlier one, found by way of a text of it. */
function duplicatesIn(list: Value[]): [number, number] | undefined {
  const seen = new Map<string, number>();
  for (const [i, item] of list.entries()) {
    const text = canonical(item);
    const first = seen.get(text);
    if (first !== undefined) return [first, i];
    seen.set(text, i);
  }
  return undefined;
}

const equals = (a: Value, b: Value): boolean => canonical(a) === canonical(b);

function canonical(value: Value): string {
  if (isNumber(value)) return String(numberOf(value) + 0);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isMap(value)) return JSON.stringify(value ?? null);
  return `{${sortedKeys(value).map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)}}`;
}
