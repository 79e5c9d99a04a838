/** Who waits for whom where one task waits for several, or for any of several. */

import { describe, expect, it } from 'vitest';
import { Client } from './client';

const client = (text: string): Client => new Client(new Map([['/waits.hmm', text]]));
const idOf = async (c: Client, name: string): Promise<number> => {
  const threads = await c.threads();
  return threads.find((thread) => thread.name === name)?.id ?? 0;
};

const TWO_READERS = `profile 4.14
machine { cpus 4 }
device gpu0 private 1MiB
process app cpu 3 {
    buf = mmap 8KiB
    other = mmap 4KiB
    write buf = 1
    migrate buf to gpu0
    thread A cpu 0 { read buf[0] expect 1 }
    thread B cpu 1 { read buf[1] expect 1 }
    thread W cpu 2 { mprotect other r }
    join A
    join B
    join W
}
`;

describe('a writer behind two readers', () => {
  it('waits for both, and each has a chain of its own', async () => {
    const c = client(TWO_READERS);
    const breakpoints = [{ name: 'page_fault' }];
    const { threadId } = await c.start({}, () => c.request('setFunctionBreakpoints', { breakpoints }));
    expect(threadId).toBe(await idOf(c, 'app.A'));
    const second = await c.move('hmm/runUntilBlocks', { threadId: await idOf(c, 'app.B') });
    expect(second).toMatchObject({ reason: 'function breakpoint', threadId: await idOf(c, 'app.B') });
    const third = await c.move('hmm/runUntilBlocks', { threadId: await idOf(c, 'app.W') });
    expect(third.text).toMatch(
      /^app\.W waits for mmap_lock of app for writing, held by app\.A in \w+ and app\.B in \w+\.$/,
    );
    const { text } = await c.request('hmm/waits', {});
    for (const reader of ['A', 'B'])
      expect(text).toMatch(
        new RegExp(`^app\\.W → mmap_lock of app for writing → app\\.${reader}, in \\w+$`, 'm'),
      );
  });
});

describe('a task at a barrier', () => {
  it('waits for any of those that may still come', async () => {
    const c = client(`process app {
    buf = mmap 4KiB
    thread A { barrier go of 2 }
    thread B { read buf; barrier go of 2 }
    thread C { read buf; barrier go of 2 }
    join A
}
`);
    const first = await c.start({ stopOnEntry: true });
    expect(first.reason).toBe('entry');
    await c.move('next', { threadId: 1 });
    for (let i = 0; i < 3; i++) await c.move('next', { threadId: 1 });
    const { text = '' } = await c.move('hmm/runUntilBlocks', { threadId: await idOf(c, 'app.A') });
    expect(text).toBe('app.A waits for barrier go.');
    const { text: waits } = await c.request('hmm/waits', {});
    expect(waits.split('\n')).toContain('app.A → barrier go → one of app.B and app.C');
  });
});
