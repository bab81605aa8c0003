/** Validation of CustomResourceDefinitions themselves: names, versions, and that their schemas are structural. */
import { type FieldError, Findings } from '../../api/field-error.ts';
import { cloneJson } from '../../api/json.ts';
import { compileJsonPath } from '../../api/jsonpath.ts';
import { isDns1035Label, isDns1123Subdomain } from '../../api/names.ts';
import { compileRegexp } from '../../regexp/regexp.ts';
import { loadedCel } from '../cel/language.ts';
import { estimateCost } from './estimate-cost.ts';
import { prune } from './prune.ts';
import { type RuleCost, RuleCosts } from './rule-costs.ts';
import { multiplied, sizedOf, timesIn, timesInside } from './rule-sizes.ts';
import { createRuleTypes, type RuleTypes } from './rule-types.ts';
import {
  additionalOf,
  type Conversion,
  type CrdVersion,
  type CustomResourceDefinition,
  isEmbedded,
  isIntOrString,
  preserves,
  type Schema,
  type ValidationRule,
} from './schema.ts';
import { validateValue } from './validate-value.ts';

const MAX_SCHEMA_DEPTH = 200;

export function validateCrd(crd: CustomResourceDefinition): FieldError[] {
  const root = new Findings();
  const { spec, metadata } = crd;
  const at = root.at('spec');
  const expected = `${spec.names?.plural}.${spec.group}`;
  if (metadata.name !== expected)
    root.at('metadata', 'name').invalid(metadata.name, 'must be spec.names.plural+"."+spec.group');
  validateGroup(spec.group, at.at('group'));
  if (!spec.scope) at.at('scope').required();
  else if (!['Cluster', 'Namespaced'].includes(spec.scope))
    at.at('scope').notSupported(spec.scope, ['Cluster', 'Namespaced']);
  validateNames(spec.names ?? {}, at.at('names'));
  validateVersions(spec.versions ?? [], at);
  if (spec.conversion) validateConversion(spec.conversion, at.at('conversion'));
  if (spec.preserveUnknownFields === true)
    at.at('preserveUnknownFields').invalid(
      true,
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    );
  return root.list;
}

/** Beyond `validateCrd`: what an established definition must keep. */
export function validateCrdUpdate(crd: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const root = new Findings('', validateCrd(crd));
  const at = root.at('spec');
  const fixed: [name: string, value: unknown, before: unknown][] = [
    ['group', crd.spec.group, old.spec.group],
    ['scope', crd.spec.scope, old.spec.scope],
    ['names.kind', crd.spec.names.kind, old.spec.names.kind],
    ['names.plural', crd.spec.names.plural, old.spec.names.plural],
  ];
  for (const [name, value, before] of fixed) if (value !== before) at.at(name).invalid(value, 'field is immutable');
  const names = crd.spec.versions.map(({ name }) => name);
  root.at('status', 'storedVersions').items(crd.status?.storedVersions, (version, own) => {
    if (!names.includes(version))
      own.invalid(
        version,
        `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`,
      );
  });
  return root.list;
}

/** As API servers of today read them. */
const REVIEW_VERSIONS = ['v1', 'v1beta1'];

