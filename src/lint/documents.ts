/** The documents of a file as the rules see them. */
import { decodeStruct, type StructShape } from '../encoding/struct.ts';
import { parseYaml } from '../encoding/yaml.ts';
import { documentsOf } from '../values/load.ts';

export interface LintedObject {
  apiVersion: string;
  kind: string;
  name: string;
}

const SHAPE: StructShape = {
  struct: 'rules.k8sYamlStruct',
  fields: {
    apiVersion: 'string',
    Kind: 'string',
    Metadata: { struct: 'rules.k8sYamlMetadata', fields: { Namespace: 'string', Name: 'string' } },
  },
};

interface Decoded {
  apiVersion?: string;
  Kind?: string;
  Metadata?: { Name?: string };
}

/** Every document that is more than nothing. Throws at the first that cannot be read, those before it given. */
export function* lintedObjects(text: string): Generator<LintedObject> {
  for (const document of split(text)) {
    const value = parseYaml(document);
    if (value === null) continue;
    const { apiVersion = '', Kind = '', Metadata } = decodeStruct(SHAPE, value) as Decoded;
    yield { apiVersion, kind: Kind, name: Metadata?.Name ?? '' };
  }
}

/** As a values file is split, but the error of splitting stands alone. */
function* split(text: string): Generator<string> {
  try {
    yield* documentsOf(text);
  } catch (error) {
    throw new Error((error as Error).message.replace('error reading yaml document: ', ''), { cause: error });
  }
}
