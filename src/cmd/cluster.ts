/** What the commands of `cluster` have in common. */
import { resolve } from 'node:path';
import { dataFolder } from '../cluster/folders.ts';
import type { CommandContext } from './command.ts';

export const dataDirOf = ({ environment }: Pick<CommandContext, 'environment'>): string =>
  resolve(environment.directory, dataFolder(environment.variables, environment.home));
