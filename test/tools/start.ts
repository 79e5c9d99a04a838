/** `npm start`: builds, and opens the bundled scenarios in an editor with the extension loaded. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAll } from './build';
import { startEditor, windowAddress } from './editor-server';
import { packageExtension } from './package';
import { inProject, onPath, root } from './project';

const scenarios = inProject('scenarios');
const openFile = join(scenarios, 'page-comes-home.hmm');

/** Resolves when the user asks to stop. */
const asked = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
});

/** The processes below `pid`, itself last, so that parents don't start their children again. */
function processTree(pid: number): number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    pairs.flatMap(([child, itsParent]) =>
      child !== undefined && itsParent === parent ? [...below(child), child] : [],
    );
  return [...below(pid), pid];
}

function endTree(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  for (const pid of processTree(child.pid)) {
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // it has ended by itself
    }
  }
}

/** Desktop VS Code with its own data, so that closing it touches no other window of the user's. */
async function startDesktop(code: string): Promise<void> {
  await buildAll();
  const data = await mkdtemp(join(tmpdir(), 'hmm-'));
  const own = ['--user-data-dir', join(data, 'data'), '--extensions-dir', join(data, 'extensions')];
  const quiet = ['--disable-workspace-trust', '--skip-welcome', '--new-window', '--wait', '--verbose'];
  const open = [`--extensionDevelopmentPath=${root}`, scenarios, openFile];
  console.log('Opening the scenarios in VS Code. Ctrl-C closes it.');
  const child = spawn(code, [...own, ...quiet, ...open], { detached: true, stdio: 'ignore' });
  await Promise.race([asked, once(child, 'exit')]);
  endTree(child);
  await rm(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

/** The browser edition: stays until Ctrl-C. */
async function startBrowserEdition(): Promise<void> {
  console.log('Building …');
  const server = await startEditor({ vsix: await packageExtension() });
  console.log(
    `\nThe editor is ready. Open this address in a browser; Ctrl-C ends it.\n\n  ${windowAddress(server.origin, scenarios, openFile)}\n`,
  );
  await asked;
  await server.stop();
  console.log('Ended.');
}

const code = onPath('code');
await (code === undefined ? startBrowserEdition() : startDesktop(code));
process.exit(0);
