/** The user chooses who runs next: each choice is an input of the timeline, and part of the schedule that ran. */

import { describe, expect, it } from 'vitest';
import { load } from '../../src/adapter/loader';
import { DebugSession } from '../../src/debugger/session';
import { canRunNext } from '../../src/debugger/who-runs';
import type { TaskRow } from '../../src/engine/machine/ids';
import { finish } from '../../src/engine/time/work';
import { Client, hostOf } from './client';

const path = '/scenarios/choices.hmm';
const text = `profile 6.12
machine { cpus 2 }
device gpu0 private 64MiB driver dmirror

process app {
    buf = mmap 8KiB anon rw
    write buf = 0x11
    migrate buf to gpu0
    thread A cpu 0 {
        barrier ready
        write buf[0] = 0x22
        write buf[1] = 0x23
    }
    thread B cpu 1 {
        barrier ready
        read buf[0]
        read buf[1]
    }
    barrier ready
    join A
    join B
}
`;

const client = () => new Client(new Map([[path, text]]));
/** Stopped at the first callback, with the threads' ids by name. */
async function stoppedIn(schedule: string) {
  const c = client();
  const { threadId } = await c.start({ schedule });
  const threads = await c.threads();
  const id = (name: string) => threads.find((thread) => thread.name === name)?.id ?? 0;
  return { c, id, threadId };
}

/** The same where B, the first to run, is in it for buf[0]. */
async function stoppedInB() {
  const stopped = await stoppedIn('round-robin');
  expect(stopped.threadId).toBe(stopped.id('app.B'));
  return stopped;
}
const position = (c: Client) => c.request('hmm/position', {});
const line = async (c: Client, threadId: number) => (await c.stack(threadId)).at(-1);

describe('run only one thread', () => {
  it('is said to be possible', async () => {
    const c = client();
    const capabilities = await c.request('initialize', { adapterID: 'hmm' });
    expect(capabilities).toMatchObject({ supportsSingleThreadExecutionRequests: true });
  });

  it('lets no other one run, and stops where it can not go on, which is printed too', async () => {
    const { c, id } = await stoppedInB();
    const before = await c.stack(id('app.B'));
    const stop = await c.move('continue', { threadId: id('app'), singleThread: true });
    expect(stop).toMatchObject({ threadId: id('app'), text: 'app waits for app.A to end.' });
    expect(await line(c, id('app'))).toBe('app:20');
    expect(c.console).toContain('app waits for app.A to end.');
    // B still goes to its next yield: no other CPU can come in before.
    expect((await c.stack(id('app.B'))).length).toBeGreaterThanOrEqual(before.length);
    expect(await line(c, id('app.A'))).toBe('A:10');
  });

  it('stops at breakpoints on the way', async () => {
    const { c, id } = await stoppedInB();
    await c.request('setBreakpoints', { source: { path }, breakpoints: [{ line: 17 }, { line: 12 }] });
    expect(await c.move('continue', { threadId: id('app.B'), singleThread: true })).toMatchObject({
      reason: 'breakpoint',
      threadId: id('app.B'),
    });
    expect(await line(c, id('app.B'))).toBe('B:17');
    expect(await line(c, id('app.A'))).toBe('A:10');
  });
});

describe('step only one thread', () => {
  it('goes to its next statement while the others stand', async () => {
    const { c, id } = await stoppedInB();
    expect(await c.move('next', { threadId: id('app.A'), singleThread: true })).toMatchObject({
      reason: 'step',
      threadId: id('app.A'),
    });
    expect(await line(c, id('app.A'))).toBe('A:11');
    expect(await line(c, id('app'))).toBe('app:19');
  });

  it('lets the schedule decide again with the next step that is not of one thread', async () => {
    const { c, id } = await stoppedIn('seed 3');
    await c.request('setBreakpoints', { source: { path }, breakpoints: [{ line: 12 }] });
    await c.move('next', { threadId: id('app.B'), singleThread: true });
    // B is in the middle of its fault, and still A comes to its next statement.
    const stack = (await c.stack(id('app.B'))).length;
    expect(stack).toBeGreaterThan(1);
    expect(await c.move('continue', { threadId: id('app.B') })).toMatchObject({ threadId: id('app.A') });
  });
});

