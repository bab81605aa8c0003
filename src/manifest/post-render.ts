/**
 * Manifests on their way through a post-renderer: one stream of documents, each noting its file in an annotation, and
 * back. The text is written anew, as kyaml does it: comments stay, blank lines go, lists stand at their parent's column.
 */
import type { Document, Node, Scalar, YAMLMap } from 'yaml';
import { baseName } from '../archive/path.ts';
import { compareStrings } from '../template/value.ts';
import { splitManifests, trimSpace } from './split.ts';

const FILE_NAME = 'postrenderer.helm.sh/postrender-filename';

type Yaml = typeof import('yaml');

/** The stream for the post-renderer. */
export async function mergeForPostRender(files: ReadonlyMap<string, string>): Promise<string> {
  const yaml = await import('yaml');
  const documents: string[] = [];
  for (const path of [...files.keys()].sort(compareStrings)) {
    if (baseName(path).startsWith('_')) continue;
    for (const text of splitManifests(files.get(path)!))
      for (const document of parseAll(yaml, text, `parsing ${path}`)) {
        annotate(yaml, document, path);
        documents.push(print(document));
      }
  }
  return documents.join('---\n');
}

/** Files again. Documents that the post-renderer made get names of their own, with `prefix` in them. */
export async function splitPostRendered(text: string, prefix = ''): Promise<Map<string, string>> {
  const yaml = await import('yaml');
  const files = new Map<string, string>();
  parseAll(yaml, text, 'error parsing YAML').forEach((document, index) => {
    const own = `generated-by-postrender-${prefix === '' ? '' : `${prefix}-`}${index}.yaml`;
    const path = takeAnnotation(document) || own;
    const before = files.get(path);
    files.set(path, (before === undefined ? '' : `${before}---\n`) + print(document));
  });
  return files;
}

/** Plain scalars stay as they are written: whatever they mean, it is not looked at here. */
function parseAll(yaml: Yaml, text: string, doing: string): Document[] {
  const empty = {
    tag: 'tag:yaml.org,2002:null',
    default: true,
    test: /^$/,
    identify: (value: unknown) => value === null,
    resolve: () => new yaml.Scalar(null),
    stringify: () => '',
  };
  const parsed = yaml.parseAllDocuments(text, { schema: 'failsafe', customTags: [empty], uniqueKeys: false });
  const documents = (Array.isArray(parsed) ? parsed : []) as Document[];
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`${doing}: ${error.message}`, { cause: error });
    let last: Scalar | undefined;
    yaml.visit(document, {
      Node: (_, node) => {
        (node as Node & { spaceBefore?: boolean }).spaceBefore = false;
        if (yaml.isScalar(node)) last = node;
      },
    });
    if (document === documents.at(-1) && !text.endsWith('\n')) cutBlock(last);
  }
  return documents.filter(({ contents }) => yaml.isMap(contents));
}

/** A block scalar that the text breaks off in has no line feed at its end. */
function cutBlock(scalar: Scalar | undefined): void {
  if (scalar?.type?.startsWith('BLOCK_') && typeof scalar.value === 'string')
    scalar.value = scalar.value.replace(/\n$/, '');
}

function annotate(yaml: Yaml, document: Document, path: string): void {
  const value: Scalar = new yaml.Scalar(path);
  value.type = 'QUOTE_SINGLE';
  for (const keys of [['metadata'], ['metadata', 'annotations']]) {
    const map = document.getIn(keys);
    if (!yaml.isMap(map)) document.setIn(keys, new yaml.YAMLMap());
    else if (map.items.length === 0) map.flow = false;
  }
  document.setIn(['metadata', 'annotations', FILE_NAME], value);
}

/** The file that the document notes, and the note taken out, with maps that hold nothing else. */
function takeAnnotation(document: Document): string {
  const path = document.getIn(['metadata', 'annotations', FILE_NAME]);
  if (path === undefined) return '';
  document.deleteIn(['metadata', 'annotations', FILE_NAME]);
  for (const keys of [['metadata', 'annotations'], ['metadata']]) {
    const map = document.getIn(keys) as YAMLMap | undefined;
    if (map?.items?.length === 0) document.deleteIn(keys);
  }
  return typeof path === 'string' ? path : '';
}

const print = (document: Document): string => {
  const text = document.toString({
    lineWidth: 0,
    indentSeq: false,
    flowCollectionPadding: false,
    doubleQuotedMinMultiLineLength: 1 << 30,
  });
  return `${trimSpace(text.replace(/^---\n/, '').replace(/\n\.\.\.\n?$/, '\n'))}\n`;
};
