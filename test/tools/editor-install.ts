import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { run } from './project';

/** The browser edition of VS Code (1.139.1) and the Node it runs on, both from npm. */
const editorVersion = '4.139.1';
const nodeVersion = '24.21.0';

/** An installed editor: its entry file and the Node that runs it. */
export interface InstalledEditor {
  node: string;
  entry: string;
}

/** Folder for what this project keeps between runs, in the user's cache folder. */
function cacheFolder(): string {
  const ours = 'hmm-trace-debugger';
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', ours);
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), ours);
}

/** npm's environment without what `npm run` says about this project, with the editor's Node first. */
function installEnvironment(nodeFolder: string): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(
    ([name]) => !/^npm_(package|lifecycle|config_local_prefix)/.test(name),
  );
  return { ...Object.fromEntries(ours), PATH: `${nodeFolder}${delimiter}${process.env['PATH'] ?? ''}` };
}

/** Says what is being done and for how long, on one line of a terminal or every ten seconds elsewhere. */
async function withProgress<T>(what: string, work: Promise<T>): Promise<T> {
  const start = Date.now();
  const terminal = process.stdout.isTTY;
  const line = () => `${what} … ${Math.round((Date.now() - start) / 1000)} s`;
  process.stdout.write(terminal ? line() : `${what}\n`);
  const tick = () => process.stdout.write(terminal ? `\r${line()}` : `${line()}\n`);
  const timer = setInterval(tick, terminal ? 500 : 10_000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    process.stdout.write(terminal ? `\r${line()}\n` : `${line()}, done\n`);
  }
}

const filesIn = (folder: string): InstalledEditor => ({
  node: join(folder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node'),
  entry: join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js'),
});

/** Installs into `folder` without running any package's scripts: nothing is compiled or downloaded elsewhere. */
async function install(folder: string): Promise<void> {
  const nodePackage = `node-${process.platform}-${process.arch}`;
  const dependencies = { 'code-server': editorVersion, [nodePackage]: nodeVersion };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  const env = installEnvironment(join(folder, 'node_modules', nodePackage, 'bin'));
  const flags = ['--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund'];
  await withProgress(
    '1/3 editor and its Node',
    run('npm', ['install', '--no-package-lock', ...flags], { cwd: folder, env }),
  );
  const inner = join(folder, 'node_modules', 'code-server', 'lib', 'vscode');
  await withProgress("2/3 the editor's own packages", run('npm', ['install', ...flags], { cwd: inner, env }));
  const { node, entry } = filesIn(folder);
  await withProgress('3/3 trying it', run(node, [entry, '--version'], { cwd: folder, env }));
}

/** Whether a folder belongs to an installation that is going on. */
function isBeingInstalled(name: string): boolean {
  const pid = Number(/-partial-(\d+)$/.exec(name)?.[1]);
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Deletes what interrupted installations and other versions left behind. */
async function tidy(cache: string, keep: string): Promise<void> {
  const old = (await readdir(cache)).filter(
    (name) => name.startsWith('editor-') && name !== keep && !isBeingInstalled(name),
  );
  await Promise.all(old.map((name) => rm(join(cache, name), { recursive: true, force: true })));
}

/**
 * The browser edition of the editor, installed once per version into the user's cache folder.
 * The folder's name is the version's stamp: it appears only when the installation was complete.
 */
export async function installedEditor(): Promise<InstalledEditor> {
  if (process.platform === 'win32') {
    throw new Error(
      'The browser edition of the editor needs Linux or macOS; install VS Code so that `code` is on the PATH.',
    );
  }
  const cache = cacheFolder();
  const name = `editor-${editorVersion}-node-${nodeVersion}`;
  const folder = join(cache, name);
  if (existsSync(folder)) return filesIn(folder);
  console.log(
    `Installing the browser edition of VS Code once (code-server ${editorVersion}, 750 MB) into ${folder}`,
  );
  const partial = `${folder}-partial-${process.pid}`;
  await mkdir(partial, { recursive: true });
  await install(partial);
  await rename(partial, folder).catch((error: unknown) => {
    if (!existsSync(folder)) throw error;
  });
  await tidy(cache, name);
  return filesIn(folder);
}
