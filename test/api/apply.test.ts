import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { serverSideApply } from '../../src/api/apply.ts';
import { applyDefaults } from '../../src/api/defaults.ts';
import { decodeFields, printPaths } from '../../src/api/field-set.ts';
import { type ManagedFieldsEntry, updateManagedFields } from '../../src/api/managed-fields.ts';
import { DEDUCED, mergeSchemaOf } from '../../src/api/merge-schema.ts';
import { gvkOf, type KubeObject } from '../../src/api/object.ts';
import { typeOf } from '../../src/api/scheme.ts';
import type { StatusError } from '../../src/api/status.ts';
import { decodeTyped } from '../../src/api/strict.ts';

const DAY = (day: number) => `2026-01-0${day}T00:00:00Z`;

/** An object as the server keeps it between the writes of a test. */
class Cluster {
  live: KubeObject | undefined;
  #day = 1;

  apply(manager: string, applied: object, force = false, subresource?: string): boolean {
    const kube = applied as KubeObject;
    const result = serverSideApply({
      live: this.live,
      applied: kube,
      manager,
      force,
      now: DAY(this.#day++),
      ...schemaOf(kube),
      ...(subresource && { subresource }),
    });
    if (result.changed) this.#store(result.object, result.object.metadata.managedFields);
    return result.changed;
  }

  update(manager: string, object: object, subresource?: string): void {
    const updated = read(object);
    const managed = updateManagedFields({
      live: this.live,
      updated,
      manager,
      now: DAY(this.#day++),
      ...schemaOf(updated),
      ...(subresource && { subresource }),
    });
    this.#store(updated, managed);
  }

  /** The fields of each manager, `manager/operation` with the subresource after it. */
  get owners(): Record<string, string[]> {
    const entries = (this.live?.metadata.managedFields ?? []) as ManagedFieldsEntry[];
    return Object.fromEntries(
      entries.map(({ manager, operation, subresource, fieldsV1 }) => [
        `${manager}/${operation}${subresource ? `/${subresource}` : ''}`,
        printPaths(decodeFields(fieldsV1)),
      ]),
    );
  }

  #store(object: KubeObject, managedFields: unknown[] | undefined): void {
    const stored = read({ ...object, metadata: { ...object.metadata, managedFields: undefined } });
    this.live = { ...stored, metadata: { ...stored.metadata, uid: 'u', ...(managedFields && { managedFields }) } };
  }
}

const read = (object: object): KubeObject => {
  const { metadata, ...rest } = object as KubeObject;
  const { managedFields, ...meta } = metadata;
  const decoded = decodeTyped<KubeObject>({ ...rest, metadata: meta }, typeOf(gvkOf(object as KubeObject))!).object;
  applyDefaults(decoded);
  if (managedFields !== undefined) decoded.metadata.managedFields = managedFields;
  return decoded;
};

function schemaOf(object: KubeObject) {
  const type = typeOf(gvkOf(object))!;
  return { schema: mergeSchemaOf(type), empty: decodeTyped({}, type).object };
}

const configMap = (data: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', ...metadata },
  data,
});

const deployment = (spec: object, containers: object[] = []) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: { ...spec, template: { spec: { containers } } },
});

function conflictOf(run: () => unknown): StatusError {
  try {
    run();
  } catch (error) {
    return error as StatusError;
  }
  throw new Error('no conflict');
}

test('a creation belongs to its creator', () => {
  const cluster = new Cluster();
  cluster.update('kubectl-create', configMap({ a: '1' }, { labels: { l: 'x' }, finalizers: ['x/y'] }));
  assert.equal(cluster.owners, {
    'kubectl-create/Update': [
      '.data',
      '.data.a',
      '.metadata.finalizers',
      '.metadata.labels',
      '.metadata.finalizers[="x/y"]',
      '.metadata.labels.l',
    ],
  });
});