function validateConversion({ strategy, webhook }: Conversion, at: Findings): void {
  if (!strategy) at.at('strategy').required();
  else if (!['None', 'Webhook'].includes(strategy)) at.at('strategy').notSupported(strategy, ['None', 'Webhook']);
  if (strategy !== 'Webhook') {
    if (webhook) at.at('webhook').forbidden('should not be set when strategy is not set to Webhook');
    return;
  }
  const own = at.at('webhook', 'clientConfig');
  const { clientConfig, conversionReviewVersions: versions = [] } = webhook ?? {};
  if (!clientConfig) own.required('required when strategy is set to Webhook');
  else if ((clientConfig.url === undefined) === (clientConfig.service === undefined))
    own.required('exactly one of url or service is required');
  const place = at.at('webhook', 'conversionReviewVersions');
  if (versions.length === 0) place.required();
  else if (!versions.some((version) => REVIEW_VERSIONS.includes(version)))
    place.invalid(versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`);
}

function validateGroup(group: string | undefined, at: Findings): void {
  if (!group) at.required();
  else {
    at.each(group, isDns1123Subdomain(group));
    if (!group.includes('.')) at.invalid(group, 'should be a domain with at least one dot');
  }
}

function validateNames(names: Partial<CustomResourceDefinition['spec']['names']>, at: Findings): void {
  const labels: [string, string | undefined][] = [
    ['plural', names.plural],
    ['singular', names.singular],
    ['kind', names.kind?.toLowerCase()],
    ['listKind', names.listKind?.toLowerCase()],
  ];
  for (const [field, value] of labels) {
    if (!value) {
      if (field === 'plural' || field === 'kind') at.at(field).required();
    } else {
      const shown = field === 'kind' ? names.kind! : field === 'listKind' ? names.listKind! : value;
      const wrong = isDns1035Label(value);
      if (wrong.length > 0)
        at.at(field).invalid(
          shown,
          field.toLowerCase().endsWith('kind')
            ? `may have mixed case, but should otherwise match: ${wrong.join(',')}`
            : wrong.join(','),
        );
    }
  }
  if (names.kind && names.kind === names.listKind)
    at.at('listKind').invalid(names.listKind, 'kind and listKind may not be the same');
  for (const list of ['shortNames', 'categories'] as const)
    at.at(list).items(names[list], (name, own) => {
      const wrong = isDns1035Label(name);
      if (wrong.length > 0) own.invalid(name, wrong.join(','));
    });
}

function validateVersions(versions: CrdVersion[], at: Findings): void {
  const own = at.at('versions');
  if (versions.length === 0) {
    own.invalid(versions, 'must have at least one version');
    return;
  }
  const names = new Set<string>();
  own.items(versions, (version, place) => {
    if (names.has(version.name)) place.at('name').duplicate(version.name);
    names.add(version.name);
    const wrong = isDns1035Label(version.name ?? '');
    if (wrong.length > 0) place.at('name').invalid(version.name ?? '', wrong.join(','));
    validateVersion(version, place);
  });
  if (versions.filter(({ storage }) => storage).length !== 1)
    own.invalid(versions, 'must have exactly one version marked as storage version');
}

function validateVersion(version: CrdVersion, at: Findings): void {
  const schema = version.schema?.openAPIV3Schema;
  const place = at.at('schema', 'openAPIV3Schema');
  if (!schema) at.at('schema').at('openAPIV3Schema').required('schemas are required');
  else {
    if (schema.type !== 'object') place.at('type').invalid(schema.type ?? '', 'must be object at the root');
    const costs = new RuleCosts();
    validateSchema(schema, place, { depth: 0, types: ruleTypes(schema), uncorrelated: undefined, costs, times: 1 });
    costs.judge(place);
  }
  at.at('additionalPrinterColumns').items(version.additionalPrinterColumns, (column, own) => {
    for (const field of ['name', 'type', 'jsonPath'] as const) if (!column[field]) own.at(field).required();
    const types = ['boolean', 'date', 'integer', 'number', 'string'];
    if (column.type && !types.includes(column.type))
      own.at('type').invalid(column.type, `must be one of ${types.join(',')}`);
    if (column.jsonPath) checkPath(column.jsonPath, own.at('jsonPath'));
  });
  const { scale } = version.subresources ?? {};
  for (const field of ['specReplicasPath', 'statusReplicasPath'] as const) {
    const path = scale?.[field];
    if (!scale) continue;
    const own = at.at('subresources', 'scale', field);
    const prefix = field === 'specReplicasPath' ? '.spec.' : '.status.';
    if (!path) own.required();
    else if (!path.startsWith(prefix)) own.invalid(path, `should be a json path under ${prefix.slice(0, -1)}`);
  }
}

function checkPath(path: string, at: Findings): void {
  try {
    compileJsonPath(path);
  } catch (error) {
    at.invalid(path, (error as Error).message);
  }
}

interface Place {
  depth: number;
  /** Of the version's rules; made when the first is met. */
  types: () => RuleTypes | undefined;
  /** The list or map above whose parts cannot be told from what they replace. */
  uncorrelated: string | undefined;
  costs: RuleCosts;
  /** How often a value may stand here at most; undefined where no bound is set. */
  times: number | undefined;
}

/** The server has loaded the language before a definition with rules comes here. */
function ruleTypes(root: Schema): () => RuleTypes | undefined {
  let types: RuleTypes | undefined;
  return () => {
    const cel = loadedCel();
    if (cel !== undefined) types ??= createRuleTypes(cel, root);
    return types;
  };
}

/** Structural: every value has a type in the open, outside the words that combine schemas. */
function validateSchema(schema: Schema, at: Findings, place: Place): void {
  if (place.depth > MAX_SCHEMA_DEPTH) {
    at.forbidden('schema is nested too deep');
    return;
  }
  for (const word of ['$ref', 'definitions', 'dependencies', 'patternProperties', 'additionalItems', 'id'])
    if (schema[word] !== undefined) at.at(word).forbidden(`${word} is not supported`);
  if (schema.uniqueItems === true)
    at.at('uniqueItems').forbidden('uniqueItems cannot be set to true since the runtime complexity becomes quadratic');
  if (schema.additionalProperties === false)
    at.at('additionalProperties').forbidden('additionalProperties cannot be set to false');
  if (schema.additionalProperties && schema.properties)
    at.at('additionalProperties').forbidden('additionalProperties and properties are mutual exclusive');
  requireType(schema, at);
  checkExtensions(schema, at);
  checkPattern(schema, at);
  for (const word of ['allOf', 'anyOf', 'oneOf'] as const)
    at.at(word).items(schema[word], (each, own) => checkInner(each, own, isIntOrString(schema)));
  if (schema.not) checkInner(schema.not, at.at('not'), false);
  const additional = additionalOf(schema);
  const inside = { ...place, depth: place.depth + 1, times: multiplied(place.times, timesInside(schema)) };
  const inMap = { ...inside, uncorrelated: place.uncorrelated ?? (isAtomicMap(schema) ? at.path : undefined) };
  const inList = { ...inside, uncorrelated: place.uncorrelated ?? (isMapList(schema) ? undefined : at.path) };
  if (additional) validateSchema(additional, at.at('additionalProperties'), inMap);
  if (schema.items) validateSchema(schema.items, at.at('items'), inList);
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    validateSchema(inner, at.at('properties').key(name), inMap);
  checkDefault(schema, at);
  at.at('x-kubernetes-validations').items(schema['x-kubernetes-validations'], (rule, own) =>
    checkRule(rule, schema, own, place),
  );
}

const isAtomicMap = (schema: Schema): boolean => schema['x-kubernetes-map-type'] === 'atomic';
const isMapList = (schema: Schema): boolean => schema['x-kubernetes-list-type'] === 'map';

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

function checkRule(rule: ValidationRule, schema: Schema, at: Findings, place: Place): void {
  const { rule: expression, message, messageExpression, reason } = rule;
  if (!expression?.trim()) at.at('rule').required('rule is not specified');
  else {
    checkExpression(expression, 'bool', rule, schema, at.at('rule'), place);
    checkOldSelf(rule, at, place);
  }
  if (message !== undefined && message !== '' && message.trim() === '')
    at.at('message').invalid(message, 'message must be non-empty if specified');
  else if (message?.trim().includes('\n')) at.at('message').invalid(message, 'message must not contain line breaks');
  if (messageExpression !== undefined && messageExpression.trim() === '')
    at.at('messageExpression').required('messageExpression must be non-empty if specified');
  else if (messageExpression)
    checkExpression(messageExpression, 'string', rule, schema, at.at('messageExpression'), place);
  if (reason !== undefined && !REASONS.includes(reason)) at.at('reason').notSupported(reason, REASONS);
}

function checkOldSelf({ rule, optionalOldSelf }: ValidationRule, at: Findings, { uncorrelated }: Place): void {
  const usesOld = /\boldSelf\b/.test(rule);
  if (usesOld && uncorrelated !== undefined)
    at.at('rule').invalid(
      rule,
      `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`,
    );
  if (!usesOld && optionalOldSelf !== undefined)
    at.at('optionalOldSelf').invalid(optionalOldSelf, 'may not be set if oldSelf is not used in rule');
}

/** `wanted`: what it is to evaluate to. */
function checkExpression(
  expression: string,
  wanted: 'bool' | 'string',
  rule: ValidationRule,
  schema: Schema,
  at: Findings,
  place: Place,
): void {
  const isMessage = wanted === 'string';
  try {
    const type = place.types()?.check(expression, schema, rule.optionalOldSelf === true) ?? 'dyn';
    if (type === wanted || type === 'dyn') {
      const cost = loadedCel() && costOf(expression, schema, place.depth === 0);
      if (cost !== undefined) place.costs.observe(cost, isMessage ? 1 : place.times, at);
      return;
    }
    refuse(isMessage ? 'messageExpression must evaluate to a string' : 'cel expression must evaluate to a bool');
  } catch (error) {
    const { message } = error as Error;
    refuse(isMessage ? `messageExpression ${message}` : message);
  }

  function refuse(why: string): void {
    const { message = '', messageExpression = '', reason = null, fieldPath = '', optionalOldSelf = null } = rule;
    const shown = {
      Rule: rule.rule,
      Message: message,
      MessageExpression: messageExpression,
      Reason: reason,
      FieldPath: fieldPath,
      OptionalOldSelf: optionalOldSelf,
    };
    at.invalid(shown, why);
  }
}

/** Undefined where rules see nothing of the schema. */
function costOf(expression: string, schema: Schema, isRoot: boolean): RuleCost | undefined {
  const sized = sizedOf(schema, isRoot || isEmbedded(schema));
  const node = loadedCel()?.parse(expression);
  return sized && node && { steps: estimateCost(node, sized), times: timesIn(sized) };
}

function requireType(schema: Schema, at: Findings): void {
  if (!schema.type && !isIntOrString(schema) && !preserves(schema)) {
    const where = at.path.endsWith('.items') ? 'array items' : at.path.endsWith(']') ? 'object fields' : 'object';
    at.at('type').required(`must not be empty for specified ${where}`);
  }
  const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
  if (schema.type && !types.includes(schema.type)) at.at('type').notSupported(schema.type, types);
  if (schema.type === 'array' && !schema.items) at.at('items').required('must be specified');
}

function checkExtensions(schema: Schema, at: Findings): void {
  const type = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'];
  if (type && schema.type !== 'array')
    at.at('x-kubernetes-list-type').forbidden('must be array if x-kubernetes-list-type is specified');
  if (type && !['atomic', 'set', 'map'].includes(type))
    at.at('x-kubernetes-list-type').notSupported(type, ['atomic', 'map', 'set']);
  if (type === 'map' && !(keys && keys.length > 0))
    at.at('x-kubernetes-list-map-keys').required('must not be empty if x-kubernetes-list-type is map');
  if (keys && type !== 'map')
    at.at('x-kubernetes-list-type').invalid(type ?? '', 'must be map if x-kubernetes-list-map-keys is non-empty');
  for (const key of type === 'map' ? (keys ?? []) : []) {
    const inner = schema.items?.properties?.[key];
    if (!inner) at.at('x-kubernetes-list-map-keys').invalid(keys, 'entries must all be names of item properties');
    else if (!schema.items?.required?.includes(key) && inner.default === undefined)
      at.at('items', 'properties')
        .key(key)
        .at('default')
        .required(
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        );
  }
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType && !['atomic', 'granular'].includes(mapType))
    at.at('x-kubernetes-map-type').notSupported(mapType, ['atomic', 'granular']);
}

function checkPattern({ pattern }: Schema, at: Findings): void {
  if (pattern === undefined) return;
  try {
    compileRegexp(pattern);
  } catch (error) {
    at.at('pattern').invalid(pattern, `must be a valid regular expression, but isn't: ${(error as Error).message}`);
  }
}

