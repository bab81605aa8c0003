/** Validation of custom objects by their schema, with the texts of Kubernetes. */
import { Findings } from '../../api/field-error.ts';
import { canonicalJson, isObject, type JsonObject } from '../../api/json.ts';
import { compileRegexp } from '../../regexp/regexp.ts';
import { checkFormat } from './formats.ts';
import { additionalOf, isEmbedded, isIntOrString, type Schema } from './schema.ts';

const MAX_FINDINGS = 100;

/** Gathers in `at` what is wrong with `value`. Patterns run in linear time, so no stranger's can hang the server. */
export function validateValue(value: unknown, schema: Schema, at: Findings, isRoot = true): void {
  if (at.list.length >= MAX_FINDINGS) return;
  if (!checkType(value, schema, at)) return;
  if (value === null) return;
  if (schema.enum && !schema.enum.some((each) => canonicalJson(each) === canonicalJson(value)))
    at.notSupported(
      value,
      schema.enum.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))),
    );
  if (typeof value === 'string') checkString(value, schema, at);
  else if (typeof value === 'number') checkNumber(value, schema, at);
  else if (Array.isArray(value)) checkList(value, schema, at);
  else if (isObject(value)) checkObject(value, schema, at, isRoot);
  checkCombinations(value, schema, at, isRoot);
}

const inBody = (at: Findings): string => `${at.path === '' ? '' : `${at.path} `}in body`;

function checkType(value: unknown, schema: Schema, at: Findings): boolean {
  const actual = typeName(value);
  if (value === null && (schema.nullable === true || schema.type === undefined)) return true;
  if (isIntOrString(schema)) {
    if (actual === 'integer' || actual === 'string') return true;
    at.typeInvalid(actual, `${inBody(at)} must be of type integer,string: "${actual}"`);
    return false;
  }
  const { type } = schema;
  if (type === undefined || type === actual || (type === 'number' && actual === 'integer')) return true;
  at.typeInvalid(actual, `${inBody(at)} must be of type ${type}: "${actual}"`);
  return false;
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function checkString(value: string, schema: Schema, at: Findings): void {
  const length = [...value].length;
  if (schema.maxLength !== undefined && length > schema.maxLength) at.tooLong(schema.maxLength);
  if (schema.minLength !== undefined && length < schema.minLength)
    at.invalid(value, `${inBody(at)} should be at least ${schema.minLength} chars long`);
  if (schema.pattern !== undefined && compileRegexp(schema.pattern).find(value, 0) === undefined)
    at.invalid(value, `${inBody(at)} should match '${schema.pattern}'`);
  if (schema.format !== undefined && !checkFormat(schema.format, value))
    at.invalid(value, `${inBody(at)} must be of type ${schema.format}: ${JSON.stringify(value)}`);
}

function checkNumber(value: number, schema: Schema, at: Findings): void {
  const { minimum, maximum, multipleOf } = schema;
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum))
    at.invalid(value, `${inBody(at)} should be less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum))
    at.invalid(
      value,
      `${inBody(at)} should be greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${minimum}`,
    );
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf))
    at.invalid(value, `${inBody(at)} should be a multiple of ${multipleOf}`);
  if (schema.format === 'int32' && value !== (value | 0))
    at.invalid(value, `${inBody(at)} must be of type int32: ${value}`);
}

function checkList(value: unknown[], schema: Schema, at: Findings): void {
  const { minItems, maxItems, items } = schema;
  if (minItems !== undefined && value.length < minItems)
    at.invalid(value.length, `${inBody(at)} should have at least ${minItems} items`);
  if (maxItems !== undefined && value.length > maxItems) at.tooMany(value.length, maxItems);
  if (items) at.items(value, (item, own) => validateValue(item, items, own, isEmbedded(items)));
  const type = schema['x-kubernetes-list-type'];
  if (type === 'set' || schema.uniqueItems === true) findDuplicates(value, (item) => item, at);
  else if (type === 'map') findDuplicates(value, (item) => keysOf(item, schema), at);
}

function keysOf(item: unknown, schema: Schema): JsonObject {
  const keys: JsonObject = {};
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const value = isObject(item) ? (item[key] ?? schema.items?.properties?.[key]?.default) : undefined;
    if (value !== undefined) keys[key] = value;
  }
  return keys;
}

function findDuplicates(list: unknown[], idOf: (item: unknown) => unknown, at: Findings): void {
  const seen = new Set<string>();
  at.items(list, (item, own) => {
    const id = idOf(item);
    const text = canonicalJson(id);
    if (seen.has(text)) own.duplicate(id);
    seen.add(text);
  });
}

function checkObject(value: JsonObject, schema: Schema, at: Findings, isResource: boolean): void {
  const count = Object.keys(value).length;
  const { minProperties, maxProperties, required = [], properties = {} } = schema;
  for (const name of required) if (!Object.hasOwn(value, name)) at.at(name).required();
  if (minProperties !== undefined && count < minProperties)
    at.invalid(count, `${inBody(at)} should have at least ${minProperties} properties`);
  if (maxProperties !== undefined && count > maxProperties) at.tooMany(count, maxProperties);
  if (isEmbedded(schema)) checkEmbedded(value, at);
  const additional = additionalOf(schema);
  for (const key of Object.keys(value)) {
    if (isResource && key === 'metadata' && at.path === '') continue;
    const inner = Object.hasOwn(properties, key) ? properties[key] : additional;
    if (inner) validateValue(value[key], inner, at.at(key), isEmbedded(inner));
  }
}

function checkEmbedded(value: JsonObject, at: Findings): void {
  for (const field of ['apiVersion', 'kind']) if (!value[field]) at.at(field).required('must not be empty');
}

function checkCombinations(value: unknown, schema: Schema, at: Findings, isRoot: boolean): void {
  const isGood = (each: Schema): boolean => {
    const inner = new Findings(at.path);
    validateValue(value, each, inner, isRoot);
    return inner.list.length === 0;
  };
  for (const each of schema.allOf ?? []) validateValue(value, each, at, isRoot);
  const nowhere = new Findings('', at.list);
  const name = JSON.stringify(at.path);
  if (schema.anyOf && !isIntOrString(schema) && !schema.anyOf.some(isGood))
    nowhere.invalid('', `${name} must validate at least one schema (anyOf)`);
  if (schema.oneOf) {
    const good = schema.oneOf.filter(isGood).length;
    const found = good === 0 ? 'Found none valid' : `Found ${good} valid alternatives`;
    if (good !== 1) nowhere.invalid('', `${name} must validate one and only one schema (oneOf). ${found}`);
  }
  if (schema.not && isGood(schema.not)) nowhere.invalid('', `${name} must not validate the schema (not)`);
}
