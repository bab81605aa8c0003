// Bundles the command line and the library into dist/. Runs on `npm ci`, so it needs nothing but esbuild.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);
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

mkdirSync('dist', { recursive: true });
if (existsSync('src/bin.ts')) {
  rmSync('dist', { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: { portolan: 'src/bin.ts' },
    outdir: 'dist',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    banner: { js: '#!/usr/bin/env node' },
  });
  chmodSync('dist/portolan.cjs', 0o755);
  await build({
    ...common,
    entryPoints: ['src/index.ts'],
    outfile: 'dist/index.js',
    format: 'esm',
    packages: 'external',
  });
}
