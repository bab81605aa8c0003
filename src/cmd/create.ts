/** `create`: a new chart, with files to begin with. */
import { basename, isAbsolute, join, resolve } from 'node:path';
import { createChart } from '../action/create.ts';
import { type Command, exactArgs } from './command.ts';
import { dataPath } from './settings.ts';

const LONG = `
Create a chart: a directory of that name with Chart.yaml, values.yaml, templates
for the usual objects, and a test.

    $ portolan create web
    $ portolan create web --engine handlebars
`;

export const command: Command = {
  use: 'create NAME',
  long: LONG,
  args: exactArgs(1),
  flags: [
    { name: 'starter', short: 'p', type: 'string', help: 'name or path of a chart to copy instead' },
    { name: 'engine', type: 'string', default: 'go', help: 'what the templates are written in: go or handlebars' },
  ],
  async run({ args, flags, environment, stdout }) {
    const engine = flags.string('engine');
    if (engine !== 'go' && engine !== 'handlebars')
      throw new Error(`invalid engine ${JSON.stringify(engine)}: must be one of: go, handlebars`);
    const name = args[0]!;
    const path = isAbsolute(name) || name === '' ? name : resolve(environment.directory, name);
    stdout.write(`Creating ${name}\n`);
    await createChart({
      // As Go, by which `web/` is what lies in web.
      name: name.endsWith('/') ? join(path, basename(path)) : path,
      engine,
      ...(flags.string('starter') !== '' && { starter: flags.string('starter') }),
      startersDirectory: dataPath(environment, 'starters'),
      warn: (message) => stdout.write(`${message}\n`),
    });
    return undefined;
  },
};
