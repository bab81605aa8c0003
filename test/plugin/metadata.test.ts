import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePluginMetadata } from '../../src/plugin/metadata.ts';

const V1 = 'apiVersion: v1\nname: one\nversion: 1.0.0\ntype: cli/v1\nruntime: subprocess\n';

test('a plugin of the first form', () => {
  const plugin = parsePluginMetadata(
    'name: one\nversion: 0.1.0\nusage: "a\\tb"\ndescription: long\ncommand: $HELM_PLUGIN_DIR/run x\nhooks: {install: echo $HOME}\n',
  );
  assert.is(plugin.type, 'cli/v1');
  assert.is(plugin.shortHelp, 'a b');
  assert.equal(plugin.commands, [{ os: '', arch: '', command: '$HELM_PLUGIN_DIR/run x', args: [] }]);
  assert.equal(plugin.hooks.install, [{ os: '', arch: '', command: 'sh', args: ['-c', 'echo $HOME'] }]);
  assert.is(plugin.expandsHooks, false);
});

test('one with downloaders fetches', () => {
  const plugin = parsePluginMetadata('name: one\ndownloaders: [{protocols: [s3, s4], command: get}]\n');
  assert.is(plugin.type, 'getter/v1');
  assert.equal(plugin.protocols, ['s3', 's4']);
});

test('a plugin of v1', () => {
  const plugin = parsePluginMetadata(
    `${V1}sourceURL: https://a.example\nconfig: {shortHelp: short, ignoreFlags: true}\nruntimeConfig:\n  platformCommand: [{os: linux, command: run, args: [a]}]\n`,
  );
  assert.is(plugin.sourceUrl, 'https://a.example');
  assert.is(plugin.ignoreFlags, true);
  assert.equal(plugin.commands, [{ os: 'linux', arch: '', command: 'run', args: ['a'] }]);
});

const REFUSED: [text: string, reason: RegExp][] = [
  ['', /^invalid plugin name ""/],
  ['name: ../x', /^invalid plugin name "\.\.\/x": must contain only/],
  ['name: a\nversion: "1"', /^invalid plugin version "1": must be valid semver$/],
  ['name: a\ncommand: x\nplatformCommand: [{command: y}]', /^both platformCommand and command are set$/],
  ['name: a\nhooks: {install: x}\nplatformHooks: {install: [{command: y}]}', /^both platformHooks and hooks are set$/],
  ['name: a\ndownloaders: [{protocols: [x]}]', /^downloader 0 has empty command$/],
  ['name: a\ndownloaders: [{command: x}]', /^downloader 0 has no protocols$/],
  ['name: a\ndownloaders: [{command: x, protocols: [y, ""]}]', /^downloader 0 has empty protocol at index 1$/],
  ['apiVersion: v2\nname: a', /^invalid plugin apiVersion: "v2"$/],
  [V1.replace('one', '"a/b"'), /^invalid plugin `name`$/],
  [V1.replace('version: 1.0.0', 'version: ""'), /^plugin `version` is required$/],
  [V1.replace('1.0.0', 'one'), /^invalid plugin `version` "one": must be valid semver$/],
  [V1.replace('type: cli/v1\n', ''), /^`type` missing$/],
  [V1.replace('runtime: subprocess\n', ''), /^`runtime` missing$/],
  [V1.replace('cli/v1', 'other/v1'), /unknown plugin type "other\/v1"$/],
  [V1.replace('subprocess', 'java'), /unsupported plugin runtime type: "java"$/],
  [V1.replace('cli/v1', 'getter/v1'), /getter has no protocols$/],
  [`${V1}other: 1`, /field other not found/],
];

test('what is no plugin is refused with the reason', () => {
  for (const [text, reason] of REFUSED)
    assert.throws(
      () => parsePluginMetadata(text),
      (error: Error) => reason.test(error.message) || assert.is(error.message, String(reason)),
      text,
    );
});

test.run();
