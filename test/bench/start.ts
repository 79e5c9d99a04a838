/** How long one waits before anything is to be seen: the program's start, and F5. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '../adapter/client';
import { inProject } from '../tools/project';
import { type Finding, median, time } from './figure';

const TIMES = 10;
const ONE_LINE = 'process app { buf = mmap 4KiB anon rw; write buf = 1 }\n';

/** A buffer of a gigabyte, a part of which goes to a large device and back. */
const LARGE = `machine { node 0 { dma32 3GiB normal 4GiB } cpus 1 }
device gpu0 private 80GiB driver dmirror
process app {
    buf = mmap 1GiB anon rw
    write buf = 1
    migrate buf[0..4096] to gpu0
    migrate buf[65536..69632] to gpu0
    read buf[0..16]
}
`;

function runs(program: string, args: readonly string[]): number {
  const once = (): number => {
    const start = performance.now();
    const { status } = spawnSync(process.execPath, [program, ...args], { stdio: 'ignore' });
    if (status !== 0) throw new Error(`hmm-trace ${args.join(' ')} ended with ${status}`);
    return (performance.now() - start) / 1e3;
  };
  return median(Array.from({ length: TIMES }, once));
}

export function programStart(): Finding[] {
  const folder = mkdtempSync(join(tmpdir(), 'hmm-bench-'));
  try {
    const program = inProject('dist/hmm-trace.cjs');
    const scenario = join(folder, 'one-line.hmm');
    writeFileSync(scenario, ONE_LINE);
    return [
      time('Node alone, start to end', runs('-e', ['0']), 'ms'),
      time('hmm-trace --version (goal 120 ms)', runs(program, ['--version']), 'ms'),
      time('hmm-trace run of one line (goal 200 ms)', runs(program, ['run', scenario]), 'ms'),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function firstStop(): Promise<Finding[]> {
  const client = new Client(new Map([['/large.hmm', LARGE]]));
  const start = performance.now();
  const before = process.cpuUsage();
  await client.start();
  const { user, system } = process.cpuUsage(before);
  return [
    time(
      'F5 to the first stop, 1 GiB written and parts migrated, 80 GiB device (goal 2 s)',
      (performance.now() - start) / 1e3,
      's',
    ),
    time('  processor time of it', (user + system) / 1e6, 's'),
  ];
}