const OPEN_WORDS = ['description', 'default', 'additionalProperties', 'nullable', 'title'];

/** Inside the combining words nothing may stand that only the open schema may say. */
function checkInner(schema: Schema, at: Findings, ofIntOrString: boolean): void {
  if (schema.type && !ofIntOrString) at.at('type').forbidden('must be empty to be structural');
  for (const word of OPEN_WORDS) if (schema[word]) at.at(word).forbidden('must be undefined to be structural');
  for (const word of Object.keys(schema))
    if (word.startsWith('x-kubernetes-') && word !== 'x-kubernetes-validations' && schema[word])
      at.at(word).forbidden('must be false to be structural');
  for (const word of ['allOf', 'anyOf', 'oneOf'] as const)
    at.at(word).items(schema[word], (each, own) => checkInner(each, own, ofIntOrString));
  if (schema.not) checkInner(schema.not, at.at('not'), false);
  if (schema.items) checkInner(schema.items, at.at('items'), false);
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    checkInner(inner, at.at('properties').key(name), false);
}

function checkDefault(schema: Schema, at: Findings): void {
  if (schema.default === undefined) return;
  const place = at.at('default');
  const copy = cloneJson(schema.default);
  if (prune(copy, schema, false).length > 0) place.invalid(schema.default, 'must be pruned');
  const found = new Findings(place.path, at.list);
  validateValue(schema.default, schema, found, false);
}