describe('a thread that can not run', () => {
  const refused = async (command: 'continue' | 'next' | 'hmm/runUntilBlocks', name: string) => {
    const { c, id } = await stoppedInB();
    await c.move('continue', { threadId: id('app'), singleThread: true });
    const before = await position(c);
    const response = await c.ask(command, { threadId: id(name), singleThread: true });
    expect(await position(c)).toEqual(before);
    return response;
  };

  it.each(['continue', 'next', 'hmm/runUntilBlocks'] as const)(
    '%s says why, and who can run; nothing runs',
    async (command) => {
      const says = 'app waits for app.A to end; app.A and app.B can run.';
      expect(await refused(command, 'app')).toMatchObject({ success: false, message: says });
    },
  );

  it('may need a CPU that another one keeps, who is in the kernel there', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { c, id } = await stoppedIn(`seed ${seed}`);
      const { message } = await c.ask('hmm/runUntilBlocks', { threadId: id('app') });
      // Under most seeds it has come to where it waits for A before B is in the callback.
      if (message === undefined || message.startsWith('app waits')) continue;
      const { stackFrames } = await c.request('stackTrace', { threadId: id('app.A') });
      const says = `app needs CPU 0, where app.A is in ${stackFrames[0]?.name}; app.A and app.B can run.`;
      expect(message).toBe(says);
      return;
    }
    throw new Error('no seed stops while A keeps the CPU of its process');
  });

  it('may have ended', async () => {
    const c = client();
    await c.start({ stopAtFirstFault: false });
    const response = await c.ask('hmm/runUntilBlocks', { threadId: 1 });
    expect(response).toMatchObject({ success: false, message: 'app has ended; no task can run.' });
  });

  it('is not among those to choose from', async () => {
    const { c, id } = await stoppedInB();
    await c.move('continue', { threadId: id('app'), singleThread: true });
    const { tasks } = await c.request('hmm/runnable', {});
    // A stands at its barrier; B is in the kernel, for its line 16.
    const byName = [...tasks].sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(byName).toEqual([
      { threadId: id('app.A'), name: 'app.A', place: 'line 10' },
      { threadId: id('app.B'), name: 'app.B', place: expect.stringMatching(/^in \w+, line 16$/) },
    ]);
  });
});

describe('a choice', () => {
  it('is taken back by going back, and repeated by going forward again', async () => {
    const { c, id } = await stoppedInB();
    const start = await position(c);
    await c.move('next', { threadId: id('app.A'), singleThread: true });
    const chosen = { ...(await position(c)), stack: await c.stack(id('app.A')) };
    await c.move('hmm/seek', { time: start.time - 10 });
    expect(await line(c, id('app.A'))).toBe('A:10');
    await c.move('hmm/seek', { time: chosen.time });
    expect({ ...(await position(c)), stack: await c.stack(id('app.A')) }).toEqual(chosen);
    // Back to the choice by one step, and on: with continue, which repeats what is known.
    await c.move('stepBack', { threadId: id('app.A') });
    await c.request('setBreakpoints', { source: { path }, breakpoints: [{ line: 11 }] });
    expect(await c.move('continue', { threadId: id('app.A') })).toMatchObject({ threadId: id('app.A') });
    expect(await position(c)).toMatchObject({ time: chosen.time, timeline: chosen.timeline });
  });

  it('begins a timeline only where another future was known', async () => {
    const { c, id } = await stoppedInB();
    await c.move('hmm/runUntilBlocks', { threadId: id('app.A') });
    expect(await position(c)).toMatchObject({ timeline: 0 });
    await c.move('hmm/stepBackOne', { threadId: 1 });
    await c.move('hmm/runUntilBlocks', { threadId: id('app.B') });
    expect(await position(c)).toMatchObject({ timeline: 1 });
  });
});

