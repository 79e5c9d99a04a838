/** Pending faults: who, where, since when, waiting for what and for whom, and how often retried. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Client } from './client';
import { onePage } from './one-page';

const ONE_PAGE = onePage('write buf[0] = 0x22', 'read buf[0] expect 0x11');

const CONTEXTS = `device gpu0 private 64MiB
process app {
    buf = mmap 8KiB
    context C on gpu0 { read buf[0] }
    context D on gpu0 { write buf[1] = 7 }
    join C
    join D
}
`;

const values = async (c: Client, reference = 0): Promise<Record<string, string>> =>
  Object.fromEntries(Object.entries(await c.children(reference)).map(([name, { value }]) => [name, value]));

async function idOf(c: Client, name: string): Promise<number> {
  const threads = await c.threads();
  return threads.find((thread) => thread.name === name)?.id ?? 0;
}

describe('in Variables', () => {
  it('a fault that waits says for what, for whom, and the chain of those who wait', async () => {
    const c = new Client(new Map([['/two.hmm', ONE_PAGE]]));
    c.clientID = 'emacs';
    const breakpoints = [{ name: 'migrate_vma_pages' }];
    await c.start({}, () => c.request('setFunctionBreakpoints', { breakpoints }));
    const { threadId = 0 } = await c.move('continue', { threadId: 1 });
    const a = await idOf(c, 'app.A');
    await c.move('hmm/runUntilBlocks', { threadId: a });
    const faults = await c.scope(threadId, 'Pending Faults');
    expect(Object.keys(faults)).toEqual(['app.B: read buf[0]', 'app.A: write buf[0]']);
    const facts = await values(c, faults['app.A: write buf[0]']?.variablesReference);
    const { time } = await c.request('hmm/position', {});
    const [, since, age] = /^time (\d+), (\d+) steps ago$/.exec(facts['since'] ?? '') ?? [];
    expect(Number(since) + Number(age)).toBe(time);
    expect(facts).toMatchObject({
      access: 'write',
      in: expect.stringMatching(/^migration_entry_wait: ./),
      'waits for': expect.stringMatching(/^the migration of pfn/),
      'held by': 'app.B in migrate_vma_pages',
      'who waits for whom': expect.stringMatching(
        /^app\.A → the migration of pfn .* → app\.B, in migrate_vma_pages$/,
      ),
    });
    const { text } = await c.request('hmm/waits', { threadId: a });
    expect(text.split('\n')[0]).toBe(facts['who waits for whom']);
  });

  it('faults in a buffer of a device have each their own slot, address and age', async () => {
    const c = new Client(new Map([['/contexts.hmm', CONTEXTS]]));
    c.clientID = 'emacs';
    const breakpoints = [{ name: 'hmm_range_fault' }];
    const { threadId = 0 } = await c.start({}, () => c.request('setFunctionBreakpoints', { breakpoints }));
    const faults = await c.scope(threadId, 'Pending Faults');
    expect(Object.keys(faults)).toEqual(['gpu0 slot 0: read buf[0]', 'gpu0 slot 1: write buf[1]']);
    const [first, second] = await Promise.all(
      Object.values(faults).map(({ variablesReference }) => values(c, variablesReference)),
    );
    expect(first).toMatchObject({ process: 'app', 'fault buffer': 'slot 0', access: 'read' });
    expect(second).toMatchObject({ process: 'app', 'fault buffer': 'slot 1', access: 'write' });
    expect(Number(second?.['address']) - Number(first?.['address'])).toBe(4096);
    expect(Object.values(faults)[0]?.value).toMatch(/^not serviced for \d+ steps$/);
  });
});

it('a fault is retried as often as the detector of livelocks counts', async () => {
  const path = '/scenarios/races/livelock-of-two-threads.hmm';
  const c = new Client(new Map([[path, readFileSync(new URL(`../..${path}`, import.meta.url), 'utf8')]]));
  const { threadId } = await c.start({ stopAtFirstFault: false, livelockAfter: 12 });
  const { faults } = await c.request('hmm/pendingFaults', {});
  expect(faults.find((fault) => fault.kind === 'cpu' && fault.threadId === threadId)).toMatchObject({
    retries: 12,
  });
});
