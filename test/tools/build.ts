import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type BuildOptions, build } from 'esbuild';
import { inProject, root } from './project';

/** Largest size of the extension host's bundle; it must not contain the engine. */
const extensionLimit = 300 * 1024;

const common: BuildOptions = {
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

const commandLine: BuildOptions = {
  ...common,
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/hmm-trace.cjs',
  banner: { js: '#!/usr/bin/env node' },
};

/** Builds `dist/`: the extension host's bundle, and the command line with the adapter in it. */
export async function buildAll(): Promise<void> {
  await rm(inProject('dist'), { recursive: true, force: true });
  await Promise.all([build(extension), build(commandLine)]);
  const size = statSync(inProject('dist/extension.cjs')).size;
  if (size > extensionLimit) {
    throw new Error(`dist/extension.cjs has ${size} bytes, more than the ${extensionLimit} it may have.`);
  }
}

if (process.argv[1] === import.meta.filename) await buildAll();