test('what a creator owns of a deployment is what a cluster tells', () => {
  const cluster = new Cluster();
  cluster.update('m', {
    ...deployment({ selector: { matchLabels: { a: 'b' } } }, [
      { name: 'c', image: 'i', ports: [{ containerPort: 80 }] },
    ]),
  });
  const container = '.spec.template.spec.containers[name="c"]';
  const port = `${container}.ports[containerPort=80,protocol="TCP"]`;
  const expected = [
    '.spec.progressDeadlineSeconds',
    '.spec.replicas',
    '.spec.revisionHistoryLimit',
    '.spec.selector',
    '.spec.strategy.rollingUpdate',
    '.spec.strategy.rollingUpdate.maxSurge',
    '.spec.strategy.rollingUpdate.maxUnavailable',
    '.spec.strategy.type',
    container,
    ...['.image', '.imagePullPolicy', '.name', '.ports', '.resources'].map((field) => container + field),
    ...['.terminationMessagePath', '.terminationMessagePolicy'].map((field) => container + field),
    port,
    `${port}.containerPort`,
    `${port}.protocol`,
    ...['dnsPolicy', 'restartPolicy', 'schedulerName', 'securityContext', 'terminationGracePeriodSeconds'].map(
      (field) => `.spec.template.spec.${field}`,
    ),
  ];
  assert.equal(cluster.owners['m/Update']!.sort(), expected.sort());
});

test('an update moves what it changes to its manager', () => {
  const cluster = new Cluster();
  cluster.update('a', configMap({ x: '1', y: '1', z: '1' }));
  cluster.update('b', configMap({ x: '1', y: '2' }));
  assert.equal(cluster.owners, { 'a/Update': ['.data', '.data.x'], 'b/Update': ['.data.y'] });
});

test('a write that changes nothing leaves the times alone', () => {
  const cluster = new Cluster();
  cluster.update('a', configMap({ x: '1' }));
  const before = cluster.live!.metadata.managedFields;
  cluster.update('b', configMap({ x: '1' }));
  assert.equal(cluster.live!.metadata.managedFields, before);
  cluster.apply('c', configMap({ x: '1' }));
  assert.not(cluster.apply('c', configMap({ x: '1' })));
});

test('applying what another manager changed is a conflict, and force takes it', () => {
  const cluster = new Cluster();
  cluster.apply('helm', configMap({ x: '1', y: '1' }));
  cluster.update('editor', configMap({ x: '2', y: '1' }));
  const { status } = conflictOf(() => cluster.apply('helm', configMap({ x: '1', y: '1' })));
  assert.is(status.code, 409);
  assert.is(status.reason, 'Conflict');
  assert.is(status.message, 'Apply failed with 1 conflict: conflict with "editor" using v1: .data.x');
  assert.equal(status.details, {
    causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "editor" using v1', field: '.data.x' }],
  });
  cluster.apply('helm', configMap({ x: '1', y: '1' }), true);
  assert.equal(cluster.live!['data'], { x: '1', y: '1' });
  assert.equal(cluster.owners, { 'helm/Apply': ['.data.x', '.data.y'] });
});

test('several conflicts are listed by manager', () => {
  const cluster = new Cluster();
  cluster.apply('a', configMap({ x: '1', y: '1' }));
  cluster.apply('b', configMap({ z: '1' }));
  const { status } = conflictOf(() => cluster.apply('c', configMap({ x: '2', y: '2', z: '2' })));
  assert.is(
    status.message,
    'Apply failed with 3 conflicts: conflicts with "a":\n- .data.x\n- .data.y\nconflicts with "b":\n- .data.z',
  );
});

test('two may own the same value', () => {
  const cluster = new Cluster();
  cluster.apply('a', configMap({ x: '1' }));
  cluster.apply('b', configMap({ x: '1' }));
  assert.equal(cluster.owners, { 'a/Apply': ['.data.x'], 'b/Apply': ['.data.x'] });
  cluster.apply('a', configMap({}));
  assert.equal(cluster.live!['data'], { x: '1' }, 'b still applies it');
  cluster.apply('b', configMap({}));
  assert.is(cluster.live!['data'], undefined);
});

