import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gvkOf, type KubeObject } from '../../src/api/object.ts';
import { decodeProtobuf } from '../../src/api/protobuf.ts';
import { typeOf } from '../../src/api/scheme.ts';
import { StatusError } from '../../src/api/status.ts';
import { decodeTyped } from '../../src/api/strict.ts';

interface Capture {
  command: string;
  type: string;
  body: string;
  object: KubeObject;
}

/** What kubectl 1.36.3 sent for each command, and what it printed with `--dry-run=client -o json`. */
const CAPTURES = JSON.parse(readFileSync(new URL('../golden/api/protobuf.json', import.meta.url), 'utf8')) as Capture[];

const withoutNamespace = (object: KubeObject): KubeObject => {
  const { namespace: _, ...metadata } = object.metadata;
  return { ...object, metadata };
};

test('what kubectl sends is what it says', () => {
  const captures = CAPTURES.filter(({ type }) => type === 'application/vnd.kubernetes.protobuf');
  assert.ok(captures.length >= 10);
  for (const { command, body, object } of captures) {
    const bytes = Buffer.from(body, 'base64');
    const decoded = decodeProtobuf(bytes);
    const type = typeOf(gvkOf(object))!;
    assert.equal(decoded.gvk, gvkOf(object), command);
    const read = decodeTyped<KubeObject>(decoded.object, type);
    assert.equal(read.strict, [], command);
    assert.equal(
      withoutNamespace(read.object),
      withoutNamespace(decodeTyped<KubeObject>(object, type).object),
      command,
    );
  }
});

/** A runtime.Unknown of `kind` around `raw`. */
function wrap(apiVersion: string, kind: string, raw: number[]): Uint8Array {
  const text = (field: number, value: string) => [field * 8 + 2, value.length, ...Buffer.from(value)];
  const meta = [...text(1, apiVersion), ...text(2, kind)];
  return Uint8Array.from([0x6b, 0x38, 0x73, 0, 10, meta.length, ...meta, 0x12, raw.length, ...raw]);
}

const refusal = (bytes: Uint8Array): string => {
  try {
    decodeProtobuf(bytes);
  } catch (error) {
    assert.instance(error, StatusError);
    assert.is((error as StatusError).code, 400);
    return (error as StatusError).message;
  }
  return 'no error';
};

test('bytes that are no object are refused with 400', () => {
  const cases: [bytes: Uint8Array, message: string][] = [
    [Buffer.from('{}'), 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]'],
    [wrap('v1', 'Nope', []), 'no kind "Nope" is registered for version "v1"'],
    [wrap('v1', 'ConfigMap', [0x0a, 0x7f]), 'unexpected EOF'],
    [wrap('v1', 'ConfigMap', [0x0b]), 'proto: wrong wireType = 3 for field 1'],
    [wrap('v1', 'ConfigMap', [0xff]), 'unexpected EOF'],
    [wrap('v1', 'ConfigMap', [0x0a, ...Array<number>(20).fill(0xff)]), 'proto: integer overflow'],
  ];
  for (const [bytes, message] of cases) assert.is(refusal(bytes), message);
});

test('no cut or flipped byte does anything but decode or be refused', () => {
  const bytes = Buffer.from(CAPTURES.find(({ command }) => command.includes('deployment'))!.body, 'base64');
  for (let end = 0; end < bytes.length; end++) refusal(bytes.subarray(0, end));
  for (let at = 4; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes);
    flipped[at] = flipped[at]! ^ 0x55;
    refusal(flipped);
  }
});

test('depth is bounded', () => {
  // JSONSchemaProps.not within itself.
  let raw: number[] = [];
  const message = (field: number, body: number[]) => {
    const tag = field * 8 + 2;
    const varint = (value: number) => (value < 128 ? [value] : [(value % 128) | 128, Math.floor(value / 128)]);
    return [...varint(tag), ...varint(body.length), ...body];
  };
  for (let i = 0; i < 200; i++) raw = message(28, raw);
  const schema = message(1, raw);
  const version = [...message(4, schema)];
  const crd = message(2, message(7, version));
  const head = wrap('apiextensions.k8s.io/v1', 'CustomResourceDefinition', []);
  const bytes = Buffer.concat([head.subarray(0, head.length - 2), Buffer.from(message(2, crd))]);
  assert.is(refusal(bytes), 'proto: exceeded max depth');
});

test.run();
