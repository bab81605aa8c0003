/** What a plugin.yaml says: Helm's first form, which has no apiVersion, and v1, read into one shape. */
import { parseYaml } from '../encoding/yaml.ts';
import { isStrictVersion } from '../semver/version.ts';
import { isMap, type Value, type ValueMap } from '../template/value.ts';

export const PLUGIN_TYPES = ['cli/v1', 'getter/v1', 'postrenderer/v1'] as const;
export type PluginType = (typeof PLUGIN_TYPES)[number];

export interface PluginMetadata {
  apiVersion: 'legacy' | 'v1';
  name: string;
  /** '' where there is none. */
  version: string;
  type: PluginType;
  runtime: 'subprocess' | 'extism/v1';
  sourceUrl: string;
  /** How it shows among the commands. */
  usage: string;
  shortHelp: string;
  longHelp: string;
  /** Gets none of the words that stand behind its name. */
  ignoreFlags: boolean;
  /** Schemes of addresses that it fetches. */
  protocols: string[];
  commands: PlatformCommand[];
  /** By event: install, update, delete. */
  hooks: Record<string, PlatformCommand[]>;
  /** Whether variables in arguments of hooks are replaced here; else the shell does that. */
  expandsHooks: boolean;
  protocolCommands: { protocols: string[]; commands: PlatformCommand[] }[];
}

export interface PlatformCommand {
  /** As Go names them; '' is any. */
  os: string;
  arch: string;
  /** A program and, behind blanks, its first arguments. */
  command: string;
  args: string[];
}

const NAME = /^[A-Za-z0-9_-]+$/;

/** Throws Helm's words. */
export function parsePluginMetadata(text: string): PluginMetadata {
  const data = parsed(text);
  if (!isMap(data)) throw new Error('invalid plugin name "": must contain only a-z, A-Z, 0-9, _ and -');
  const apiVersion = textOf(data.apiVersion);
  if (apiVersion !== '' && apiVersion !== 'v1') throw new Error(`invalid plugin apiVersion: "${apiVersion}"`);
  return apiVersion === '' ? legacyMetadata(data) : metadataV1(data);
}

function parsed(text: string): Value {
  try {
    return parseYaml(text);
  } catch (cause) {
    const reason = (cause as Error).message.replace('error converting YAML to JSON: ', '');
    throw new Error(`failed to peek plugin.yaml API version: ${reason}`, { cause });
  }
}

function legacyMetadata(data: ValueMap): PluginMetadata {
  const [name, version, command] = [textOf(data.name), textOf(data.version), textOf(data.command)];
  if (!NAME.test(name))
    throw new Error(`invalid plugin name ${JSON.stringify(name)}: must contain only a-z, A-Z, 0-9, _ and -`);
  if (version !== '' && !isStrictVersion(version))
    throw new Error(`invalid plugin version ${JSON.stringify(version)}: must be valid semver`);
  const [commands, platformHooks] = [commandsOf(data.platformCommand), hooksOf(data.platformHooks)];
  const shellHooks = isMap(data.hooks) ? Object.entries(data.hooks) : [];
  if (commands.length > 0 && command !== '') throw new Error('both platformCommand and command are set');
  if (Object.keys(platformHooks).length > 0 && shellHooks.length > 0)
    throw new Error('both platformHooks and hooks are set');
  const protocolCommands = listOf(data.downloaders).map(downloaderOf);
  return {
    apiVersion: 'legacy',
    name,
    version,
    type: protocolCommands.length > 0 ? 'getter/v1' : 'cli/v1',
    runtime: 'subprocess',
    sourceUrl: '',
    usage: '',
    shortHelp: onOneLine(textOf(data.usage)),
    longHelp: textOf(data.description),
    ignoreFlags: data.ignoreFlags === true,
    protocols: protocolCommands.flatMap(({ protocols }) => protocols),
    commands: command === '' ? commands : [anywhere(command)],
    hooks: {
      ...platformHooks,
      ...Object.fromEntries(shellHooks.map(([event, line]) => [event, [anywhere('sh', ['-c', textOf(line)])]])),
    },
    expandsHooks: shellHooks.length === 0,
    protocolCommands,
  };
}

const anywhere = (command: string, args: string[] = []): PlatformCommand => ({ os: '', arch: '', command, args });

