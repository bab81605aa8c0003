// Bundles the command line and the library into dist/. Runs on `npm ci`, so it needs nothing but esbuild.
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  charset: 'ascii',
  legalComments: 'none',
  logLevel: 'warning',
  define: { PORTOLAN_VERSION: JSON.stringify(version) },
};
const program = {
  ...common,
  format: 'cjs',
  minifySyntax: true,
  minifyWhitespace: true,
  // Code run from a code cache can not import: what it loads later it requires.
  supported: { 'dynamic-import': false },
  define: { ...common.define, 'import.meta.url': '__url' },
  banner: { js: 'const __url = require("node:url").pathToFileURL(__filename).href;' },
};

rmSync('dist', { recursive: true, force: true });
await Promise.all([
  build({ ...program, entryPoints: ['src/bin.ts'], outfile: 'dist/program.cjs' }),
  build({
    ...program,
    entryPoints: ['src/launch.ts'],
    outfile: 'dist/portolan.cjs',
    banner: { js: '#!/usr/bin/env node' },
  }),
  build({ ...common, entryPoints: ['src/index.ts'], outfile: 'dist/index.js', format: 'esm', packages: 'external' }),
]);
chmodSync('dist/portolan.cjs', 0o755);