describe('the schedule that ran', () => {
  /** A small generator of numbers, so that a failure comes again. */
  const numbers = (seed: number) => {
    let state = seed * 2654435761;
    return (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
  };
  const host = hostOf(async () => new TextEncoder().encode(text));
  const sessionWith = async (schedule: string) =>
    new DebugSession(await load(host, { program: path, schedule }, () => {}), { interval: 32 });
  const logOf = ({ engine }: DebugSession) => [...engine.kernel.events.between(0, engine.time)];

  it.each(Array.from({ length: 24 }, (_, seed) => seed))(
    'has the choices made by hand, and gives the same run to the last step (%i)',
    async (seed) => {
      const session = await sessionWith(seed % 2 === 0 ? 'round-robin' : `seed ${seed}`);
      session.exceptions.set([]);
      const { kernel } = session.engine;
      const below = numbers(seed + 1);
      finish(session.seek(230));
      for (let choice = 0; choice < 12; choice++) {
        const able = ([...kernel.tasks.tasks.rows()] as TaskRow[]).filter((task) =>
          canRunNext(session.debuggee, task),
        );
        const task = able[below(able.length)];
        if (task === undefined) break;
        if (below(3) === 0) finish(session.seek(Math.max(200, session.time - below(40))));
        else if (below(2) === 0) finish(session.stepIn(task, true));
        else finish(session.next(task, true));
      }
      finish(session.seek(session.time + below(60)));
      const schedule = finish(session.scheduleThatRan());
      const again = await sessionWith(schedule);
      again.exceptions.set([]);
      finish(again.seek(session.time));
      expect(again.time).toBe(session.time);
      expect(logOf(again)).toEqual(logOf(session));
      expect(session.engine.timeline.inputs.length).toBeGreaterThan(0);
    },
  );

  it('says of an entry whose task can not run why, and who can', async () => {
    const c = client();
    await c.start({ schedule: 'app*2 B app*9', stopAtFirstFault: false });
    expect(c.console).toContainEqual(
      expect.stringMatching(
        /^At time \d+ the schedule passes over B: B has not been started; app can run\.$/,
      ),
    );
  });

  it('is refused with the tasks there are where it names another one', async () => {
    const response = await client().ask('launch', { program: path, schedule: 'app C' });
    expect(response.message).toMatch(
      /^The schedule app C can't be used: there is no task `C`; these can run: app, A, B, gpu0, kworker0, kworker1, kswapd0\.$/,
    );
  });

  it.each([
    ['seed -1', /can't be used: a seed is between 0 and \d+, not -1\.$/],
    ['A*0', /can't be used: how often a task runs is between 1 and 1000000000, not 0\.$/],
    ['A # app', /can't be read: write round-robin, seed N, or tasks in their order/],
    ['A*', /can't be read: write round-robin, seed N, or tasks in their order/],
    ['seed x', /can't be used: a seed must be known before the run begins\.$/],
  ])('is refused: %s', async (schedule, message) => {
    const response = await client().ask('launch', { program: path, schedule });
    expect(response.success).toBe(false);
    expect(response.message).toMatch(message);
  });

  it('says at the start, too, which tasks it passes over', async () => {
    const text = 'process app { buf = mmap 4KiB; thread A { read buf }; join A }\n';
    const c = new Client(new Map([['/early.hmm', text]]));
    await c.start({ schedule: 'A*3 app', stopAtFirstFault: false });
    expect(c.console[0]).toBe('At time 0 the schedule passes over A: A has not been started; app can run.');
  });
});

it('announces every move for all threads, so that no label of an earlier stop is left', async () => {
  const { c, id } = await stoppedInB();
  const from = c.received.length;
  await c.move('next', { threadId: id('app.A') });
  const events = c.received.slice(from).filter((m) => m.type === 'event') as {
    event: string;
    body: object;
  }[];
  const moves = events.filter(({ event }) => event === 'continued' || event === 'stopped');
  expect(moves.map(({ event }) => event)).toEqual(['continued', 'stopped']);
  expect(moves[0]?.body).toMatchObject({ allThreadsContinued: true });
});
