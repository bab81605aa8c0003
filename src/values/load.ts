/** A values file: every YAML document in it, merged into one map. */
import { parseYamlMap } from '../encoding/yaml.ts';
import { byteLength } from '../template/utf8.ts';
import type { ValueMap } from '../template/value.ts';
import { mergeMaps } from './merge.ts';

/** Numbers are float64, as templates see them. Throws `cannot unmarshal yaml document: …` or `error reading yaml document: …`. */
export function parseValues(text: string): ValueMap {
  let values: ValueMap = {};
  for (const document of documentsOf(text)) values = mergeMaps(values, parseDocument(document));
  return values;
}

function parseDocument(document: string): ValueMap {
  try {
    return parseYamlMap(document);
  } catch (error) {
    throw new Error(`cannot unmarshal yaml document: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * As the YAMLReader of apimachinery: a line that begins with `---` ends a document, and nothing but a comment may
 * follow on it. With no document before it, the line belongs to the next one. Every document ends in a newline.
 */
export function* documentsOf(text: string): Generator<string> {
  let start = 0;
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const next = newline < 0 ? text.length : newline + 1;
    if (text.startsWith('---', at)) {
      const rest = text.slice(at + 3, next).trim();
      if (rest !== '' && !rest.startsWith('#'))
        throw new Error(`error reading yaml document: invalid Yaml document separator: ${rest}`);
      if (at > start) {
        yield text.slice(start, at);
        start = next;
      }
    }
    at = next;
  }
  const end = endOfLines(text);
  if (start < end) yield text.endsWith('\n') ? text.slice(start) : `${text.slice(start, end)}\n`;
}

/** The size of the buffer that Helm reads lines with. */
const BUFFER = 4096;

/** As apimachinery's LineReader: a last line without an end that fills the buffer to the brim is lost. */
function endOfLines(text: string): number {
  const lastLine = text.lastIndexOf('\n') + 1;
  const size = byteLength(text.slice(lastLine));
  return size > 0 && size % BUFFER === 0 ? lastLine : text.length;
}
