/** Races as the editor sees them: a stop with a reason, a stack for each thread, and who waits for whom. */

import { describe, expect, it } from 'vitest';
import { RACES, type Race } from '../scenario/race-gallery';
import { Client } from './client';
import { onePage } from './one-page';

const clientOf = ({ name, text }: Race, fixed?: string): Client =>
  new Client(new Map([[`/scenarios/races/${name}.hmm`, fixed ?? text]]));

/** The sentence about the exception at which a race stops. */
const SAYS: Readonly<Record<string, RegExp>> = {
  'livelock-of-two-threads': /^Livelock: app\.[AB] has taken the same fault .* 1000 times/,
  'fault-on-a-freed-page': /^I39 .*the fault callback was called for page .* which is free/,
  'lost-write-after-late-flush': /^I18 .*a CPU writes to page .* as its TLB has it; the page table has none/,
  'lost-dirty-bit': /^I18 .*written to since it was swapped, and neither it nor an entry is dirty/,
  'drain-starvation': /^Starvation: kworker1 has work and never runs; child spins on its CPU/,
  'recursive-driver-lock': /^Deadlock: app waits for the driver's lock over its ranges, held by app in /,
  'stale-device-mapping': /^I24 .*the device maps page .* for writing/,
  'device-write-during-migration': /^I18 .*a copy of page .* written to since it was copied/,
  'mapped-after-it-was-thrown-away': /^I24 .*the process has there: none entry/,
  'invalidation-before-update': /^I27 .*the driver enters what hmm_range_fault answered/,
  'device-write-to-a-clean-page':
    /^I18 .*written to since it was swapped, and neither it nor an entry is dirty/,
  'shared-page-never-comes-home':
    /^Livelock: app has taken the same fault at 0x\w+ 1000 times; nothing changes\.$/,
  'oops-of-half-a-fix':
    /^Kernel oops in page_remove_rmap: app unmaps pfn 0x\w+ .*: there is no struct page for frame 0x\w+\.$/,
  'device-write-to-read-only-memory':
    /^Livelock: app has taken the same fault at 0x\w+ 1000 times: each succeeds, and the walk for the device looks at the same entry again; nothing changes\.$/,
  'shared-page-becomes-writable': /^I21 .*2 entries stand for page 0x\w+, and 1 of them may write/,
  'memunmap-waits-for-ever':
    /^app waits for the last page in use of gpu0: pfn 0x\w+ is held by .* and driver\. It can never wake: nobody is left who could end this wait\.$/,
};

/** Who waits for whom when it stops, task by task, as far as it is about the race. */
const WAITS: Readonly<Record<string, readonly RegExp[]>> = {
  // Nobody waits in these: the two spin, or there is one task.
  'livelock-of-two-threads': [],
  'lost-dirty-bit': [],
  'device-write-to-a-clean-page': [],
  'stale-device-mapping': [],
  // The child is idle: app tells it what to do.
  'shared-page-never-comes-home': [/^child → something to do → app, in handle_mm_fault/m],
  'oops-of-half-a-fix': [],
  'device-write-to-read-only-memory': [],
  'shared-page-becomes-writable': [],
  // The process's own thread could go on, and has the same CPU.
  'fault-on-a-freed-page': [/^app → CPU 0 → app\.A, in /m],
  // The one that migrates stands where its flush is still to come.
  'lost-write-after-late-flush': [/^app → app\.A to end → app\.A, in migrate_vma_/m],
  // The other thread has done its part and waits at the barrier for the one that is in the kernel.
  'device-write-during-migration': [/^app\.B → barrier done → app\.A, in /m],
  'mapped-after-it-was-thrown-away': [/^app\.B → barrier done → app\.A, in /m],
  'invalidation-before-update': [/^app\.B → barrier done → app\.A, in /m],
  'drain-starvation': [/^app → the LRU drain → kworker1 → CPU 1 → child, in /m],
  'recursive-driver-lock': [
    /^app → the driver's lock over its ranges → app: a circle, none of them can go on$/m,
  ],
  'memunmap-waits-for-ever': [/^app → the last page in use of gpu0: .*driver$/m],
};

