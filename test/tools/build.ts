import { readdirSync, statSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { build as buildWithConstants } from 'rolldown';
import { inProject, root } from './project';

/** Largest size of the extension host's bundle; it must not contain the engine. */
const extensionLimit = 300 * 1024;

export const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
};

const extension: BuildOptions = {
  ...common,
  entryPoints: ['src/extension/extension.ts'],
  outfile: 'dist/extension.cjs',
  external: ['vscode'],
  minify: true,
};

/**
 * What runs together lies together: a constant of another chunk is looked up each time it is used. What is named first takes
 * what it needs with it.
 */
const CHUNKS = [
  { name: 'words', test: /src\/language\/(characters|suggest)\.ts$/ },
  { name: 'language', test: /src\/language\// },
  { name: 'engine', test: /src\/(engine|view|program|debugger)\// },
];

/**
 * Builds the command line as a program that can be run by its name; what only some commands need lies in files beside it.
 * By another bundler than the rest: esbuild makes a `var` of every constant of a module, which V8 has to load each time it
 * is used, and here the engine is in it.
 */
export async function buildCommandLine(outfile: string): Promise<void> {
  await buildWithConstants({
    cwd: root,
    input: 'src/cli/main.ts',
    platform: 'node',
    transform: { target: 'node20' },
    output: {
      dir: dirname(outfile),
      entryFileNames: basename(outfile),
      chunkFileNames: `${basename(outfile, '.cjs')}-[name].cjs`,
      format: 'cjs',
      banner: ({ isEntry }) => (isEntry ? '#!/usr/bin/env node' : ''),
      sourcemap: true,
      comments: { legal: false },
      codeSplitting: { groups: CHUNKS },
    },
    logLevel: 'warn',
  });
  // npm makes it a program only where it links the command itself.
  await chmod(outfile, 0o755);
}

/** Largest size of a picture's bundle. */
const viewLimit = 250 * 1024;

/** Every folder of src/views but the kit that they share. */
const pictures = readdirSync(inProject('src/views'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'kit')
  .map(({ name }) => name);

/** The pictures: browser code, one bundle each. */
const views: BuildOptions = {
  ...common,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  entryPoints: Object.fromEntries(pictures.map((name) => [name, `src/views/${name}/main.ts`])),
  outdir: 'dist/views',
  minify: true,
};

function mustFit(file: string, limit: number): void {
  const { size } = statSync(inProject(file));
  if (size > limit) throw new Error(`${file} has ${size} bytes, more than the ${limit} it may have.`);
}

/** Builds `dist/`: the extension host's bundle, the command line with the adapter in it, and the pictures. */
export async function buildAll(): Promise<void> {
  await rm(inProject('dist'), { recursive: true, force: true });
  await Promise.all([build(extension), buildCommandLine(inProject('dist/hmm-trace.cjs')), build(views)]);
  mustFit('dist/extension.cjs', extensionLimit);
  for (const name of pictures) mustFit(`dist/views/${name}.js`, viewLimit);
}

if (process.argv[1] === import.meta.filename) await buildAll();
