/** Keys that a YAML text sets twice in one map, as the strict decoding of go-yaml tells of them. */
import type { Node } from 'yaml';
import { lazily } from '../encoding/lazy.ts';

const yaml = lazily('yaml', () => require('yaml') as typeof import('yaml'));
const MOST = 100;

/** `line 5: key "name" already set in map`; the text is known to be YAML. */
export function findYamlDuplicates(text: string): string[] {
  const { parseDocument, LineCounter } = yaml();
  const lineCounter = new LineCounter();
  const found: string[] = [];
  try {
    const { contents } = parseDocument(text, { uniqueKeys: false, lineCounter, version: '1.1' });
    walk(contents, (key, at) => {
      if (found.length < MOST) found.push(`line ${lineCounter.linePos(at).line}: key ${key} already set in map`);
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // deeper than it is worth to look
  }
  return found;
}

/** go-yaml tells of a key once its value is decoded, by the line where the value begins. */
function walk(node: unknown, tell: (key: string, at: number) => void): void {
  const { isMap, isSeq, isScalar, isNode } = yaml();
  if (isSeq(node)) for (const item of node.items) walk(item, tell);
  if (!isMap(node)) return;
  const seen = new Set<unknown>();
  for (const { key, value } of node.items) {
    walk(value, tell);
    if (!isScalar(key)) continue;
    const at = (isNode(value) ? (value as Node) : key).range?.[0] ?? 0;
    if (seen.has(key.value)) tell(JSON.stringify(key.value), at);
    seen.add(key.value);
  }
}
