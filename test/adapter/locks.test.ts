/** Which locks a thread holds, and who waits for them. */

import { describe, expect, it } from 'vitest';
import { Client } from './client';
import { onePage } from './one-page';

const TEXT = onePage('munmap buf', 'read buf[0] expect 0x11');

const client = async (text: string, routine: string): Promise<Client> => {
  const c = new Client(new Map([['/locks.hmm', text]]));
  const breakpoints = [{ name: routine }];
  await c.start({}, () => c.request('setFunctionBreakpoints', { breakpoints }));
  return c;
};

/** The thread's locks and who waits for them, in the order in which they are shown. */
const locks = async (c: Client, thread: number): Promise<[string, string][]> =>
  Object.values(await c.scope(thread, 'Locks Held')).map(({ name, value }) => [name, value]);

describe('Locks Held', () => {
  it('says who waits for a lock: munmap for the fault that brings the page home', async () => {
    const c = await client(TEXT, 'migrate_vma_pages');
    // The first stop is in the migration to the device, the second one in the fault of B.
    const { threadId = 0 } = await c.move('continue', { threadId: 1 });
    const threads = await c.threads();
    const A = threads.find(({ name }) => name === 'app.A')?.id ?? 0;
    await c.move('hmm/runUntilBlocks', { threadId: A });
    expect(await locks(c, A)).toEqual([]);
    expect(await locks(c, threadId)).toEqual([
      ['mmap_lock of app for reading', 'app.A waits'],
      [expect.stringMatching(/^the lock of pfn .*Normal/), 'nobody waits'],
      [expect.stringMatching(/^the lock of pfn .*Device/), 'nobody waits'],
    ]);
  });

  it('has the lock of the table under which munmap calls page_free', async () => {
    const c = await client(TEXT.replace('read buf[0] expect 0x11', ''), 'page_free');
    const threads = await c.threads();
    const A = threads.find(({ name }) => name === 'app.A')?.id ?? 0;
    expect(await locks(c, A)).toEqual([
      ['mmap_lock of app for reading', 'nobody waits'],
      [expect.stringMatching(/^the lock of the PTE table for 0x/), 'nobody waits'],
    ]);
  });
});
