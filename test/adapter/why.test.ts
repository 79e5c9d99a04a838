import { expect, it } from 'vitest';
import { Client } from './client';

const path = '/scenarios/why.hmm';
const text = `profile 6.12
device gpu0 private 64MiB
process app {
    buf = mmap 16KiB anon rw
    write buf = 0x11
    pin buf[1] w as p
    migrate buf to gpu0
    read buf[0]
    read buf[1]
}
`;
const REASON = /refcount 1027: from 1024 on it may be pinned; held by pin p of app since step \d+ \(line 6\)/;

it('says why a page stayed: in a hover, in This Page and in the Debug Console', async () => {
  const c = new Client(new Map([[path, text]]));
  await c.start({ program: path }, () =>
    c.request('setFunctionBreakpoints', { breakpoints: [{ name: 'page_fault' }] }),
  );
  const ask = (expression: string, context: 'hover' | 'repl') =>
    c.request('evaluate', { expression, context });
  expect((await ask('buf[1]', 'hover')).result).toMatch(REASON);
  expect((await ask('buf[2]', 'hover')).result).not.toMatch(/stayed/);
  expect((await ask('why buf[1]', 'repl')).result).toMatch(REASON);
  const { variablesReference } = await ask('buf[1].page', 'repl');
  const page = await c.children(variablesReference);
  expect(page['why']?.value).toMatch(REASON);
});

/** So long ago that the log, which keeps this many bytes, no longer knows of it. */
const BUDGET = 1 << 19;
const long = `device gpu0 private 64MiB
process app {
    buf = mmap 64KiB
    write buf = 0x11
    migrate buf[1] to gpu0
    other = mmap 64KiB
    loop {
        write other = 1
        migrate other to gpu0
        print "{why buf[1]}"
    }
}
`;

it('tells what the log has dropped, by running history again, and stands where it stood', async () => {
  const c = new Client(new Map([[path, long]]));
  await c.start({ stopOnEntry: true });
  const { session } = c.adapter;
  session.engine.kernel.events.budgetBytes = BUDGET;
  const seek = (time: number) => c.move('hmm/seek', { time });
  const ask = async (expression: string) =>
    (await c.request('evaluate', { expression, context: 'repl' })).result;
  await seek(3000);
  const early = await ask('why buf[1]');
  expect(early).toMatch(/^buf\[1\] is in the memory of gpu0 .*: it was migrated by app at time \d+\.$/);
  await seek(400_000);
  expect(session.engine.kernel.events.droppedBefore).toBeGreaterThan(3000);
  expect(await ask('buf[1].page.zone')).toMatch(/^Device: spanned/);
  const hash = session.engine.kernel.store.hash();
  expect(await ask('why buf[1]')).toBe(early);
  const { address } = (await c.request('hmm/locate', { expression: 'buf[1]' })).path.at(-1) ?? {};
  expect((await c.request('hmm/why', { process: 'app', address: address ?? '' })).text).toBe(early);
  expect(session.time).toBe(400_000);
  expect(session.engine.kernel.store.hash()).toBe(hash);
  // Where nobody can wait for it, it says so.
  const watch = await c.request('evaluate', { expression: 'why buf[1]', context: 'watch' });
  expect(watch.result).toMatch(/no event on it is known since time \d+, where the log begins/);
});

it('is given up by a pause', async () => {
  const c = new Client(new Map([[path, long]]));
  await c.start({ stopOnEntry: true });
  const { session } = c.adapter;
  session.engine.kernel.events.budgetBytes = BUDGET;
  await c.move('hmm/seek', { time: 400_000 });
  const asked = c.ask('evaluate', { expression: 'why buf[1]', context: 'repl' });
  await c.ask('pause', { threadId: 1 });
  expect((await asked).message).toMatch(/given up/);
  expect(session.time).toBe(400_000);
});
