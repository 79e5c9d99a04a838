/**
 * What a fault has read of an entry without a lock can be out of date when it goes on. On x86-64 do_swap_page does not look
 * again by itself: each kind of entry is checked on its own, under the lock that it needs, or not at all.
 */

import { describe, expect, it } from 'vitest';
import { Checker } from '../../src/engine/invariants';
import type { Kernel } from '../../src/engine/kernel/kernel';
import { pte_offset, pte_page, ptep_get } from '../../src/engine/kernel/pgtable';
import type { EntryRow, TaskRow, Vpn } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { kindOf, Pte } from '../../src/engine/machine/pte';
import { TaskState, Wait } from '../../src/engine/machine/tasks';
import { MOST_STEPS, runOf } from '../properties/machine';
import { runAll, runOnly } from './run-only';
import { blockedOn } from './under-seeds';

const A_PAGE = 0x1000000 as Vpn;
const B_PAGE = 0x1000001 as Vpn;

const textOf = (head: string, before: string, fault: string, meanwhile: string): string => `
  ${head}
  machine { cpus 4 swap 1MiB }
  device gpu0 private 1MiB
  process p {
    buf = mmap 8KiB anon rw at 0x1000000000
    write buf = 1 rising
    drain lru
    ${before}
    thread A cpu 1 { ${fault} }
    thread B cpu 2 { ${meanwhile} }
    join A
    join B
  }`;

/** A faults, and B does something between the lockless read and the lock. */
class Window {
  readonly run;
  readonly #checker: Checker;
  readonly #failed: string[] = [];

  constructor(text: string) {
    this.run = runOf(text);
    this.#checker = new Checker(this.run.interpreter);
    const { events } = this.kernel;
    const { observer } = events;
    events.observer = (task, name, leave, args) => {
      observer?.(task, name, leave, args);
      if (name === 'expect_failed') this.#failed.push(name);
    };
    this.only('p', () => this.task('B') !== 0);
  }

  get kernel(): Kernel {
    return this.run.kernel;
  }

  task(name: string): TaskRow {
    const { tasks } = this.kernel;
    const is = (row: number): boolean => this.run.world.names.tasks[tasks.taskName.get(row)] === name;
    return ([...tasks.tasks.rows()].find(is) ?? 0) as TaskRow;
  }

  only(name: string, until: () => boolean): void {
    runOnly(this.run, this.task(name), until);
  }

  /** A stands in do_swap_page with what it has read. The first time it holds the lock of the VMA alone, in 6.12. */
  untilRead(time = 1): void {
    const { linked } = this.run;
    const stands = (): boolean => {
      const pc = this.kernel.tasks.pc.get(this.task('A'));
      const routine = linked.routines[linked.routineOf[pc] ?? -1]?.routine.name;
      return routine === 'do_swap_page' && linked.yieldBefore[pc] === 'Y2';
    };
    for (let i = 0; i < time; i++) {
      this.only('A', () => !stands());
      this.only('A', stands);
    }
  }

  /** The task stands in this routine. */
  isIn(name: string, routine: string): boolean {
    const { linked } = this.run;
    const pc = this.kernel.tasks.pc.get(this.task(name));
    return linked.routines[linked.routineOf[pc] ?? -1]?.routine.name === routine;
  }

  untilBEnds(): void {
    this.only('B', () => this.kernel.tasks.state.get(this.task('B')) === TaskState.Exited);
  }

  entry(vpn: Vpn): EntryRow {
    return pte_offset(this.kernel, this.kernel.tasks.mmOf(this.task('p')), vpn);
  }

  kind(vpn: Vpn): number {
    return kindOf(ptep_get(this.kernel, this.entry(vpn)));
  }

