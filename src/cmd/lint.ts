/** `lint`: charts are looked at for mistakes. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type LintResult, lintPaths } from '../action/lint.ts';
import { parseKubeVersion } from '../engine/capabilities.ts';
import { printMessage } from '../lint/message.ts';
import { overridesOf } from './chart-source.ts';
import { type Command, minimumArgs } from './command.ts';
import { COMPAT_FLAG, compatOf } from './compat.ts';
import { VALUE_FLAGS } from './flag-sets.ts';
import { namespaceOf } from './kubeconfig.ts';

const LONG = `
Look at charts for mistakes: in Chart.yaml, in values and their schema, in
templates, and in what they render. Errors fail; with --strict warnings do too.
`;

export const command: Command = {
  use: 'lint PATH',
  long: LONG,
  args: minimumArgs(1),
  flags: [
    { name: 'strict', type: 'bool', help: 'fail on warnings' },
    { name: 'with-subcharts', type: 'bool', help: 'lint the subcharts too' },
    { name: 'quiet', type: 'bool', help: 'print warnings and errors only' },
    { name: 'skip-schema-validation', type: 'bool', help: "do not check values against the chart's schema" },
    { name: 'kube-version', type: 'string', help: 'Kubernetes version to lint for' },
    ...VALUE_FLAGS,
    COMPAT_FLAG,
  ],
  async run(context) {
    const { args, flags, stdout, clock, log } = context;
    const kubeVersion = flags.string('kube-version');
    if (kubeVersion !== '') checkKubeVersion(kubeVersion);
    const paths = flags.bool('with-subcharts') ? [...args, ...args.flatMap(subcharts)] : args;
    const results = await lintPaths(paths, {
      overrides: await overridesOf(context),
      namespace: await namespaceOf(context),
      strict: flags.bool('strict'),
      skipSchemaValidation: flags.bool('skip-schema-validation'),
      ...(kubeVersion !== '' && { kubeVersion }),
      compat: compatOf(flags),
      now: () => clock.now(),
      log,
    });
    const quiet = flags.bool('quiet');
    const worth = results.filter((result) => !quiet || hasFindings(result));
    stdout.write(worth.map((result) => resultText(result, quiet)).join(''));
    const failed = worth.filter(({ errors }) => errors.length > 0).length;
    const summary = `${paths.length} chart(s) linted, ${failed} chart(s) failed`;
    if (failed > 0) throw new Error(summary);
    if (!quiet || worth.length > 0) stdout.write(`${summary}\n`);
    return undefined;
  },
};

const subcharts = (path: string): string[] =>
  filesBelow(join(path, 'charts'))
    .filter((file) => /(^|\/)Chart\.yaml$|\.tgz$|\.tar\.gz$/.test(file))
    .map((file) => join(path, 'charts', file.endsWith('Chart.yaml') ? dirname(file) : file));

function checkKubeVersion(text: string): void {
  try {
    parseKubeVersion(text);
  } catch (error) {
    throw new Error(`invalid kube version '${text}': ${(error as Error).message}`, { cause: error });
  }
}

function filesBelow(folder: string): string[] {
  try {
    return (readdirSync(folder, { recursive: true }) as string[]).sort();
  } catch {
    return [];
  }
}

const hasFindings = ({ messages, errors }: LintResult): boolean =>
  errors.length > 0 || messages.some(({ severity }) => severity !== 'INFO');

/** Errors are among the messages, unless the chart could not be looked at. */
function resultText({ path, messages, errors }: LintResult, quiet: boolean): string {
  const lines =
    messages.length === 0
      ? errors.map((error) => `Error ${error}`)
      : messages.filter(({ severity }) => !quiet || severity !== 'INFO').map(printMessage);
  return `==> Linting ${path}\n${lines.map((line) => `${line}\n`).join('')}\n`;
}
