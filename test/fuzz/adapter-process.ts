/** The adapter in a process of its own, with little memory, as hostile uses of it share it. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol as Dap } from '@vscode/debugprotocol';
import { buildSync } from 'esbuild';
import { inProject } from '../tools/project';

const PATIENCE_MS = 600_000;

class PipeClient extends DebugClient {
  constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    super(process.execPath, '', 'hmm');
    this.connect(child.stdout, child.stdin);
  }
}

export interface AdapterProcess {
  readonly client: DebugClient;
  readonly pid: number | undefined;
}

/** A number of `/proc/PID/status` in MiB; undefined where the system doesn't tell. */
export function memoryOf(pid: number | undefined, field: 'VmHWM' | 'VmRSS'): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kib = new RegExp(`${field}:\\s*(\\d+)`).exec(status)?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}

/** Asks for something and waits for the stop that follows. */
export async function stop(client: DebugClient, ask: () => Promise<unknown>): Promise<Dap.StoppedEvent> {
  const [event] = await Promise.all([client.waitForEvent('stopped', PATIENCE_MS), ask()]);
  return event as Dap.StoppedEvent;
}

/** Builds the program into a folder that is gone afterwards. */
export async function withBundle<T>(use: (bundle: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'hmm-adapter-'));
  const bundle = join(folder, 'hmm-trace.cjs');
  try {
    const entry = inProject('src/cli/main.ts');
    buildSync({ entryPoints: [entry], outfile: bundle, bundle: true, platform: 'node', format: 'cjs' });
    return await use(bundle);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Starts a scenario in an adapter whose heap has so many MiB, and uses it. Throws where the adapter ends before: it does
 * where it would need more.
 */
export async function inAdapter<T>(
  bundle: string,
  scenario: { readonly name: string; readonly text: string; readonly stopOnEntry: boolean },
  heapMiB: number,
  use: (adapter: AdapterProcess) => Promise<T>,
): Promise<T> {
  const program = join(bundle, '..', scenario.name);
  writeFileSync(program, scenario.text);
  const child = spawn(process.execPath, [`--max-old-space-size=${heapMiB}`, bundle, 'dap'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const gone = new Promise<never>((_, reject) =>
    child.once('exit', (code, signal) => reject(new Error(`the adapter has ended (${code ?? signal})`))),
  );
  gone.catch(() => {});
  try {
    const client = new PipeClient(child);
    client.defaultTimeout = PATIENCE_MS;
    const session = async (): Promise<T> => {
      const { stopOnEntry } = scenario;
      const launch = { program, stopOnEntry, stopAtFirstFault: false } as Dap.LaunchRequestArguments;
      await client.initializeRequest();
      const ready = client.waitForEvent('initialized');
      await client.launchRequest(launch);
      await ready;
      await client.setExceptionBreakpointsRequest({ filters: [] });
      const begin = (): Promise<unknown> => client.configurationDoneRequest();
      await (stopOnEntry ? stop(client, begin) : begin());
      return use({ client, pid: child.pid });
    };
    return await Promise.race([session(), gone]);
  } finally {
    child.kill('SIGKILL');
  }
}
