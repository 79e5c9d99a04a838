/** The swap-out thread of a node, as a task beside the scenario's own. */

import { describe, expect, it } from 'vitest';
import { standstill } from '../../src/debugger/reports';
import { threadsOf } from '../../src/debugger/stack';
import type { TaskRow } from '../../src/engine/machine/ids';
import { TaskState, Wait } from '../../src/engine/machine/tasks';
import type { Order, ScheduleEntry } from '../../src/engine/time/schedule';
import { buildRun, type Run } from '../../src/program';
import { taskName } from '../../src/view/environment';
import { isIdleWorker } from '../../src/view/waits';
import { programOf, runText } from './run-scenario';

/** 504 pages are managed, min 44, low 55 and high 66; about 440 can be used before kswapd is woken. */
const SMALL = 'machine { node 0 { normal 2MiB } cpus 1 swap 4MiB }';

const kswapdOf = ({ kernel }: Run): TaskRow => kernel.kswapd.task.get(0) as TaskRow;
/** It sleeps, and the lists of waiting tasks leave it out. */
function expectIdle(run: Run): void {
  const { tasks } = run.kernel;
  const task = kswapdOf(run);
  expect(taskName(run.world, task)).toBe('kswapd0');
  expect(tasks.state.get(task)).toBe(TaskState.Blocked);
  expect(tasks.wait.get(task)).toBe(Wait.Kswapd);
  expect(isIdleWorker(run.world, task)).toBe(true);
}

describe.each(['6.12', '4.14'])('kswapd under %s', (profile) => {
  it('is no task while memory suffices', () => {
    const { run, stop } = runText(`${SMALL}\nprocess app {\nbuf = mmap 400 pages\nwrite buf = 1\n}`, profile);
    expect(stop).toBe('end');
    expect(kswapdOf(run)).toBe(0);
  });

  it('swaps out the oldest pages until the zone is above its high watermark, and sleeps', () => {
    const { run, stop, printed } = runText(
      `${SMALL}\nprocess app {
buf = mmap 450 pages
write buf = 7
print "{zone.Normal.free} {zone.Normal.wmark_high} {app.swap_entries}"
print "{pte(buf[0]).kind} {pte(buf[31]).kind} {pte(buf[449]).kind}"
read buf expect 7
}`,
      profile,
    );
    expect(stop).toBe('end');
    const [first = '', kinds] = printed;
    const [free = 0, high = 0, entries = 0] = first.split(' ').map(Number);
    expect(free).toBeGreaterThan(55);
    expect(high).toBe(66);
    // It takes 32 at a time.
    expect(entries).toBeGreaterThanOrEqual(32);
    expect(entries % 32).toBe(0);
    expect(kinds).toBe('swap swap present');
    expectIdle(run);
  });

  it('leaves what the process needs again and again no worse than it was: every page reads back', () => {
    const { stop, failures } = runText(
      `${SMALL}\nprocess app {
buf = mmap 600 pages
repeat 2 {
write buf = 9
read buf expect 9
}
munmap buf
expect app.swap_entries == 0
}`,
      profile,
    );
    expect([stop, failures]).toEqual(['end', []]);
  });

  it('gives a node up after 16 rounds without success, until somebody else frees a page', () => {
    const pinned = `buf = mmap 500 pages
pin buf[0..447] w longterm as p
print zone.Normal.free`;
    const { run, stop, printed } = runText(`${SMALL}\nprocess app {\n${pinned}\n}`, profile);
    expect(Number(printed[0])).toBeLessThan(55);
    expect(stop).toBe('end');
    expect(run.kernel.kswapd.failures.get(0)).toBe(16);
    expectIdle(run);

    // The task itself reclaims when it gets no page at all; then kswapd is woken again.
    const more = `${pinned}
unpin p
write buf[447..470] = 1
print zone.Normal.free`;
    const later = runText(`${SMALL}\nprocess app {\n${more}\n}`, profile);
    expect(later.events.map(({ name }) => name)).not.toContain('oom');
    expect(later.run.kernel.kswapd.failures.get(0)).toBe(0);
    expect(Number(later.printed[1])).toBeGreaterThan(55);
  });

  it('reclaims what MADV_FREE gave up where nothing can be swapped', () => {
    const { printed, failures } = runText(
      `machine { node 0 { normal 2MiB } cpus 1 }\nprocess app {
given = mmap 300 pages
write given = 1
madvise given free
kept = mmap 300 pages
write kept = 2
print app.swap_entries
read kept expect 2
}`,
      profile,
    );
    expect(failures).toEqual([]);
    expect(printed).toEqual(['0']);
  });

  it('does not hide a deadlock: the worker that sleeps is not named', () => {
    const { run, stop } = runText(
      `${SMALL}\nprocess app {
buf = mmap 450 pages
write buf = 7
barrier never of 2
}`,
      profile,
    );
    expect(stop).toBe('deadlock');
    expect(kswapdOf(run)).not.toBe(0);
    expect(standstill(run.world).text).toBe(
      'No task can run: app waits for barrier never; nobody is left who could end this wait.',
    );
    expect(threadsOf(run.world).map(({ name }) => name)).toEqual(['app']);
  });

  it('can be named in a schedule', () => {
    const scenario = (schedule: string): string =>
      `${schedule}\nmachine { node 0 { normal 2MiB } cpus 2 swap 4MiB }\nprocess app cpu 1 {
buf = mmap 450 pages
write buf = 7
print app.swap_entries
read buf expect 7
}`;
    const first = runText(scenario(''), profile);
    const withApp = runText(scenario('schedule loop { app*3 kswapd0 }'), profile);
    for (const { stop, failures } of [first, withApp]) expect([stop, failures]).toEqual(['end', []]);
    // Alone kswapd comes before the next allocation; in turn with the process it comes too late for some of them.
    expect(withApp.run.kernel.time).not.toBe(first.run.kernel.time);
    const idle = runText(scenario('schedule loop { app }'), profile);
    expect(idle.failures).toEqual([]);
    expect(kswapdOf(idle.run)).not.toBe(0);
  });
});

