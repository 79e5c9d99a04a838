import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** The project's folder. */
export const root = resolve(import.meta.dirname, '..', '..');

/** An absolute path inside the project. */
export const inProject = (...parts: string[]): string => join(root, ...parts);

/** The parts of package.json that the tools and tests read. */
export interface Manifest {
  name: string;
  displayName: string;
  version: string;
  scripts: Readonly<Record<string, string>>;
}

/** The project's package.json. */
export function manifest(): Manifest {
  return JSON.parse(readFileSync(inProject('package.json'), 'utf8')) as Manifest;
}

/** How to run a command: folder and environment (default: ours), output shown or kept for the error. */
export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  show?: boolean;
}

/** Runs a command to its end; answers its standard output, or rejects with its last lines when it fails. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { cwd = root, env = process.env, show = false } = options;
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let all = '';
    child.stdout.on('data', (data: Buffer) => {
      out += data;
      all += data;
      if (show) process.stdout.write(data);
    });
    child.stderr.on('data', (data: Buffer) => {
      all += data;
      if (show) process.stderr.write(data);
    });
    child.on('error', fail);
    child.on('close', (code, signal) => {
      if (code === 0) done(out);
      else
        fail(
          new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}:\n${all.slice(-3000).trim()}`),
        );
    });
  });
}

/** The command of a tool that npm installed in this project. */
export const npmTool = (name: string): string => inProject('node_modules', '.bin', name);

/** The first of these commands that a folder of the PATH has, as an absolute path. */
export function onPath(...names: string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => existsSync(file));
}
