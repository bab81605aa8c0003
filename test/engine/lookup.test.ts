import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderChart } from '../../src/action/render-chart.ts';
import { failure } from '../../src/api/status.ts';
import { loadFiles } from '../../src/chart/load-files.ts';
import type { Client } from '../../src/client/types.ts';

const SECRETS = { group: '', version: 'v1', resource: 'secrets', kind: 'Secret', namespaced: true };
const NODES = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false };
const SECRET = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a', generation: 3 }, data: { next: 'b' } };

/** A cluster with one secret; `asked` collects what it was asked for. */
function cluster(asked: string[]): Client {
  return {
    serverVersion: async () => ({ major: '1', minor: '33', gitVersion: 'v1.33.1' }),
    apiVersions: async () => ['v1', 'v1/Secret'],
    resourceFor: async ({ kind }: { kind: string }) => [SECRETS, NODES].find((known) => known.kind === kind),
    get: async ({ resource }: { resource: string }, name: string, namespace?: string) => {
      asked.push(`get ${resource} ${namespace}/${name}`);
      if (name === 'a') return SECRET;
      if (name === 'secret') throw failure(403, 'Forbidden', 'no');
      throw failure(404, 'NotFound', 'gone');
    },
    list: async ({ resource }: { resource: string }, { namespace }: { namespace?: string } = {}) => {
      asked.push(`list ${resource} ${namespace}`);
      return { apiVersion: 'v1', kind: 'List', metadata: {}, items: [SECRET] };
    },
  } as unknown as Client;
}

async function rendered(template: string, asked: string[] = []): Promise<string> {
  const files = { 'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n', 'templates/a.yaml': template };
  const chart = loadFiles(Object.entries(files).map(([name, data]) => ({ name, data: Buffer.from(data) })));
  const options = { chart, releaseName: 'a', namespace: 'ns', cluster: cluster(asked) };
  return (await renderChart(options)).files.get('web/templates/a.yaml')!;
}

test('what a template looks up is there, each object asked for once', async () => {
  const asked: string[] = [];
  const template =
    'a: {{ (lookup "v1" "Secret" "ns" "a").metadata.generation }}\nb: {{ (lookup "v1" "Secret" "ns" "a").data.next }}\n' +
    'c: {{ lookup "v1" "Secret" "ns" "none" | toJson }}\nd: {{ len (lookup "v1" "Node" "ns" "").items }}\n';
  assert.is(await rendered(template, asked), 'a: 3\nb: b\nc: {}\nd: 1\n');
  assert.equal(asked.sort(), ['get secrets ns/a', 'get secrets ns/none', 'list nodes undefined']);
});

test('what one answer leads to is looked up next, and values are fresh each time', async () => {
  const template =
    '{{ $_ := set .Values "n" (add1 (default 0 .Values.n)) }}{{ $next := (lookup "v1" "Secret" "ns" "a").data.next }}' +
    'n: {{ .Values.n }}\nfound: {{ lookup "v1" "Secret" "ns" $next | toJson }}\n';
  assert.is(await rendered(template), 'n: 1\nfound: {}\n');
});

test('a kind that its group does not have has no objects', async () => {
  assert.is(await rendered('a: {{ lookup "v1" "Nope" "ns" "a" | toJson }}\n'), 'a: {}\n');
});

test('the cluster tells its version', async () => {
  const template = 'a: {{ .Capabilities.KubeVersion }} {{ .Capabilities.APIVersions.Has "v1/Secret" }}\n';
  assert.is(await rendered(template), 'a: v1.33.1 true\n');
});

const FAILS: [template: string, message: RegExp][] = [
  ['{{ lookup "v1" "Secret" "ns" "secret" }}', /error calling lookup: no$/],
  [
    '{{ lookup "x.io/v1" "Nope" "" "a" }}',
    /error calling lookup: unable to get apiresource from unstructured: x.io\/v1, Kind=Nope: the server could not find/,
  ],
  ['{{ define "r" }}{{ lookup "v1" "Secret" . "a" }}{{ include "r" (print . "x") }}{{ end }}{{ include "r" "" }}', /./],
];

for (const [template, message] of FAILS)
  test(`fails: ${template}`, async () => {
    const error = await rendered(template).then(
      () => undefined,
      (reason: Error) => reason,
    );
    assert.match(error?.message ?? '', message);
  });

test.run();
