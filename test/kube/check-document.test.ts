/** Documents that are no objects, with what real helm says of them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KubeObject } from '../../src/api/object.ts';
import { checkMetadata, checkTyped } from '../../src/kube/check-document.ts';
import type { Value } from '../../src/template/value.ts';

const textOf = (check: () => void): string => {
  try {
    check();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

test('metadata is of its types', () => {
  const cases: [unknown, string][] = [
    [undefined, ''],
    [null, ''],
    [{ name: 'a', labels: { a: null }, bogus: 5, creationTimestamp: null }, ''],
    [{ name: true }, 'bool into Go struct field ObjectMeta.metadata.name of type string'],
    [{ name: 5 }, 'number into Go struct field ObjectMeta.metadata.name of type string'],
    [{ labels: { a: 1 } }, 'number into Go struct field ObjectMeta.metadata.labels of type string'],
    [{ labels: { a: true, b: 1.5 } }, 'bool into Go struct field ObjectMeta.metadata.labels of type string'],
    [{ labels: { a: {} } }, 'object into Go struct field ObjectMeta.metadata.labels of type string'],
    [{ labels: [] }, 'array into Go struct field ObjectMeta.metadata.labels of type map[string]string'],
    [
      { labels: { a: 1 }, annotations: { a: true } },
      'bool into Go struct field ObjectMeta.metadata.annotations of type string',
    ],
    [{ finalizers: 'x' }, 'string into Go struct field ObjectMeta.metadata.finalizers of type []string'],
    [{ generation: 1.5 }, 'number 1.5 into Go struct field ObjectMeta.metadata.generation of type int64'],
    [
      { ownerReferences: [{ controller: 'x' }] },
      'string into Go struct field OwnerReference.metadata.ownerReferences.controller of type bool',
    ],
    [{ uid: 5 }, 'number into Go struct field ObjectMeta.metadata.uid of type types.UID'],
  ];
  for (const [metadata, problem] of cases)
    assert.is(
      textOf(() => checkMetadata({ metadata } as KubeObject)),
      problem && `unable to decode "": json: cannot unmarshal ${problem}`,
    );
});

test('documents tell what they are', () => {
  const cases: [Value, string][] = [
    [{ apiVersion: 'v1', kind: 'ConfigMap' }, ''],
    [{ a: 1 }, '[apiVersion not set, kind not set]'],
    [{ apiVersion: 'v1', kind: 5 }, "kind isn't string type"],
    [{ apiVersion: 5, kind: 'ConfigMap' }, "apiVersion isn't string type"],
    [{ apiVersion: 'a/b/c', kind: 'ConfigMap' }, 'unexpected GroupVersion string: a/b/c'],
    [{ apiVersion: 'v1', kind: 'List' }, 'invalid object to validate'],
    [{ apiVersion: 'v1', kind: 'List', items: [5] }, 'invalid object to validate'],
    [{ apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'v1' }] }, 'kind not set'],
  ];
  for (const [value, problem] of cases)
    assert.is(
      textOf(() => checkTyped(value)),
      problem && `error validating "": error validating data: ${problem}`,
    );
});

test.run();