const ONE_PAGE = onePage('write buf[0] = 0x22', 'read buf[0] expect 0x11');

describe('a race of the gallery', () => {
  it.each(RACES)('$name stops, says why, and shows who waits for whom', async (race) => {
    const c = clientOf(race);
    const { reason, threadId = 0 } = await c.start({ stopAtFirstFault: false });
    expect(reason).toBe('exception');
    const { exceptionId, description } = await c.request('exceptionInfo', { threadId });
    expect(exceptionId).toBe(race.caughtAs.startsWith('I') ? 'invariant' : race.caughtAs);
    expect(description).toMatch(SAYS[race.name] ?? /^$/);
    const threads = await c.threads();
    for (const { id } of threads) expect(await c.stack(id)).not.toEqual([]);
    const { text } = await c.request('hmm/waits', {});
    const waits = WAITS[race.name];
    expect(waits).toBeDefined();
    for (const chain of waits ?? []) expect(text).toMatch(chain);
    if (waits?.length === 0) expect(text).toBe('No task waits.');
  });

  it.each(RACES)('$name breaks at the step that its header names', async (race) => {
    const c = clientOf(race);
    let { threadId = 0 } = await c.start({ stopAtFirstFault: false });
    const { description = '' } = await c.request('exceptionInfo', { threadId });
    const [, step] = / Broken since step (\d+), in /.exec(description) ?? [];
    // What a detector finds it finds where it stops; an invariant names the step, which may be some steps back.
    if (race.caughtAs.startsWith('I')) expect(step).toBeDefined();
    if (step !== undefined) ({ threadId = 0 } = await c.move('hmm/seek', { time: Number(step) }));
    const threads = await c.threads();
    expect(race.tasks.map((task) => (task === 'app' || task === 'child' ? task : `app.${task}`))).toContain(
      threads.find(({ id }) => id === threadId)?.name,
    );
    const { stackFrames } = await c.request('stackTrace', { threadId });
    expect(stackFrames[0]?.name).toBe(race.routine);
    expect(race.lines).toContain(stackFrames.at(-1)?.line);
  });

  it.each(RACES)('$name runs to its end with the fix, under the same schedule', async (race) => {
    const stop = await clientOf(race, race.fixed).start({ stopAtFirstFault: false });
    expect(stop).toMatchObject({ reason: 'pause', description: 'Paused at the end' });
  });

  it('is a livelock after as many repetitions as the launch configuration says', async () => {
    const race = RACES.find(({ name }) => name === 'livelock-of-two-threads') as Race;
    const c = clientOf(race);
    const { threadId = 0 } = await c.start({ stopAtFirstFault: false, livelockAfter: 12 });
    expect((await c.request('exceptionInfo', { threadId })).description).toMatch(
      / 12 times; nothing changes/,
    );
  });

  it('shows who waits for whom in the Debug Console too, and completes the word', async () => {
    const race = RACES.find(({ name }) => name === 'recursive-driver-lock') as Race;
    const c = clientOf(race);
    await c.start({ stopAtFirstFault: false });
    const { result } = await c.request('evaluate', { expression: 'waits', context: 'repl' });
    expect(result).toBe((await c.request('hmm/waits', {})).text);
    const { targets } = await c.request('completions', { text: 'wai', column: 4 });
    expect(targets.map(({ label }) => label)).toContain('waits');
  });

  it('shows the schedule that ran, in the form in which it is launched', async () => {
    const c = new Client(new Map([['/two.hmm', ONE_PAGE]]));
    await c.start({ schedule: 'app*40 A*3 B*2 A*2' });
    const { result } = await c.request('evaluate', { expression: 'schedule', context: 'repl' });
    expect(result).toBe((await c.request('hmm/schedule', {})).schedule);
    expect(result).toMatch(/^app(\*\d+)? A(\*\d+)? B/);
  });
});

