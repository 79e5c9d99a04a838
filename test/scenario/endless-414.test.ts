/** What never ends under 4.14: what the tasks hold meanwhile, whether a signal ends it, and what one fix alone makes of it. */

import { describe, expect, it } from 'vitest';
import { Signal } from '../../src/engine/kernel/constants';
import type { PageRow, TaskRow } from '../../src/engine/machine/ids';
import type { EventName } from '../../src/engine/routine/event-schema';
import { buildRun, compileScenario, type Run } from '../../src/program';
import { endProcess } from '../../src/program/ending';

const SHARED = `
  profile 4.14
  machine { cpus 2 }
  SWITCH
  device gpu0 private 1MiB
  process app {
    a = mmap 8KiB anon rw
    write a = 1
    migrate a to gpu0
    fork child
    LOOP
  }`;

/** How many times one fault has to come again here before it counts as a livelock. */
const TIMES = 20;

function start(text: string): Run {
  const { program, diagnostics } = compileScenario(text, 'endless.hmm');
  if (!program) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const run = buildRun(program);
  run.kernel.livelockLimit = TIMES;
  return run;
}

const BOTH = 'switch fix-aab8d0520e6e on\n  switch fix-1de13ee59225 on';

interface Stop {
  readonly what: string;
  readonly task: TaskRow;
  /** The page for which the driver was called last. */
  readonly page: PageRow;
  readonly run: Run;
}

/** How often mirrors are told while `a[2]`, which two processes map, is to be brought home by its driver. */
function toldOf(split: string, on: string): number {
  let told = 0;
  const run = start(`
    profile 4.14
    ${on}
    device gpu0 private 1MiB
    process app {
      a = mmap 16KiB anon rw
      write a = 1
      migrate a to gpu0
      fork child
      ${split}
      print "now"
      migrate a[2] from gpu0
    }`);
  run.kernel.events.observer = (_, name, leave) => {
    if (name === 'print') told = 0;
    if (name === 'invalidate' && !leave) told++;
  };
  run.interpreter.run(1_000_000, true);
  return told;
}

/** Runs until a detector stops the run, or to its end. The task in which `killAt` happens the third time is killed then. */
function stopOf(text: string, killAt?: EventName): Stop {
  const run = start(text);
  const stop = { what: 'end', task: 0 as TaskRow, page: 0 as PageRow, run };
  let left = 3;
  run.kernel.events.observer = (task, name, leave, args) => {
    if (name === 'migrate_to_ram' && !leave) stop.page = args[1] as PageRow;
    if (name === killAt && !leave && --left === 0)
      endProcess(run.kernel, run.kernel.tasks.processOf(task), 0, Signal.SIGKILL);
    if (name !== 'livelock' && name !== 'oops') return;
    stop.what = name;
    stop.task = task;
    run.interpreter.interrupt();
  };
  run.interpreter.run(1_000_000, true);
  return stop;
}

const loops = (statement: string, on = ''): Stop =>
  stopOf(SHARED.replace('LOOP', statement).replace('SWITCH', on));

describe('a device page that two processes map, under 4.14', () => {
  it.each([
    ['a CPU read', 'read a[0]'],
    ['a CPU write', 'write a[0] = 2'],
    ["the child's read", 'on child read a[0]'],
    ['get_user_pages', 'gup a[0] r'],
    ['a pin', 'pin a[0] r fast'],
    ['a device read', 'gpu0 read a'],
    ['a device write', 'gpu0 write a = 3'],
  ])('%s never ends, and the page is as it was', (_, statement) => {
    const { what, page, run } = loops(statement);
    expect(what).toBe('livelock');
    const { pages } = run.kernel;
    expect(page).not.toBe(0);
    expect([pages.refcount.get(page), pages.mapcount.get(page)]).toEqual([3, 2]);
  });

  it('the driver can not migrate it either: nothing moves', () => {
    const { what, run } = loops('migrate a from gpu0 expect cpages 0\n expect a[0].page.refcount == 3');
    expect([what, run.report.failure?.message()]).toEqual(['end', undefined]);
  });

  it.each([
    ['', '', 2],
    ['munmap a[0]', '', 2],
    ['', BOTH, 2],
    // The child's mapping is the first of the walk now, and then nothing maps the page any more.
    ['munmap a[0]', BOTH, 1],
  ])('is told of for each of its mappings while one of them stays (%s %s: %i times)', (split, on, times) => {
    expect(toldOf(split, on)).toBe(times);
  });

  it('comes home as soon as the child is gone', () => {
    const { what, run } = loops('on child exit 0\n wait child\n read a expect 1');
    expect([what, run.report.failure?.message()]).toEqual(['end', undefined]);
  });

  it('oopses with the first fix alone, the task keeping what it holds', () => {
    const { what, task, run } = loops('read a[0]', 'switch fix-aab8d0520e6e on');
    expect(what).toBe('oops');
    const { tasks } = run.kernel;
    expect(tasks.readsMm.get(task)).not.toBe(0);
    expect(tasks.readsRmap.get(task)).not.toBe(0);
  });

  it('comes home for both with both fixes', () => {
    const { what, run } = loops('read a expect 1\n on child read a expect 1', BOTH);
    expect([what, run.report.failure?.message()]).toEqual(['end', undefined]);
  });
});

const ALONE = `
  profile 4.14
  device gpu0 private 1MiB
  process app {
    a = mmap 4KiB anon rw
    write a = 1
    mprotect a r
    gpu0 write a = 2
  }`;

describe('a signal in the middle of it', () => {
  it('ends the CPU access that never ends', () => {
    const text = SHARED.replace('LOOP', 'read a[0]').replace('SWITCH', '');
    expect(stopOf(text, 'migrate_to_ram').what).toBe('end');
  });

  it("does not end a device's write to memory that may only be read", () => {
    const { what, task, run } = stopOf(ALONE, 'do_wp_page');
    expect(what).toBe('livelock');
    const { tasks } = run.kernel;
    expect(tasks.killed.get(task)).not.toBe(0);
    expect(tasks.readsMm.get(task)).not.toBe(0);
  });
});
