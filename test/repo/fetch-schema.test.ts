import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fetchSchema } from '../../src/repo/fetch-schema.ts';
import { schemaProblems } from '../../src/values/schema.ts';

const ANSWERS: Record<string, [status: number, body: string]> = {
  '/ok': [200, '{"definitions": {"count": {"type": "integer"}}}'],
  '/bad': [200, '{bad'],
  '/empty': [200, ''],
  '/cut': [200, '{"a":'],
  '/more': [200, '{} x'],
};

test("a chart's schema refers to others over HTTP and in files, with Helm's words for what goes wrong", async () => {
  const server = createServer(({ url }, response) => {
    const [status, body] = ANSWERS[url ?? ''] ?? [404, 'no'];
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'portolan-schema-'));
  const file = join(folder, 'count.json');
  writeFileSync(file, '{"type": "integer"}');
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    for (const [reference, problem] of [
      [`${at}/ok#/definitions/count`, "- at '/n': got string, want integer\n"],
      [`${at}/ok#/definitions/none`, `json-pointer in "${at}/ok#/definitions/none" not found`],
      [`${at}/bad`, `failing loading "${at}/bad": invalid character 'b' looking for beginning of object key string`],
      [`${at}/empty`, `failing loading "${at}/empty": EOF`],
      [`${at}/no`, `failing loading "${at}/no": HTTP request to ${at}/no returned status 404 (Not Found)`],
      ['ftp://a/b', 'failing loading "ftp://a/b": no URLLoader registered for "ftp://a/b"'],
      ['other.json', 'failing loading "file:///other.json": open /other.json: no such file or directory'],
      [`${at}/cut`, `failing loading "${at}/cut": unexpected EOF`],
      [`${at}/more`, `failing loading "${at}/more": invalid character after top-level value`],
      ['file:///', 'failing loading "file:///": read /: is a directory'],
      [`file://${file}`, "- at '/n': got string, want integer\n"],
      [`file://${file}/x`, `failing loading "file://${file}/x": open ${file}/x: not a directory`],
      ['file:///dev/zero', 'failing loading "file:///dev/zero": read /dev/zero: not a regular file'],
    ] as const) {
      const schema = JSON.stringify({ properties: { n: { $ref: reference } } });
      const found = await schemaProblems(
        { name: 'c', values: {}, dependencies: [], schema },
        { n: 'x' },
        { load: fetchSchema },
      );
      assert.is(found, `c:\n${problem}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
    server.closeAllConnections();
    server.close();
  }
});

test.run();