function downloaderOf(downloader: ValueMap, at: number) {
  const [command, protocols] = [textOf(downloader.command), textsOf(downloader.protocols)];
  if (command === '') throw new Error(`downloader ${at} has empty command`);
  if (protocols.length === 0) throw new Error(`downloader ${at} has no protocols`);
  const empty = protocols.indexOf('');
  if (empty >= 0) throw new Error(`downloader ${at} has empty protocol at index ${empty}`);
  return { protocols, commands: [anywhere(command)] };
}

const V1_FIELDS = ['apiVersion', 'name', 'type', 'runtime', 'version', 'sourceURL', 'config', 'runtimeConfig'];
const CONFIG_FIELDS: Record<PluginType, string[]> = {
  'cli/v1': ['usage', 'shortHelp', 'longHelp', 'ignoreFlags'],
  'getter/v1': ['protocols'],
  'postrenderer/v1': [],
};

function metadataV1(data: ValueMap): PluginMetadata {
  checkFields(data, V1_FIELDS, 'MetadataV1');
  const [name, version, type] = [textOf(data.name), textOf(data.version), textOf(data.type)];
  const runtime = textOf(data.runtime);
  if (!NAME.test(name)) throw new Error('invalid plugin `name`');
  if (version === '') throw new Error('plugin `version` is required');
  if (!isStrictVersion(version))
    throw new Error(`invalid plugin \`version\` ${JSON.stringify(version)}: must be valid semver`);
  if (type === '') throw new Error('`type` missing');
  if (runtime === '') throw new Error('`runtime` missing');
  if (!isPluginType(type)) throw new Error(`failed to convert MetadataV1 to Metadata: unknown plugin type "${type}"`);
  if (runtime !== 'subprocess' && runtime !== 'extism/v1')
    throw new Error(`failed to convert MetadataV1 to Metadata: unsupported plugin runtime type: "${runtime}"`);
  const config = isMap(data.config) ? data.config : {};
  const runtimeConfig = isMap(data.runtimeConfig) ? data.runtimeConfig : {};
  checkFields(config, CONFIG_FIELDS[type], 'Config');
  const protocols = textsOf(config.protocols);
  if (type === 'getter/v1' && protocols.length === 0)
    throw new Error('config validation failed: getter has no protocols');
  if (protocols.includes(''))
    throw new Error(`config validation failed: getter has empty protocol at index ${protocols.indexOf('')}`);
  return {
    apiVersion: 'v1',
    name,
    version,
    type,
    runtime,
    sourceUrl: textOf(data.sourceURL),
    usage: textOf(config.usage),
    shortHelp: textOf(config.shortHelp),
    longHelp: textOf(config.longHelp),
    ignoreFlags: config.ignoreFlags === true,
    protocols,
    commands: commandsOf(runtimeConfig.platformCommand),
    hooks: hooksOf(runtimeConfig.platformHooks),
    // As Helm, whose field for it is set by the old form alone.
    expandsHooks: false,
    protocolCommands: listOf(runtimeConfig.protocolCommands).map((entry) => ({
      protocols: textsOf(entry.protocols),
      commands: commandsOf(entry.platformCommand),
    })),
  };
}

const isPluginType = (type: string): type is PluginType => (PLUGIN_TYPES as readonly string[]).includes(type);

function checkFields(map: ValueMap, known: string[], type: string): void {
  const unknown = Object.keys(map).find((field) => !known.includes(field));
  if (unknown !== undefined)
    throw new Error(`yaml: unmarshal errors: field ${unknown} not found in type plugin.${type}`);
}

const textOf = (value: Value | undefined): string => (value === undefined || value === null ? '' : String(value));
const textsOf = (value: Value | undefined): string[] => (Array.isArray(value) ? value.map(textOf) : []);
const listOf = (value: Value | undefined): ValueMap[] => (Array.isArray(value) ? value.filter(isMap) : []);

const commandsOf = (value: Value | undefined): PlatformCommand[] =>
  listOf(value).map(({ os, arch, command, args }) => ({
    os: textOf(os),
    arch: textOf(arch),
    command: textOf(command),
    args: textsOf(args),
  }));

const hooksOf = (value: Value | undefined): Record<string, PlatformCommand[]> =>
  isMap(value) ? Object.fromEntries(Object.entries(value).map(([event, list]) => [event, commandsOf(list)])) : {};

/** What does not print is left out of a line for lists. */
const onOneLine = (text: string): string => text.replace(/\s/gu, ' ').replace(/[\p{Cc}\p{Cf}]/gu, '');