test('what is no longer applied goes, what others set stays', () => {
  const cluster = new Cluster();
  cluster.apply('helm', configMap({ x: '1', y: '1' }));
  cluster.update('other', configMap({ x: '1', y: '1', z: '1' }));
  cluster.apply('helm', configMap({ x: '1' }));
  assert.equal(cluster.live!['data'], { x: '1', z: '1' });
  assert.equal(cluster.owners, { 'helm/Apply': ['.data.x'], 'other/Update': ['.data.z'] });
});

test('list items merge by key and keep their place', () => {
  const cluster = new Cluster();
  const selector = { selector: { matchLabels: { a: 'b' } } };
  cluster.apply(
    'a',
    deployment(selector, [
      { name: 'one', image: '1' },
      { name: 'two', image: '1' },
    ]),
  );
  cluster.apply('b', deployment({}, [{ name: 'side', image: '1' }]));
  const names = () => cluster.live!['spec'].template.spec.containers.map(({ name }: { name: string }) => name);
  assert.equal(names(), ['one', 'two', 'side']);
  cluster.apply('a', deployment(selector, [{ name: 'two', image: '2' }]));
  assert.equal(names(), ['two', 'side']);
  assert.is(cluster.live!['spec'].template.spec.containers[0].image, '2');
  assert.is(
    cluster.live!['spec'].template.spec.containers[0].imagePullPolicy,
    'Always',
    'defaults are no one’s to prune',
  );
});

test('a replica count left to the autoscaler is not a conflict', () => {
  const cluster = new Cluster();
  const selector = { selector: { matchLabels: { a: 'b' } } };
  cluster.apply('helm', deployment(selector, [{ name: 'c', image: 'i' }]));
  cluster.update('hpa', { ...cluster.live!, spec: { ...cluster.live!['spec'], replicas: 5 } }, 'scale');
  cluster.apply('helm', deployment(selector, [{ name: 'c', image: 'j' }]));
  assert.is(cluster.live!['spec'].replicas, 5);
  assert.equal(cluster.owners['hpa/Update/scale'], ['.spec.replicas']);
  const { status } = conflictOf(() =>
    cluster.apply('helm', deployment({ ...selector, replicas: 1 }, [{ name: 'c', image: 'j' }])),
  );
  assert.is(
    status.message,
    'Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas',
  );
});

test('atomic fields are owned whole', () => {
  const cluster = new Cluster();
  cluster.apply('a', deployment({ selector: { matchLabels: { a: 'b' } } }, [{ name: 'c', image: 'i', args: ['1'] }]));
  assert.ok(cluster.owners['a/Apply']!.includes('.spec.selector'));
  assert.ok(cluster.owners['a/Apply']!.includes('.spec.template.spec.containers[name="c"].args'));
});

test('a null in what has no schema is an empty map', () => {
  const schema = { kind: 'struct' as const, fields: new Map(), others: DEDUCED };
  const object = (spec: object) => ({ apiVersion: 'v1', kind: 'X', metadata: { name: 'x' }, ...spec }) as KubeObject;
  const base = { manager: 'a', force: false, schema, empty: {}, now: DAY(1) };
  const first = serverSideApply({ ...base, applied: object({ a: { b: '1' } }) });
  const second = serverSideApply({ ...base, manager: 'b', live: first.object, applied: object({ a: null }) });
  assert.equal(second.object['a'], { b: '1' });
});

test('before the first apply everything was one manager’s', () => {
  const cluster = new Cluster();
  cluster.live = { ...read(configMap({ x: '1' })), metadata: { name: 'c', uid: 'u' } };
  cluster.apply('helm', configMap({ y: '1' }));
  assert.equal(cluster.owners, {
    'helm/Apply': ['.data.y'],
    'before-first-apply/Update': ['.data', '.data.x'],
  });
});

test('kubectl takes over from its own client-side apply', () => {
  const cluster = new Cluster();
  const last = JSON.stringify(configMap({ x: '1' }));
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': last };
  cluster.update('kubectl-client-side-apply', configMap({ x: '1' }, { annotations }));
  cluster.apply('kubectl', configMap({ x: '2' }));
  assert.equal(cluster.live!['data'], { x: '2' });
  const text = cluster.live!.metadata.annotations!['kubectl.kubernetes.io/last-applied-configuration']!;
  assert.equal(JSON.parse(text).data, { x: '2' }, 'the annotation follows');
  conflictOf(() => cluster.apply('other', configMap({ x: '3' })));
});

