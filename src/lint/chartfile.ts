/** Rules about Chart.yaml. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { baseName } from '../archive/path.ts';
import { systemMessage } from '../chart/load.ts';
import { type LooseMetadata, parseMetadata } from '../chart/metadata.ts';
import { parseYamlMap } from '../encoding/yaml.ts';
import { parseConstraint, validate } from '../semver/constraint.ts';
import { parseStrictVersion, parseVersion } from '../semver/version.ts';
import { typeName } from '../template/type.ts';
import { decodeUtf8 } from '../template/utf8.ts';
import { getKey, type ValueMap } from '../template/value.ts';
import { problemOf, type Report, type Severity } from './message.ts';
import { isEmail, isRequestUrl, isUrl } from './web-names.ts';

const FILE = 'Chart.yaml';

export function lintChartfile(directory: string, report: Report): void {
  const path = join(directory, FILE);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    report('ERROR', FILE, 'should be a file, not a directory');
  let text = '';
  let metadata: LooseMetadata = {};
  const problem = problemOf(() => {
    text = readText(path);
    metadata = parseMetadata(text);
  });
  if (!report('ERROR', FILE, problem && `unable to parse YAML\n\t${problem}`)) return;
  const strict = duplicateKeys(text) ?? problemOf(() => parseMetadata(text, {}, { strict: true }));
  report('WARNING', FILE, strict && `failed to strictly parse chart metadata file\n\t${strict}`);
  const plain = parseYamlMap(text);
  for (const [severity, rule] of RULES) report(severity, FILE, rule(metadata, plain));
}

function readText(path: string): string {
  try {
    return decodeUtf8(readFileSync(path));
  } catch (error) {
    throw new Error(`open ${path}: ${systemMessage(error)}`, { cause: error });
  }
}

/** The fields that stand there twice, in the words of go-yaml's strict reader. */
function duplicateKeys(text: string): string | undefined {
  const seen = new Set<string>();
  const found: string[] = [];
  text.split('\n').forEach((line, index) => {
    const key = /^([\w-]+):(?=\s|$)/.exec(line)?.[1];
    if (key === undefined) return;
    if (seen.has(key)) found.push(`\n  line ${index + 1}: key ${JSON.stringify(key)} already set in map`);
    seen.add(key);
  });
  return found.length === 0 ? undefined : `error converting YAML to JSON: yaml: unmarshal errors:${found.join('')}`;
}

type Rule = (metadata: LooseMetadata, plain: ValueMap) => string | undefined;

const RULES: [Severity, Rule][] = [
  ['ERROR', checkName],
  ['ERROR', checkApiVersion],
  ['ERROR', (_, plain) => checkString(plain, 'version')],
  ['ERROR', checkVersion],
  ['ERROR', (_, plain) => checkString(plain, 'appVersion')],
  ['ERROR', checkMaintainers],
  ['ERROR', checkSources],
  ['INFO', ({ icon = '' }) => (icon === '' ? 'icon is recommended' : undefined)],
  ['ERROR', ({ icon = '' }) => (icon !== '' && !isRequestUrl(icon) ? `invalid icon URL '${icon}'` : undefined)],
  ['ERROR', checkType],
  ['ERROR', checkDependencies],
  ['WARNING', checkStrictVersion],
];

function checkName({ name = '' }: LooseMetadata): string | undefined {
  if (name === '') return 'name is required';
  return baseName(name) === name ? undefined : `chart name ${JSON.stringify(name)} is invalid`;
}

function checkApiVersion({ apiVersion = '' }: LooseMetadata): string | undefined {
  if (apiVersion === '') return 'apiVersion is required. The value must be either "v1" or "v2"';
  if (apiVersion === 'v1' || apiVersion === 'v2') return undefined;
  return `apiVersion '${apiVersion}' is not valid. The value must be either "v1" or "v2"`;
}

function checkString(plain: ValueMap, key: string): string | undefined {
  const value = getKey(plain, key);
  if (value === undefined || typeof value === 'string') return undefined;
  return `${key} should be of type string but it's of type ${value === null ? 'nil' : typeName(value)}`;
}

function checkVersion({ version = '' }: LooseMetadata): string | undefined {
  if (version === '') return 'version is required';
  if (problemOf(() => parseVersion(version)) !== undefined) return `version '${version}' is not a valid SemVer`;
  const [problem] = validate(parseVersion(version), parseConstraint('>0.0.0-0'));
  return problem && `version ${problem}`;
}

function checkStrictVersion({ version = '' }: LooseMetadata): string | undefined {
  return problemOf(() => parseStrictVersion(version)) && `version '${version}' is not a valid SemVerV2`;
}

function checkMaintainers({ maintainers = [] }: LooseMetadata): string | undefined {
  for (const maintainer of maintainers) {
    if (maintainer === null) return 'a maintainer entry is empty';
    const { name = '', email = '', url = '' } = maintainer;
    if (name === '') return 'each maintainer requires a name';
    if (email !== '' && !isEmail(email)) return `invalid email '${email}' for maintainer '${name}'`;
    if (url !== '' && !isUrl(url)) return `invalid url '${url}' for maintainer '${name}'`;
  }
  return undefined;
}

function checkSources({ sources = [] }: LooseMetadata): string | undefined {
  const wrong = sources.find((source) => source === '' || !isRequestUrl(source));
  return wrong === undefined ? undefined : `invalid source URL '${wrong}'`;
}

function checkType({ type = '', apiVersion = '' }: LooseMetadata): string | undefined {
  if (type === '' || apiVersion === 'v2') return undefined;
  return `chart type is not valid in apiVersion '${apiVersion}'. It is valid in apiVersion 'v2'`;
}

function checkDependencies({ dependencies = [], apiVersion = '' }: LooseMetadata): string | undefined {
  if (dependencies.length === 0 || apiVersion === 'v2') return undefined;
  return `dependencies are not valid in the Chart file with apiVersion '${apiVersion}'. They are valid in apiVersion 'v2'`;
}
