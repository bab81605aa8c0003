// Bundles the command line and the library into dist/. Runs on `npm ci`, so it needs nothing but esbuild.
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const common = {
  absWorkingDir: process.cwd(),
  bundle: true,
  platform: 'node',
  target: 'node20',
  charset: 'ascii',
  legalComments: 'none',
  logLevel: 'warning',
  define: { PORTOLAN_VERSION: JSON.stringify(version) },
};
const program = { ...common, minify: true };

/**
 * The command line in parts: every command loads those it needs. Each part is an expression, a function that the
 * launcher runs from a code cache, which modules can not be run from. The packages left out are loaded by what seldom
 * needs them.
 */
async function buildParts() {
  const { outputFiles, metafile } = await build({
    ...program,
    format: 'esm',
    splitting: true,
    metafile: true,
    write: false,
    entryPoints: ['src/bin.ts'],
    outdir: 'dist/parts',
    entryNames: '[name]-[hash]',
    external: ['re2js', 'bcryptjs', 'smol-toml', 'pg', '@noble/hashes'],
    define: { ...common.define, 'import.meta.url': '__meta.url', PORTOLAN_IS_COMPILED: '__meta.isCompiled' },
  });
  mkdirSync('dist/parts', { recursive: true });
  for (const { path, text } of outputFiles) {
    const part = inAscii(toFunction(text));
    new Script(part, { filename: path }); // throws where the rewriting left something that is no expression
    writeFileSync(path, part);
  }
  const [entry] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === 'src/bin.ts');
  return { entry: basename(entry), files: outputFiles.map(({ path }) => basename(path)) };
}

/** The launcher reads a character a byte; esbuild leaves regular expressions and tagged templates as they are. */
const inAscii = (text) =>
  text.replace(/[^\x00-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * Rewrites a module as esbuild prints it: no line breaks in its imports and exports, no spaces that need not be. In
 * esbuild's own CommonJS every use of an import goes through a getter, which a short command feels.
 */
function toFunction(module) {
  let imports = '';
  const body = module
    .replace(/(?<=^|[;}\n])import(?:([ *{][^"'();]*)from)?"([^"]+)";/g, (_, names, from) => {
      imports += requireOf(names?.trim(), JSON.stringify(from));
      return '';
    })
    .replace(/\bexport\{([^{}]*)\};\s*$/, (_, names) => names.split(',').map(exportOf).join(''))
    .replace(/\bexport default ([^;]*);\s*(?=exports\.|$)/, DEFAULT)
    .replace(/\bimport\("/g, '__import("');
  return `(function(require,exports,__import,__meta){"use strict";${imports}${body}\n})`;
}

function requireOf(names, from) {
  if (names === undefined) return `require(${from});`;
  const [, plain, all, list] = /^([\w$]*),?(?:\*as ([\w$]+))?(\{.*\})?$/.exec(names);
  const whole = plain || all;
  const members = list === undefined ? '' : `const${list.replaceAll(' as ', ':')}=require(${from});`;
  return (whole ? `const ${whole}=require(${from});` : '') + members;
}

function exportOf(name) {
  const [local, outside = local] = name.split(' as ');
  return `exports.${outside}=${local};`;
}

/** What has but a default is a CommonJS package: as in Node, what that exports can be imported by its names too. */
const DEFAULT = 'Object.assign(exports,exports.default=$1,{default:exports.default});';

/** What only Node has is not there in a browser: a function that asks for it fails by its name, and nothing else does. */
const withoutNode = {
  name: 'without-node',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, kind, importer }) =>
      kind === 'require-call'
        ? { path, namespace: 'absent' }
        : { errors: [{ text: `${importer} takes ${path} into the browser` }] },
    );
    onLoad({ filter: /.*/, namespace: 'absent' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`a browser has no ${path.slice('node:'.length)} of Node`)});`,
    }));
  },
};

/** What an earlier build made is left for a while: a program that runs may still load it. */
function removeStale({ files }) {
  const old = Date.now() - 10 * 60 * 1000;
  for (const file of readdirSync('dist/parts')) {
    const path = join('dist/parts', file);
    if (!files.includes(file) && statSync(path).mtimeMs < old) rmSync(path);
  }
}

/** Names of parts tell what was written in src, and this what was made of it. */
const formOfParts = () => createHash('sha256').update(readFileSync('scripts/build.js')).digest('hex').slice(0, 8);

const parts = await buildParts();
await Promise.all([
  build({
    ...program,
    format: 'cjs',
    entryPoints: ['src/launch.ts'],
    outfile: 'dist/portolan.cjs',
    banner: { js: '#!/usr/bin/env node' },
    define: { PORTOLAN_PROGRAM: JSON.stringify(parts.entry), PORTOLAN_FORM: JSON.stringify(formOfParts()) },
  }),
  build({ ...common, entryPoints: ['src/index.ts'], outfile: 'dist/index.js', format: 'esm', packages: 'external' }),
  build({
    ...program,
    entryPoints: ['src/browser.ts'],
    outfile: 'dist/browser.js',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    plugins: [withoutNode],
  }),
]);
chmodSync('dist/portolan.cjs', 0o755);
removeStale(parts);