test('cleared managers stay cleared until the next apply', () => {
  const cluster = new Cluster();
  cluster.update('a', configMap({ x: '1' }));
  cluster.update('a', configMap({ x: '1' }, { managedFields: [{}] }));
  assert.equal(cluster.owners, {});
  cluster.update('a', configMap({ x: '2' }));
  assert.equal(cluster.owners, {});
});

test('ten updaters are kept, the oldest become one', () => {
  const cluster = new Cluster();
  const data: Record<string, string> = {};
  for (let i = 0; i < 13; i++) {
    data[`k${i}`] = '1';
    cluster.update(`m${String(i).padStart(2, '0')}`, configMap({ ...data }));
  }
  const managers = Object.keys(cluster.owners);
  assert.is(managers.length, 10);
  assert.ok(managers.includes('ancient-changes/Update'));
  assert.ok(cluster.owners['ancient-changes/Update']!.includes('.data.k0'));
});

test('what is no configuration is refused', () => {
  const messageOf = (applied: object) => conflictOf(() => new Cluster().apply('a', applied)).status.message ?? '';
  assert.is(messageOf(configMap({}, { managedFields: [] })), 'metadata.managedFields must be nil');
  assert.is(
    messageOf({ ...configMap({}), spec: {}, other: 1 }),
    'failed to create typed patch object (/c; /v1, Kind=ConfigMap): errors:\n  .spec: field not declared in schema\n  .other: field not declared in schema',
  );
  assert.is(
    messageOf(deployment({}, [{ name: 'c', ports: [{ containerPort: 1 }, { containerPort: 1 }] }])),
    'failed to create typed patch object (/d; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="c"].ports: duplicate entries for key [containerPort=1,protocol="TCP"]',
  );
  const wrong = (container: object) =>
    messageOf(deployment({}, [{ name: 'c', ...container }])).replace(/^.*\[name="c"\]/s, '');
  const number = '&value.valueUnstructured{Value:8080}';
  for (const [container, text] of [
    [{ env: [{ name: 'PORT', value: 8080 }] }, `.env[name="PORT"].value: expected string, got ${number}`],
    [{ args: ['-p', 8080] }, `.args[1]: expected string, got ${number}`],
    [
      { image: { tag: 1 } },
      '.image: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"tag":1}}',
    ],
    [
      { ports: [{ containerPort: 'http' }] },
      '.ports[containerPort="http",protocol="TCP"].containerPort: expected numeric (int or float), got string',
    ],
    [{ stdin: 'yes' }, '.stdin: expected boolean, got &{yes}'],
    [{ env: { A: 'b' } }, '.env: expected list, got &{map[A:b]}'],
    [{ resources: ['x'] }, '.resources: expected map, got &{[x]}'],
    [{ resources: { limits: { cpu: { a: 1 } } } }, '.resources.limits.cpu: expected any scalar, got &{map[a:1]}'],
  ] as const)
    assert.is(wrong(container), text);
  const right = { name: 'c', resources: { limits: { cpu: 1, memory: '1Gi' } }, command: null, args: ['x'] };
  new Cluster().apply('a', deployment({}, [right]));
  assert.match(messageOf(deployment({}, [{ image: 'x' }])), /omits all key fields \["name"\]/);
});

test('FieldsV1 round trips', () => {
  const fields = {
    'f:a': { '.': {}, 'f:b': {}, 'k:{"name":"x","port":1}': { '.': {}, 'f:name': {} }, 'v:"q"': {}, 'i:0': {} },
    'f:c': { 'f:d': {} },
  };
  assert.equal(printPaths(decodeFields(fields)), [
    '.a',
    '.a.b',
    '.a[0]',
    '.a[name="x",port=1]',
    '.a[="q"]',
    '.a[name="x",port=1].name',
    '.c.d',
  ]);
  for (const bad of [[], { a: {} }, { 'f:a': 1 }, { 'k:[': {} }, { 'i:x': {} }]) assert.throws(() => decodeFields(bad));
});

test.run();
