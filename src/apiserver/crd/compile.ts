/** CustomResourceDefinitions made ready: what the server does with objects of each version. */
import { type FieldError, Findings } from '../../api/field-error.ts';
import { cloneJson, isObject, type JsonObject } from '../../api/json.ts';
import { DEDUCED, type MergeSchema } from '../../api/merge-schema.ts';
import { subdomainName } from '../../api/names.ts';
import type { KubeObject, ObjectMeta } from '../../api/object.ts';
import { type StructType, typeNamed } from '../../api/scheme.ts';
import { decodeTyped } from '../../api/strict.ts';
import { validateMeta, validateMetaUpdate } from '../../api/validate-meta.ts';
import { loadedCel } from '../cel/language.ts';
import type { ScalePaths } from '../subresources/scale.ts';
import type { Columns } from '../table/table.ts';
import { customMergeSchema } from './merge-schema.ts';
import { printerColumns } from './printer-columns.ts';
import { applySchemaDefaults, prune } from './prune.ts';
import { type CheckRules, compileRules, hasRules } from './rules.ts';
import type { CrdVersion, CustomResourceDefinition, Schema } from './schema.ts';
import { validateValue } from './validate-value.ts';

export interface CompiledCrd {
  group: string;
  kind: string;
  namespaced: boolean;
  versions: CompiledVersion[];
  /** The version that objects are stored in. */
  storage: CompiledVersion;
}

export interface CompiledVersion {
  name: string;
  served: boolean;
  schema: Schema | undefined;
  /** Objects can be validated only when the language of rules has been loaded. */
  hasRules: boolean;
  hasStatus: boolean;
  scale: ScalePaths | undefined;
  columns: Columns;
  /** Paths that field selectors may name, beside metadata's. */
  selectable: string[];
  mergeSchema: MergeSchema;
  /** What requests to this version are warned of. */
  warning: string | undefined;
  /** From a client's value, which is not changed: pruned and defaulted. Throws as the decoder of metadata does. */
  decode(value: JsonObject): { object: KubeObject; strict: string[] };
  /** Of an object to be stored, by its schema, its rules and the rules of metadata. */
  validate(object: KubeObject, old?: KubeObject): FieldError[];
}

/** The definition has been found valid by `validateCrd`. */
export function compileCrd(crd: CustomResourceDefinition): CompiledCrd {
  const { group, names, scope, versions } = crd.spec;
  const namespaced = scope === 'Namespaced';
  const compiled = versions.map((version) => compileVersion(crd, version, namespaced));
  const storage = compiled[versions.findIndex((version) => version.storage)] ?? compiled[0];
  if (!storage) throw new Error(`definition ${JSON.stringify(crd.metadata.name)} has no version`);
  return { group, kind: names.kind, namespaced, versions: compiled, storage };
}

function compileVersion(crd: CustomResourceDefinition, version: CrdVersion, namespaced: boolean): CompiledVersion {
  const { group, names } = crd.spec;
  const schema = version.schema?.openAPIV3Schema;
  const rules = schema && hasRules(schema) ? compiledLater(schema) : undefined;
  const { scale, status } = version.subresources ?? {};
  return {
    name: version.name,
    served: version.served,
    schema,
    hasRules: rules !== undefined,
    hasStatus: status !== undefined && status !== null,
    scale: scale && {
      replicas: withoutDot(scale.specReplicasPath),
      currentReplicas: withoutDot(scale.statusReplicasPath),
      ...(scale.labelSelectorPath && { selector: withoutDot(scale.labelSelectorPath) }),
    },
    columns: printerColumns(version.additionalPrinterColumns),
    selectable: (version.selectableFields ?? []).map(({ jsonPath }) => withoutDot(jsonPath)),
    mergeSchema: schema ? customMergeSchema(schema) : DEDUCED,
    warning: version.deprecated
      ? (version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated`)
      : undefined,
    decode: (value) => decodeCustom(value, schema),
    validate(object, old) {
      const root = new Findings();
      validateMetadata(object, old, namespaced, root);
      if (schema) validateValue(object, schema, root);
      if (root.list.length === 0) rules?.(object, old, root);
      return root.list;
    },
  };
}

/** By the first object, as most definitions never see one. */
function compiledLater(schema: Schema): CheckRules {
  let check: CheckRules | undefined;
  return (value, old, at) => {
    const cel = loadedCel();
    if (cel === undefined) throw new Error('check validation rules: the language has not been loaded');
    check ??= compileRules(schema, cel);
    check?.(value, old, at);
  };
}

const withoutDot = (path: string): string => path.replace(/^\./, '');

function decodeCustom(value: JsonObject, schema: Schema | undefined): { object: KubeObject; strict: string[] } {
  const object = cloneJson(value) as unknown as KubeObject;
  const meta = decodeTyped<ObjectMeta>(isObject(object.metadata) ? object.metadata : {}, META);
  const strict = meta.strict.map((text) => text.replace('"', '"metadata.'));
  object.metadata = meta.object;
  if (!schema) return { object, strict };
  strict.push(...prune(object, schema).map((path) => `unknown field ${JSON.stringify(path)}`));
  applySchemaDefaults(object, schema);
  return { object, strict };
}

const META = typeNamed('meta/v1.ObjectMeta') as StructType;

function validateMetadata(object: KubeObject, old: KubeObject | undefined, namespaced: boolean, root: Findings): void {
  const at = root.at('metadata');
  if (old) validateMetaUpdate(object.metadata, old.metadata, at);
  else validateMeta(object.metadata, at, { namespaced, name: subdomainName });
}
