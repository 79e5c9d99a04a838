/**
 * What a fault has read of an entry without a lock can be out of date when it goes on. On x86-64 do_swap_page does not look
 * again by itself: each kind of entry is checked on its own, under the lock that it needs, or not at all.
 */

import { describe, expect, it } from 'vitest';
import { pte_page } from '../../src/engine/kernel/mm/pgtable';
import type { Vpn } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { Pte } from '../../src/engine/machine/pte';
import { Wait } from '../../src/engine/machine/tasks';
import { Staged } from './staged';
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

/** Thread A has begun its fault `time` times, and stands in do_swap_page with what it has read. */
function untilRead(run: Staged, time = 1): void {
  const stands = (): boolean => run.standsAt('A', 'do_swap_page', 'Y2');
  for (let i = 0; i < time; i++) {
    run.only('A', () => !stands());
    run.only('A', stands);
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
    const run = new Staged(text(head));
    const before = pte_page(run.kernel, run.entry(A_PAGE));
    untilRead(run, time);
    run.end('B');
    const other =
      pte_page(run.kernel, run.entry(B_PAGE)) === before && run.kind(A_PAGE) === Pte.DevicePrivate;
    return { broken: run.finish(), other };
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
    const run = new Staged(
      textOf(`profile ${profile}`, 'reclaim buf[0]', 'read buf[0] expect 3', 'write buf[0] = 3'),
    );
    untilRead(run);
    run.end('B');
    expect([...run.kernel.swap.slots.rows()]).toEqual([]);
    run.only('A', () => run.isIn('A', 'do_swap_page_swapped'));
    run.only('A', () => !run.isIn('A', 'do_swap_page_swapped'));
    expect([...run.kernel.swap.slots.rows()]).toEqual([]);
    expect(run.finish()).toEqual([]);
  });

  it('the entry of a slot that another page has now: that one is read, and not mapped', () => {
    const run = new Staged(
      textOf(
        `profile ${profile}`,
        'reclaim buf[0]',
        'read buf[0] expect 3',
        'write buf[0] = 3; reclaim buf[1]',
      ),
    );
    const { swap } = run.kernel;
    untilRead(run);
    run.end('B');
    const [slot = 0] = swap.slots.rows();
    expect(swap.slotCached.get(slot)).toBe(0);
    run.only('A', () => run.isIn('A', 'do_swap_page_swapped'));
    run.only('A', () => !run.isIn('A', 'do_swap_page_swapped'));
    expect(swap.slotCached.get(slot)).not.toBe(0);
    expect(run.kind(B_PAGE)).toBe(Pte.Swap);
    expect(run.finish()).toEqual([]);
  });

  it('a migration entry of an older migration: it waits for the one that is there now', () => {
    const run = new Staged(
      textOf(
        `profile ${profile}`,
        '',
        'read buf[0] expect 1',
        'migrate buf[0] to gpu0; migrate buf[0] from gpu0',
      ),
    );
    const { kernel: k } = run;
    const migrating = (): boolean => run.kind(A_PAGE) === Pte.Migration;
    run.only('B', migrating);
    const first = pte_page(k, run.entry(A_PAGE));
    untilRead(run);
    run.only('B', () => !migrating());
    run.only('B', migrating);
    const second = pte_page(k, run.entry(A_PAGE));
    expect(second).not.toBe(first);
    let again = false;
    run.only('A', () => {
      again ||= run.isIn('A', 'handle_pte_fault');
      return blockedOn(k, run.task('A'), Wait.MigrationEntry);
    });
    expect(again).toBe(false);
    expect(k.tasks.waitFor.get(run.task('A'))).toBe(second);
    expect(k.pages.has(second, Pg.Locked)).toBe(true);
    expect(run.finish()).toEqual([]);
  });
});

describe('a device-exclusive entry', () => {
  const race = (meanwhile: string, expected: number): Staged => {
    const run = new Staged(
      textOf('profile 6.12', 'gpu0 exclusive buf[0]', `read buf[0] expect ${expected}`, meanwhile),
    );
    untilRead(run);
    return run;
  };

  it('whose page is free now: there is nothing to lock', () => {
    const run = race('madvise buf[0] dontneed', 0);
    const { kernel: k } = run;
    const page = pte_page(k, run.entry(A_PAGE));
    run.end('B');
    expect(k.pages.refcount.get(page)).toBe(0);
    expect(run.finish()).toEqual([]);
  });

  it('whose page another address has now: that one is locked and unlocked, and nothing is mapped', () => {
    const run = race('madvise buf[1] dontneed; madvise buf[0] dontneed; write buf[1] = 9', 0);
    const { kernel: k } = run;
    const page = pte_page(k, run.entry(A_PAGE));
    run.end('B');
    expect(pte_page(k, run.entry(B_PAGE))).toBe(page);
    run.only('A', () => k.pages.has(page, Pg.Locked));
    run.only('A', () => !k.pages.has(page, Pg.Locked));
    expect(run.kind(A_PAGE)).toBe(Pte.None);
    expect(run.finish()).toEqual([]);
  });
});