describe('a run with kswapd in it', () => {
  it.each(['schedule seed 5', ''])('is the same again under the schedule that ran (%j)', (head) => {
    const program = programOf(`${head}
machine { node 0 { normal 2MiB } cpus 2 swap 4MiB }
process app cpu 1 {
buf = mmap 450 pages
write buf = 7
read buf expect 7
}`);
    const log = (order?: Order): { events: string[]; ran: ScheduleEntry[] } => {
      const { interpreter, kernel, schedule } = buildRun(program, order ? { order } : {});
      const events: string[] = [];
      const ran: ScheduleEntry[] = [];
      kernel.events.observer = (task, name, _, args) => {
        events.push(`${kernel.time} ${task} ${name} ${args.join(' ')}`);
      };
      let asked = -1;
      schedule.onChoice = (task) => {
        if (asked === kernel.time) return;
        asked = kernel.time;
        ran.push({ name: kernel.tasks.taskName.get(task), times: 1 });
      };
      expect(interpreter.run(1_000_000, false)).toBe('end');
      return { events, ran };
    };
    const { events, ran } = log();
    expect(ran.map(({ name }) => program.names.tasks[name])).toContain('kswapd0');
    expect(log({ kind: 'list', entries: ran, loop: [] }).events).toEqual(events);
  });
});

describe('a task that gets no page', () => {
  it('reclaims itself while kswapd does not run', () => {
    const { printed, events, failures } = runText(
      `schedule loop { app }\nmachine { node 0 { normal 2MiB } cpus 2 swap 4MiB }\nprocess app cpu 1 {
buf = mmap 600 pages
write buf = 7
print "{zone.Normal.free} {zone.Normal.wmark_min}"
read buf expect 7
}`,
    );
    expect(failures).toEqual([]);
    expect(events.map(({ name }) => name)).not.toContain('oom');
    const [free = 0, min = 0] = (printed[0] ?? '').split(' ').map(Number);
    expect(min).toBe(44);
    expect(free).toBeGreaterThanOrEqual(min);
    expect(free).toBeLessThanOrEqual(min + 32);
  });
});