  /** Runs to the end. Returns what was broken. */
  finish(): string[] {
    runAll(this.run);
    const stop = this.run.interpreter.run(MOST_STEPS, false);
    this.#checker.finish();
    const broken = this.#checker.violations.map(({ invariant, detail }) => `${invariant.id} ${detail}`);
    return [...(stop === 'end' ? [] : [stop]), ...this.#failed, ...broken];
  }
}

describe('a device-private entry that another page has by now', () => {
  const text = (head: string): string =>
    textOf(
      head,
      'migrate buf[0] to gpu0',
      'read buf[0] expect 1',
      'read buf[0]; migrate buf[1] to gpu0; migrate buf[0] to gpu0',
    );

  const race = (head: string, time: number): { broken: string[]; other: boolean } => {
    const window = new Window(text(head));
    const before = pte_page(window.kernel, window.entry(A_PAGE));
    window.untilRead(time);
    window.untilBEnds();
    const other =
      pte_page(window.kernel, window.entry(B_PAGE)) === before && window.kind(A_PAGE) === Pte.DevicePrivate;
    return { broken: window.finish(), other };
  };

  it.each([
    ['profile 4.14', 1],
    ['profile 6.12\nswitch fix-16ce101db85d off', 2],
  ])('%s: the driver is called for the page of the other address', (head, time) => {
    const { broken, other } = race(head, time);
    expect(other).toBe(true);
    expect(broken).toEqual([
      expect.stringMatching(/^I39 .*neither held by the fault nor what its entry leads to$/),
    ]);
  });

  it.each([
    ['profile 4.14\nswitch fix-16ce101db85d on', 1],
    ['profile 6.12', 2],
  ])('%s: the check under the lock finds it out', (head, time) => {
    expect(race(head, time)).toEqual({ broken: [], other: true });
  });
});

describe.each(['4.14', '6.12'])('under %s', (profile) => {
  it('the entry of a slot that is free now: nothing is read', () => {
    const window = new Window(
      textOf(`profile ${profile}`, 'reclaim buf[0]', 'read buf[0] expect 3', 'write buf[0] = 3'),
    );
    window.untilRead();
    window.untilBEnds();
    expect([...window.kernel.swap.slots.rows()]).toEqual([]);
    window.only('A', () => window.isIn('A', 'do_swap_page_swapped'));
    window.only('A', () => !window.isIn('A', 'do_swap_page_swapped'));
    expect([...window.kernel.swap.slots.rows()]).toEqual([]);
    expect(window.finish()).toEqual([]);
  });

  it('the entry of a slot that another page has now: that one is read, and not mapped', () => {
    const window = new Window(
      textOf(
        `profile ${profile}`,
        'reclaim buf[0]',
        'read buf[0] expect 3',
        'write buf[0] = 3; reclaim buf[1]',
      ),
    );
    const { swap } = window.kernel;
    window.untilRead();
    window.untilBEnds();
    const [slot = 0] = swap.slots.rows();
    expect(swap.slotCached.get(slot)).toBe(0);
    window.only('A', () => window.isIn('A', 'do_swap_page_swapped'));
    window.only('A', () => !window.isIn('A', 'do_swap_page_swapped'));
    expect(swap.slotCached.get(slot)).not.toBe(0);
    expect(window.kind(B_PAGE)).toBe(Pte.Swap);
    expect(window.finish()).toEqual([]);
  });

  it('a migration entry of an older migration: it waits for the one that is there now', () => {
    const window = new Window(
      textOf(
        `profile ${profile}`,
        '',
        'read buf[0] expect 1',
        'migrate buf[0] to gpu0; migrate buf[0] from gpu0',
      ),
    );
    const { kernel: k } = window;
    const migrating = (): boolean => window.kind(A_PAGE) === Pte.Migration;
    window.only('B', migrating);
    const first = pte_page(k, window.entry(A_PAGE));
    window.untilRead();
    window.only('B', () => !migrating());
    window.only('B', migrating);
    const second = pte_page(k, window.entry(A_PAGE));
    expect(second).not.toBe(first);
    let again = false;
    window.only('A', () => {
      again ||= window.isIn('A', 'handle_pte_fault');
      return blockedOn(k, window.task('A'), Wait.MigrationEntry);
    });
    expect(again).toBe(false);
    expect(k.tasks.waitFor.get(window.task('A'))).toBe(second);
    expect(k.pages.has(second, Pg.Locked)).toBe(true);
    expect(window.finish()).toEqual([]);
  });
});

describe('a device-exclusive entry', () => {
  const race = (meanwhile: string, expected: number): Window => {
    const window = new Window(
      textOf('profile 6.12', 'gpu0 exclusive buf[0]', `read buf[0] expect ${expected}`, meanwhile),
    );
    window.untilRead();
    return window;
  };

  it('whose page is free now: there is nothing to lock', () => {
    const window = race('madvise buf[0] dontneed', 0);
    const { kernel: k } = window;
    const page = pte_page(k, window.entry(A_PAGE));
    window.untilBEnds();
    expect(k.pages.refcount.get(page)).toBe(0);
    expect(window.finish()).toEqual([]);
  });

  it('whose page another address has now: that one is locked and unlocked, and nothing is mapped', () => {
    const window = race('madvise buf[1] dontneed; madvise buf[0] dontneed; write buf[1] = 9', 0);
    const { kernel: k } = window;
    const page = pte_page(k, window.entry(A_PAGE));
    window.untilBEnds();
    expect(pte_page(k, window.entry(B_PAGE))).toBe(page);
    window.only('A', () => k.pages.has(page, Pg.Locked));
    window.only('A', () => !k.pages.has(page, Pg.Locked));
    expect(window.kind(A_PAGE)).toBe(Pte.None);
    expect(window.finish()).toEqual([]);
  });
});
