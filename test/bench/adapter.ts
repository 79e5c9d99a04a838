/** How long a step and what is shown after it take over stdio, beside other adapters in turn. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Debuggee, type Launch, lldb, minimal, ours } from './debuggees';
import { type Finding, median, ratio, time } from './figure';

const STEPS = 200;

async function next({ client, threadId }: Debuggee): Promise<void> {
  await Promise.all([client.waitForEvent('stopped'), client.nextRequest({ threadId })]);
}

/** A step and what an editor asks for to show where it is: threads, stack, scopes, and the variables of up to three. */
async function nextAndShow(debuggee: Debuggee): Promise<void> {
  const { client, threadId } = debuggee;
  await next(debuggee);
  await client.threadsRequest();
  const { stackFrames } = (await client.stackTraceRequest({ threadId, levels: 20 })).body;
  const { scopes } = (await client.scopesRequest({ frameId: stackFrames[0]?.id ?? 0 })).body;
  for (const { variablesReference } of scopes.slice(0, 3))
    await client.variablesRequest({ variablesReference });
}

/** Median seconds of `action`; by the clock, as it is shared among processes that wait for each other. */
async function measure(launch: Launch, action: (debuggee: Debuggee) => Promise<void>): Promise<number> {
  const debuggee = await launch();
  const times: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    const start = performance.now();
    await action(debuggee);
    times.push((performance.now() - start) / 1e3);
  }
  await debuggee.client.stop();
  return median(times);
}

async function inFolder(work: (folder: string) => Promise<Finding[]>): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hmm-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const nextToStopped = (): Promise<Finding[]> =>
  inFolder(async (folder) => {
    const own = await measure(ours(folder), next);
    const least = await measure(minimal(folder), next);
    return [
      time('`next` to `stopped` over stdio', own, 'ms'),
      time('  the same with a minimal adapter', least, 'ms'),
      ratio('  ratio (goal 1.5)', own / least),
    ];
  });

export const nextAndVariables = (): Promise<Finding[]> =>
  inFolder(async (folder) => {
    const own = await measure(ours(folder), nextAndShow);
    const found = time('with threads, stack, scopes and variables (goal 0.5 ms)', own, 'ms');
    const native = lldb(folder);
    const what = "  the same with LLDB's adapter";
    if (native === undefined) return [found, { what, leftOut: 'no lldb-dap or lldb-vscode was found' }];
    return [found, time(what, await measure(native, nextAndShow), 'ms')];
  });
