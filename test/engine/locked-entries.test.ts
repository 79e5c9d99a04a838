/** Between remove_migration_ptes and unlock_page the entries lead to a page again that the migration still has locked. */

import { describe, expect, it } from 'vitest';
import { pte_offset, pte_page, ptep_get } from '../../src/engine/kernel/mm/pgtable';
import { lru_add_drain_cpu } from '../../src/engine/kernel/mm/swap/swap';
import type { MmRow, TaskRow, Vpn } from '../../src/engine/machine/ids';
import { Pg } from '../../src/engine/machine/pages';
import { kindOf, Pte, type PteKind } from '../../src/engine/machine/pte';
import type { Kernel } from '../../src/engine/routine/kernel';
import { runChecked } from '../properties/machine';
import { Staged } from './staged';
import { count } from './under-seeds';

const BUF = 0x1000000 as Vpn;

const textOf = (head: string, before: string, a: string, b: string): string => `
  ${head}
  machine { cpus 4 }
  device gpu0 private 1MiB
  process p {
    buf = mmap 2MiB anon rw at 0x1000000000
    write buf[0..2] = 1
    drain lru
    open gpu0
    ${before}
    thread A cpu 1 { ${a} }
    thread B cpu 2 { ${b} }
    join A
    join B
  }`;

/** The task that is running sees an entry of this kind for a page that another task has locked. */
function seesLocked(k: Kernel, mm: MmRow, kind: PteKind): boolean {
  const entry = mm === 0 ? 0 : pte_offset(k, mm, BUF);
  if (entry === 0 || kindOf(ptep_get(k, entry)) !== kind) return false;
  const page = pte_page(k, entry);
  return page !== 0 && k.pages.has(page, Pg.Locked) && k.pages.lockOwner.get(page) !== k.task;
}

describe.each(['4.14', '6.12'])('under some seeds of %s', (profile) => {
  const STAYS = 'repeat 3 { gpu0 fail alloc times 1; migrate buf[0] to gpu0 }';
  const HELD = 'repeat 3 { get_page buf[0]; migrate buf[0] to gpu0; put_page buf[0] }';
  const MOVES = 'repeat 3 { migrate buf[0] to gpu0; migrate buf[0] from gpu0 }';
  const WAYS: readonly [what: string, memory: string, kind: PteKind, a: string][] = [
    ['that has reached the device', 'anon', Pte.DevicePrivate, MOVES],
    ['that the driver left where it is', 'anon', Pte.Present, STAYS],
    ['that somebody else holds', 'anon', Pte.Present, HELD],
    ['of a huge page that was split', 'huge', Pte.Present, 'migrate buf[1] to gpu0'],
  ];

  it.each(WAYS)('another task runs beside a page %s, and every invariant holds', (_, memory, kind, a) => {
    const head = `profile ${profile}\nschedule seed SEED`;
    const text = textOf(head, '', a, 'repeat 4 { write buf[0] = 1; read buf[0] }').replace('anon', memory);
    const seen = count(text, (k, named) => {
      const p = named('p');
      return p !== 0 && k.task === named('B') && seesLocked(k, k.tasks.mmOf(p), kind);
    });
    expect(seen).toBeGreaterThan(0);
    for (let seed = 1; seed <= 10; seed++) {
      const { stop, broken } = runChecked(text.replace('SEED', String(seed)));
      expect({ seed, stop, broken }).toEqual({ seed, stop: 'end', broken: [] });
    }
  });
});

/** A has put the entry back, or over to the other page, and has not unlocked that one. */
function untilLocked(run: Staged): void {
  run.only('A', () => run.standsAt('A', 'migrate_vma_finalize', 'Y9') && run.kind(BUF) !== Pte.Migration);
  expect(run.kernel.pages.lockOwner.get(pte_page(run.kernel, run.entry(BUF)))).toBe(run.task('A'));
}

/** How often `task` calls the fault callback from here on, until `found`. */
function callbacks(run: Staged, task: TaskRow): () => number {
  const { events } = run.kernel;
  const { observer } = events;
  let calls = 0;
  events.observer = (who, name, leave, args) => {
    observer?.(who, name, leave, args);
    if (who === task && name === 'migrate_to_ram' && !leave) calls++;
  };
  return () => calls;
}

describe('a page that is mapped again and still locked', () => {
  it('6.12: has just reached the device: a fault can not bring it back, and is taken again', () => {
    const run = new Staged(textOf('profile 6.12', '', 'migrate buf[0] to gpu0', 'read buf[0] expect 1'));
    untilLocked(run);
    expect(run.kind(BUF)).toBe(Pte.DevicePrivate);
    const calls = callbacks(run, run.task('B'));
    run.only('B', () => calls() === 3);
    expect(run.kind(BUF)).toBe(Pte.DevicePrivate);
    run.end('A');
    run.end('B');
    expect(run.kind(BUF)).toBe(Pte.Present);
    expect(run.finish()).toEqual([]);
  });

  it('6.12: has stayed in memory: a write to it, read-only but nobody else’s, makes a needless copy', () => {
    const copied = (whileLocked: boolean): boolean => {
      const run = new Staged(
        textOf(
          'profile 6.12',
          'fork child { read buf[0] expect 1 }\n wait child\n gpu0 fail alloc times 1',
          'migrate buf[0] to gpu0',
          'write buf[0] = 7',
        ),
      );
      const before = pte_page(run.kernel, run.entry(BUF));
      if (whileLocked) untilLocked(run);
      else run.end('A');
      // Its place in the CPU's batch is a reference too, and would make for a copy by itself.
      for (let cpu = 0; cpu < run.kernel.cpus; cpu++) lru_add_drain_cpu(run.kernel, cpu);
      run.end('B');
      const after = pte_page(run.kernel, run.entry(BUF));
      expect(run.finish()).toEqual([]);
      return after !== before;
    };
    expect(copied(false)).toBe(false);
    expect(copied(true)).toBe(true);
  });
});
