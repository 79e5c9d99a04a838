import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type InstalledEditor, installedEditor } from './editor-install';
import { run } from './project';

/** Quiet start: nothing but the extension and the scenarios. */
const settings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'git.enabled': false,
  'debug.toolBarLocation': 'docked',
};

/** A running browser edition of the editor. */
export interface EditorServer {
  /** Throw-away folder for the editor's own data and for a test's files; deleted by `stop`. */
  folder: string;
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  origin: string;
  /** Ends every process that was started and deletes the throw-away folder. */
  stop(): Promise<void>;
}

/** Address of a window on a folder with a file open, both absolute; without a folder an empty window. */
export function windowAddress(origin: string, folder?: string, file?: string): string {
  const url = new URL(origin);
  if (folder === undefined) url.searchParams.set('ew', 'true');
  else url.searchParams.set('folder', folder);
  const open = [['openFile', `vscode-remote://${url.host}${file}`]];
  if (file !== undefined) url.searchParams.set('payload', JSON.stringify(open));
  return url.href;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

async function untilReady(origin: string, server: ChildProcess, log: () => string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (server.exitCode !== null) break;
    const answer = await fetch(`${origin}/healthz`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error(`The editor did not start:\n${log()}`);
}

/** Environment in which neither the editor nor what it starts leaves files in the user's folders. */
function throwAwayEnvironment(folder: string): NodeJS.ProcessEnv {
  const inside = (name: string) => join(folder, name);
  const { PATH, LANG } = process.env;
  return {
    PATH,
    LANG,
    HOME: folder,
    TMPDIR: folder,
    XDG_CONFIG_HOME: inside('config'),
    XDG_DATA_HOME: inside('share'),
    XDG_CACHE_HOME: inside('cache'),
    XDG_RUNTIME_DIR: inside('run'),
  };
}

async function writeProfile(folder: string): Promise<string[]> {
  const user = join(folder, 'data', 'User');
  await mkdir(user, { recursive: true });
  await mkdir(join(folder, 'run'));
  await writeFile(join(user, 'settings.json'), JSON.stringify(settings));
  await writeFile(join(folder, 'config.yaml'), '');
  const folders = ['--user-data-dir', join(folder, 'data'), '--extensions-dir', join(folder, 'extensions')];
  return ['--config', join(folder, 'config.yaml'), ...folders];
}

/** Ends the server's process group: it was started as its leader. */
async function endGroup(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null) return;
  const ended = once(server, 'exit');
  process.kill(-server.pid, 'SIGTERM');
  const inTime = await Promise.race([ended.then(() => true), sleep(5000, false, { ref: false })]);
  if (!inTime) process.kill(-server.pid, 'SIGKILL');
}

function launch(editor: InstalledEditor, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(editor.node, [editor.entry, ...args], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What an editor is started with besides the quiet profile. */
export interface EditorOptions {
  /** A packaged extension to be installed. */
  vsix?: string;
  /** More arguments, and variables that reach the extension host. */
  args?: readonly string[];
  env?: NodeJS.ProcessEnv;
}

/** Starts the editor on a free loopback port. */
export async function startEditor({ vsix, args = [], env: more = {} }: EditorOptions): Promise<EditorServer> {
  const editor = await installedEditor();
  const folder = await mkdtemp(join(tmpdir(), 'hmm-'));
  const env = { ...throwAwayEnvironment(folder), ...more };
  const profile = await writeProfile(folder);
  if (vsix !== undefined)
    await run(editor.node, [editor.entry, ...profile, '--install-extension', vsix], { env });

  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const quiet = ['telemetry', 'update-check', 'getting-started-override', 'workspace-trust'].map(
    (x) => `--disable-${x}`,
  );
  const listen = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--ignore-last-opened'];
  const server = launch(editor, [...profile, ...listen, ...quiet, ...args], env);
  let log = '';
  const keep = (data: Buffer) => {
    log = `${log}${data}`.slice(-4000);
  };
  server.stdout?.on('data', keep);
  server.stderr?.on('data', keep);

  const stop = async () => {
    await endGroup(server);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    await untilReady(origin, server, () => log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { folder, origin, stop };
}
