/**
 * Asks real helm what it makes of the snippets and keeps it in test/golden/template. Prints where ours differs.
 * `node --import tsx test/template/record.ts [subject…]`
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { functions } from './functions.ts';
import { renderOurs, renderReal } from './judge.ts';
import { snippets, values } from './snippets.ts';

const folder = fileURLToPath(new URL('../golden/template', import.meta.url));
const wanted = process.argv.slice(2);
let same = 0;
let different = 0;
for (const [subject, templates] of Object.entries(snippets)) {
  if (wanted.length > 0 && !wanted.includes(subject)) continue;
  const ours = templates.map((template) => renderOurs(template, values, functions));
  const real = await renderReal(templates, values, (i) => 'error' in ours[i]!);
  templates.forEach((template, i) => {
    if (JSON.stringify(ours[i]) === JSON.stringify(real[i])) {
      same++;
      return;
    }
    different++;
    console.log(
      `${subject}: ${JSON.stringify(template)}\n  helm ${JSON.stringify(real[i])}\n  ours ${JSON.stringify(ours[i])}`,
    );
  });
  const rows = templates.map((template, i) => JSON.stringify({ template, ...real[i] }));
  writeFileSync(join(folder, `${subject}.json`), `[\n${rows.join(',\n')}\n]\n`);
}
console.log(`${same} same, ${different} different`);
