/** Adapters over stdio, launched and stopped in a loop that can be stepped through without end. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { buildSync } from 'esbuild';
import { inProject, onPath } from '../tools/project';

/** Launched and stopped; who asks for `next` gets a stop in return. */
export interface Debuggee {
  readonly client: DebugClient;
  readonly threadId: number;
}

export type Launch = () => Promise<Debuggee>;

const SCENARIO = 'process app {\n    buf = mmap 4KiB anon rw\n    loop { write buf = 1 }\n}\n';

interface Breakpoint {
  readonly path: string;
  readonly line: number;
}

async function launched(client: DebugClient, args: object, breakpoint?: Breakpoint): Promise<Debuggee> {
  await client.start();
  const stopped = client.waitForEvent('stopped');
  const configure = async (): Promise<void> => {
    await client.waitForEvent('initialized');
    if (breakpoint !== undefined) {
      const { path, line } = breakpoint;
      await client.setBreakpointsRequest({ source: { path }, breakpoints: [{ line }] });
    }
    await client.configurationDoneRequest();
  };
  const launch = args as DebugProtocol.LaunchRequestArguments;
  await Promise.all([configure(), client.initializeRequest().then(() => client.launchRequest(launch))]);
  const { body } = (await stopped) as DebugProtocol.StoppedEvent;
  return { client, threadId: body.threadId ?? 1 };
}

/** The line of the loop's body in loop.c. */
const LOOP = 7;

/** Ours, as it has been built. */
export function ours(folder: string): Launch {
  const program = join(folder, 'bench.hmm');
  writeFileSync(program, SCENARIO);
  const trace = join(folder, 'dap.cjs');
  const built = JSON.stringify(inProject('dist/hmm-trace.cjs'));
  writeFileSync(trace, `process.argv.splice(2, 0, 'dap');\nrequire(${built});\n`);
  return () => launched(new DebugClient('node', trace, 'hmm'), { program, stopOnEntry: true });
}

/** The least that can answer `next`. */
export function minimal(folder: string): Launch {
  const adapter = join(folder, 'minimal.cjs');
  const entryPoints = [inProject('test/bench/minimal-adapter.ts')];
  buildSync({ entryPoints, outfile: adapter, bundle: true, platform: 'node', format: 'cjs' });
  return () => launched(new DebugClient('node', adapter, 'minimal'), { program: adapter });
}

/** LLDB's, in a C program; undefined where there is no LLDB or no C compiler. */
export function lldb(folder: string): Launch | undefined {
  const adapter = onPath('lldb-dap', 'lldb-vscode', 'lldb-dap-19', 'lldb-vscode-16', 'lldb-vscode-14');
  const source = inProject('test/bench/loop.c');
  const program = join(folder, 'loop');
  if (adapter === undefined || spawnSync('cc', ['-g', '-O0', '-o', program, source]).status !== 0)
    return undefined;
  // The client gives its adapter one argument, whatever it is; `env` takes it for what to run.
  return () => launched(new DebugClient('env', adapter, 'lldb'), { program }, { path: source, line: LOOP });
}