describe('two threads in the fault of one page', () => {
  it('are both pending, with who waits for whom; going back and forward again shows the same', async () => {
    const c = new Client(new Map([['/two.hmm', ONE_PAGE]]));
    const breakpoints = [{ name: 'migrate_vma_pages' }];
    // The first stop is in the migration to the device, the second one in the fault of B.
    await c.start({}, () => c.request('setFunctionBreakpoints', { breakpoints }));
    const { threadId = 0 } = await c.move('continue', { threadId: 1 });
    const threads = await c.threads();
    const idOf = (name: string) => threads.find((thread) => thread.name === name)?.id ?? 0;
    expect(threadId).toBe(idOf('app.B'));
    expect(await c.move('hmm/runUntilBlocks', { threadId: idOf('app.A') })).toMatchObject({
      text: expect.stringMatching(/^app\.A waits for the migration of pfn .* by app\.B in /),
    });

    const look = async () => ({
      faults: (await c.request('hmm/pendingFaults', {})).faults,
      waits: (await c.request('hmm/waits', {})).text,
      time: (await c.request('hmm/position', {})).time,
    });
    const seen = await look();
    expect(seen.faults).toMatchObject([
      { task: 'app.B', place: 'buf[0]', access: 'read', routine: 'migrate_vma_pages' },
      {
        task: 'app.A',
        place: 'buf[0]',
        access: 'write',
        waitingFor: expect.stringMatching(/^the migration of pfn/),
        heldBy: 'app.B in migrate_vma_pages',
      },
    ]);
    expect(seen.waits.split('\n')).toContainEqual(
      expect.stringMatching(/^app\.A → the migration of pfn .* → app\.B, in migrate_vma_pages$/),
    );
    for (const name of ['app.B', 'app.A'])
      expect((await c.stack(idOf(name))).join()).toMatch(/do_swap_page|migration_entry_wait/);

    await c.move('hmm/seek', { time: seen.time - 20 });
    await c.move('hmm/seek', { time: seen.time });
    expect(await look()).toEqual(seen);
  });
});

describe('contexts of a device', () => {
  const text = `device gpu0 private 64MiB
process app {
    buf = mmap 8KiB
    context C on gpu0 { read buf[0] expect 0 }
    context D on gpu0 { write buf[1] = 7 }
    join C
    join D
}
`;
  const start = async (schedule?: string) => {
    const c = new Client(new Map([['/context.hmm', text]]));
    const breakpoints = [{ name: 'hmm_range_fault' }];
    const stop = await c.start(schedule === undefined ? {} : { schedule }, () =>
      c.request('setFunctionBreakpoints', { breakpoints }),
    );
    return { c, stop };
  };

  it('wait in the fault buffer for the bottom half, which is a thread with a stack', async () => {
    const { c, stop } = await start();
    const threads = await c.threads();
    expect(threads.find(({ id }) => id === stop.threadId)?.name).toBe('gpu0_bh');
    expect((await c.stack(stop.threadId ?? 0)).join()).toMatch(/dmirror_range_fault.*device_fault_work/);
    const { faults } = await c.request('hmm/pendingFaults', {});
    expect(faults).toMatchObject([
      { kind: 'device', device: 'gpu0', process: 'app', place: 'buf[0]', access: 'read', slot: 0 },
      { kind: 'device', device: 'gpu0', process: 'app', place: 'buf[1]', access: 'write', slot: 1 },
    ]);
    const { text: waits } = await c.request('hmm/waits', {});
    expect(waits).toContain('app.D → the device fault to be serviced → gpu0_bh, in ');
  });

  it('can be scheduled from the launch configuration, the device too', async () => {
    const { c } = await start('app*9 C gpu0*9 D');
    const { faults } = await c.request('hmm/pendingFaults', {});
    expect(faults.length).toBeGreaterThan(0);
    const { schedule } = await c.request('hmm/schedule', {});
    expect((await start(schedule)).stop.reason).toBe('function breakpoint');
  });
});
