/** `next` to `stopped` over stdio: ours beside a minimal adapter, in the same run. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { buildSync } from 'esbuild';
import { inProject } from '../tools/project';

const STEPS = 200;
/** Adapters started of each kind, in turn; the best counts. */
const TIMES = 4;

function bundle(entry: string, outfile: string): string {
  buildSync({ entryPoints: [inProject(entry)], outfile, bundle: true, platform: 'node', format: 'cjs' });
  return outfile;
}

async function launched(client: DebugClient, program: string): Promise<void> {
  await client.start();
  const stopped = client.waitForEvent('stopped');
  const launch = { program, stopOnEntry: true } as DebugProtocol.LaunchRequestArguments;
  await Promise.all([
    client.waitForEvent('initialized').then(() => client.configurationDoneRequest()),
    client.initializeRequest().then(() => client.launchRequest(launch)),
  ]);
  await stopped;
}

/** Median seconds from `next` to `stopped`. */
async function measure(client: DebugClient, program: string): Promise<number> {
  await launched(client, program);
  const times: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    const start = process.hrtime.bigint();
    await Promise.all([client.waitForEvent('stopped'), client.nextRequest({ threadId: 1 })]);
    times.push(Number(process.hrtime.bigint() - start) / 1e9);
  }
  await client.stop();
  times.sort((a, b) => a - b);
  return times[STEPS >> 1] ?? 0;
}

export async function nextLatency(): Promise<{ ours: number; minimal: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'hmm-bench-'));
  try {
    const program = join(folder, 'bench.hmm');
    writeFileSync(program, 'process app {\n    buf = mmap 4KiB anon rw\n    loop { write buf = 1 }\n}\n');
    bundle('src/cli/main.ts', join(folder, 'hmm-trace.cjs'));
    const trace = join(folder, 'dap.cjs');
    writeFileSync(trace, "process.argv.splice(2, 0, 'dap');\nrequire('./hmm-trace.cjs');\n");
    const least = bundle('test/bench/minimal-adapter.ts', join(folder, 'minimal.cjs'));
    let ours = Number.POSITIVE_INFINITY;
    let minimal = Number.POSITIVE_INFINITY;
    for (let i = 0; i < TIMES; i++) {
      ours = Math.min(ours, await measure(new DebugClient('node', trace, 'hmm'), program));
      minimal = Math.min(minimal, await measure(new DebugClient('node', least, 'hmm'), program));
    }
    return { ours, minimal };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
