/** How long the answers take that an editor waits for after a step, and for each level of the page tables, of a large buffer. */

import { Client } from '../adapter/client';
import { type Finding, median, time } from './figure';

/** 262,144 entries, parts of them on the device, so that there are runs of several kinds. */
const LARGE = `machine { node 0 { dma32 3GiB normal 4GiB } cpus 1 }
device gpu0 private 80GiB driver dmirror
process app {
    buf = mmap 1GiB anon rw
    write buf = 1
    migrate buf[0..4096] to gpu0
    migrate buf[65536..69632] to gpu0
    read buf[65600]
}
`;

const STEPS = 20;

/** Processor time. */
async function seconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Opens every node of the tree, level by level: the seconds of each answer. */
async function openAll(client: Client): Promise<number[]> {
  const times: number[] = [];
  const waiting: (string | undefined)[] = [undefined];
  while (waiting.length > 0) {
    const parent = waiting.shift();
    times.push(
      await seconds(async () => {
        const { nodes } = await client.request('hmm/pageTables', parent === undefined ? {} : { parent });
        waiting.push(
          ...nodes.filter(({ hasChildren, entry }) => hasChildren && entry === undefined).map(({ id }) => id),
        );
      }),
    );
  }
  return times;
}

export async function largeTables(): Promise<Finding[]> {
  const client = new Client(new Map([['/large.hmm', LARGE]]));
  const { threadId = 1 } = await client.start();
  const levels = await openAll(client);
  const steps: number[] = [];
  for (let i = 0; i < STEPS; i++)
    steps.push(
      await seconds(async () => {
        await client.move('stepIn', { threadId });
        await client.request('stackTrace', { threadId, levels: 20 });
        await client.request('hmm/pageTables', {});
        await client.request('hmm/locate', {});
      }),
    );
  return [
    time(
      `a level of Page Tables, 262,144 entries, the median of ${levels.length} (goal 500 ms)`,
      median(levels),
      'ms',
    ),
    time('  the slowest of them', Math.max(...levels), 'ms'),
    time('a step with its stack, Page Tables and the place of the fault (goal 500 ms)', median(steps), 'ms'),
    time(`  the slowest of ${STEPS}`, Math.max(...steps), 'ms'),
  ];
}
