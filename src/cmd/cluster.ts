/** What the commands of `cluster` have in common. */
import { dataFolder } from '../cluster/folders.ts';
import type { CommandContext } from './command.ts';

export const dataDirOf = ({ environment }: Pick<CommandContext, 'environment'>): string =>
  dataFolder(environment.variables, environment.home);
