/** Every snippet against what real helm printed for it; see record.ts. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { functions } from './functions.ts';
import { renderOurs, type Verdict } from './judge.ts';
import { snippets, values } from './snippets.ts';

for (const [subject, templates] of Object.entries(snippets)) {
  test(`as helm: ${subject}`, () => {
    const file = new URL(`../golden/template/${subject}.json`, import.meta.url);
    const rows = JSON.parse(readFileSync(file, 'utf8')) as ({ template: string } & Verdict)[];
    assert.equal(
      rows.map((row) => row.template),
      templates,
      'record the goldens again',
    );
    const wrong = rows
      .map(({ template, ...real }) => ({ template, real, ours: renderOurs(template, values, functions) }))
      .filter(({ real, ours }) => JSON.stringify(real) !== JSON.stringify(ours));
    assert.equal(wrong, []);
  });
}

test.run();
