/** Which of a plugin's commands is for this machine, and what it says once variables are replaced. */
import type { PlatformCommand } from './metadata.ts';

/** As Go names them: `linux` and `amd64`. */
export interface Machine {
  os: string;
  arch: string;
}

/** From Node's names. */
export const machineOf = (platform: string, arch: string): Machine => ({
  os: { win32: 'windows' }[platform] ?? platform,
  arch: { x64: 'amd64', ia32: '386' }[arch] ?? arch,
});

export interface PreparedCommand {
  file: string;
  args: string[];
}

export interface PrepareOptions {
  machine: Machine;
  variables: Readonly<Record<string, string | undefined>>;
  /** Replaces variables in arguments too; in the program's name they always are. */
  expandArgs: boolean;
  /** What the user adds. */
  extra?: readonly string[];
}

/** Throws Helm's words where none is for this machine. */
export function prepareCommand(commands: readonly PlatformCommand[], options: PrepareOptions): PreparedCommand {
  const chosen = chooseCommand(commands, options.machine);
  const [file = '', ...first] = chosen?.command.split(' ') ?? [];
  if (file === '') throw new Error('no plugin command is applicable');
  const expanded = (text: string) => (options.expandArgs ? expandVariables(text, options.variables) : text);
  return {
    file: expandVariables(file, options.variables),
    args: [...[...first, ...(chosen?.args ?? [])].map(expanded), ...(options.extra ?? [])],
  };
}

/** Both names given and right; else the first for this system on any architecture; else the first for any. */
function chooseCommand(commands: readonly PlatformCommand[], machine: Machine): PlatformCommand | undefined {
  const is = (name: string, actual: string) => name.toLowerCase() === actual;
  return (
    commands.find(({ os, arch }) => is(os, machine.os) && is(arch, machine.arch)) ??
    commands.find(({ os, arch }) => is(os, machine.os) && arch === '') ??
    commands.find(({ os, arch }) => os === '' && arch === '')
  );
}

/** As Go's os.Expand: `$name` and `${name}`; a variable that is not there is empty. */
export const expandVariables = (text: string, variables: PrepareOptions['variables']): string =>
  text.replace(
    /\$(?:\{([^}]*)\}|([A-Za-z_]\w*|[0-9*#$@!?-]))/g,
    (_, braced?: string, plain?: string) => variables[braced ?? plain ?? ''] ?? '',
  );
