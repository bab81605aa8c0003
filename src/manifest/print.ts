/** Manifests as text: the release's manifest, and what `template` prints of it. */
import { BadPatternError, compilePathPattern } from '../archive/path.ts';
import type { Hook, Manifest } from './manifest.ts';
import { splitManifests, type Trim, trimSpace } from './split.ts';

/** A definition in `crds/`; `name` is relative to its chart, `path` starts with the chart's full path. */
export interface CrdFile {
  name: string;
  path: string;
  data: Uint8Array;
  readonly text: string;
}

/** One document under the name of its file. */
export const printDocument = (path: string, content: string): string => `---\n# Source: ${path}\n${content}\n`;

export interface ManifestTextOptions {
  crds?: readonly CrdFile[];
  /** A Secret's document gives way to a comment that says so. */
  hideSecret?: boolean;
}

/** What a release record keeps as its manifest: definitions first, hooks not at all. */
export function manifestText(
  manifests: readonly Manifest[],
  { crds = [], hideSecret = false }: ManifestTextOptions = {},
): string {
  const isHidden = ({ head }: Manifest) => hideSecret && head.kind === 'Secret' && head.apiVersion === 'v1';
  return [
    ...crds.map(({ path, text }) => printDocument(path, text)),
    ...manifests.map((manifest) => printDocument(manifest.path, isHidden(manifest) ? HIDDEN : manifest.content)),
  ].join('');
}

const HIDDEN = '# HIDDEN: The Secret output has been suppressed';

/** Every rendered file as it stands, to show what could not be read as YAML. */
export function unsortedText(files: ReadonlyMap<string, string>): string {
  const shown = [...files].filter(([, text]) => trimSpace(text) !== '');
  return shown.map(([path, text]) => printDocument(path, text)).join('');
}

export interface TemplateTextOptions {
  skipTests?: boolean;
  noHooks?: boolean;
}

/** What `helm template` prints: the manifest, then the hooks. */
export function templateText(
  manifest: string,
  hooks: readonly Hook[],
  { skipTests = false, noHooks = false }: TemplateTextOptions = {},
): string {
  const shown = noHooks ? [] : hooks.filter((hook) => !skipTests || !hook.events.includes('test'));
  return `${trimSpace(manifest)}\n${shown.map((hook) => printDocument(hook.path, hook.manifest)).join('')}`;
}

/** The same with the definitions, as they lie in their files: nobody needs these megabytes as text. */
export function templatePieces(
  { crds, manifests, hooks }: { crds: readonly CrdFile[]; manifests: readonly Manifest[]; hooks: readonly Hook[] },
  options: TemplateTextOptions = {},
): (string | Uint8Array)[] {
  if (manifests.length === 0) return [templateText(manifestText(manifests, { crds }), hooks, options)];
  return [
    ...crds.flatMap(({ path, data }) => [`---\n# Source: ${path}\n`, data, '\n']),
    templateText(manifestText(manifests), hooks, options),
  ];
}

const SOURCE = /# Source: [^/]+\/(.+)/;

/**
 * The documents of `text` whose file matches one of `patterns`, in the order of the patterns. Paths are relative to the
 * chart: `templates/*.yaml`. Throws where a pattern matches nothing.
 */
export function showOnly(text: string, patterns: readonly string[], trim: Trim = 'left'): string {
  const documents = splitManifests(text, trim);
  const shown: string[] = [];
  for (const pattern of patterns) {
    const matches = patternOrNothing(pattern);
    const found = documents.filter((document) => {
      const path = SOURCE.exec(document)?.[1];
      return path !== undefined && matches(path);
    });
    if (found.length === 0) throw new Error(`could not find template ${pattern} in chart`);
    shown.push(...found);
  }
  return shown.map((document) => `---\n${document}\n`).join('');
}

/** A broken pattern matches nothing, as Helm ignores filepath.Match's error. */
function patternOrNothing(pattern: string): (path: string) => boolean {
  try {
    return compilePathPattern(pattern);
  } catch (error) {
    if (error instanceof BadPatternError) return () => false;
    throw error;
  }
}
