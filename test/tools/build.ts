import { statSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
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

/** Builds the command line as a program that can be run by its name. */
export async function buildCommandLine(outfile: string): Promise<void> {
  const banner = { js: '#!/usr/bin/env node' };
  await build({ ...common, entryPoints: ['src/cli/main.ts'], outfile, banner });
  // npm makes it a program only where it links the command itself.
  await chmod(outfile, 0o755);
}

/** Builds `dist/`: the extension host's bundle, and the command line with the adapter in it. */
export async function buildAll(): Promise<void> {
  await rm(inProject('dist'), { recursive: true, force: true });
  await Promise.all([build(extension), buildCommandLine(inProject('dist/hmm-trace.cjs'))]);
  const size = statSync(inProject('dist/extension.cjs')).size;
  if (size > extensionLimit) {
    throw new Error(`dist/extension.cjs has ${size} bytes, more than the ${extensionLimit} it may have.`);
  }
}

if (process.argv[1] === import.meta.filename) await buildAll();
