/** The flags of commands that sign, and how they come to a passphrase. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemMessage } from '../chart/load.ts';
import type { SigningOptions } from '../provenance/signing-options.ts';
import type { CommandContext } from './command.ts';
import type { Flag } from './flag.ts';
import { askSecret } from './terminal.ts';

export const SIGN_FLAGS: Flag[] = [
  { name: 'sign', type: 'bool', help: 'sign the package with a PGP private key' },
  { name: 'key', type: 'string', help: 'name of the key to sign with' },
  { name: 'passphrase-file', type: 'string', help: 'file with the passphrase of the key; "-" is standard input' },
];

/** Undefined without `--sign`. Throws Helm's words. */
export function signingOf(context: CommandContext): SigningOptions | undefined {
  const { flags } = context;
  if (!flags.bool('sign')) return undefined;
  const [key, keyring, file] = [flags.string('key'), flags.string('keyring'), flags.string('passphrase-file')];
  if (key === '') throw new Error('--key is required for signing a package');
  if (keyring === '') throw new Error('--keyring is required for signing a package');
  return { keyring, key, passphrase: (name) => passphraseOf(context, file, name) };
}

async function passphraseOf(context: CommandContext, file: string, name: string): Promise<string> {
  const { environment, stdin } = context;
  if (file === '') return askSecret(context, `Password for key ${JSON.stringify(name)} >  `);
  const text = file === '-' ? await stdin() : readSecret(resolve(environment.directory, file), file);
  return text.split('\n', 1)[0]!.replace(/\r$/, '');
}

function readSecret(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`open ${shown}: ${systemMessage(error)}`, { cause: error });
  }
}
