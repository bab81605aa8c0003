/** Real helm as a judge of functions: one call answers a template expression for many texts. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runHelm } from '../support/real.ts';

/**
 * What helm makes of `expression` for each of the texts, which it finds in `$text`: `toJson (fromYaml $text)`. Bytes
 * travel as base64 both ways, in comments of the rendered file, so that nothing reads them on the way.
 */
export function askHelm(expression: string, texts: readonly (string | Uint8Array)[]): Buffer[] {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-judge-'));
  try {
    mkdirSync(join(folder, 'templates'));
    writeFileSync(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: judge\nversion: 1.0.0\n');
    for (const [i, part] of inParts(texts.map((text) => Buffer.from(text).toString('base64'))).entries())
      writeFileSync(join(folder, `cases-${String(i).padStart(6, '0')}.json`), JSON.stringify(part));
    const loop = '{{ range $path, $_ := .Files.Glob "cases-*" }}{{ range $case := fromJsonArray ($.Files.Get $path) }}';
    const answer = `{{ $text := b64dec $case }}\n#={{ ${expression} | b64enc }}{{ end }}{{ end }}\n`;
    writeFileSync(join(folder, 'templates', 'cases.yaml'), loop + answer);
    const { code, stdout, stderr } = runHelm(['template', 'judge', folder]);
    if (code !== 0) throw new Error(`helm failed: ${stderr}`);
    const answers = stdout.split('\n').filter((line) => line.startsWith('#='));
    if (answers.length !== texts.length) throw new Error(`${answers.length} answers to ${texts.length} questions`);
    return answers.map((line) => Buffer.from(line.slice(2), 'base64'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Helm refuses files of more than 5 MiB. */
const MAX_PART = 3_000_000;

function inParts(texts: string[]): string[][] {
  const parts: string[][] = [[]];
  let size = 0;
  for (const text of texts) {
    size += text.length + 3;
    if (size > MAX_PART && parts.at(-1)!.length > 0) {
      parts.push([]);
      size = text.length;
    }
    parts.at(-1)!.push(text);
  }
  return parts;
}
