/**
 * Page-table locks (include/linux/mm.h): spinlocks, one for each table. The steps between lock and unlock are atomic: the
 * task may not sleep, and no other one runs until it lets go. So nobody is ever seen spinning for one.
 */

import type { EntryRow, NodeRow } from '../../machine/ids';
import { Wait } from '../../machine/tasks';
import type { Kernel } from '../../routine/kernel';
import type { Builder, Node } from '../../routine/routine';

type EntryOf<F> = (k: Kernel, f: F) => EntryRow;

/** The lock of the table that an entry is in (pte_lockptr, pmd_lockptr). */
const lockptr = (k: Kernel, entry: EntryRow): NodeRow => k.tables.nodeOf(entry);

function spin_trylock(k: Kernel, table: NodeRow): boolean {
  if (k.tables.lockOwner.get(table) !== 0) return false;
  k.tables.lockOwner.set(table, k.task);
  k.tasks.preemptCount.add(k.task, 1);
  return true;
}

/** Lets go of the lock of the table that `entry` is in. */
function pte_unlock(k: Kernel, entry: EntryRow): void {
  const table = lockptr(k, entry);
  k.tables.lockOwner.set(table, 0);
  k.tasks.preemptCount.add(k.task, -1);
  k.tasks.wakeFirst(Wait.PageTableLock, table);
}

/** Takes the lock of the table that the entry is in. */
export function ptlLock<F>(r: Builder<F>, text: string, entry: EntryOf<F>): Node<F> {
  return r.wait(
    text,
    Wait.PageTableLock,
    (k, f) => lockptr(k, entry(k, f)),
    (k, f) => spin_trylock(k, lockptr(k, entry(k, f))),
  );
}

export function ptlUnlock<F>(r: Builder<F>, text: string, entry: EntryOf<F>): Node<F> {
  return r.step(text, (k, f) => pte_unlock(k, entry(k, f)));
}

type WithEntry = { entry: EntryRow };
const own = (_: Kernel, f: WithEntry): EntryRow => f.entry;

/** The lock of the PTE table of the frame's own entry. */
export const pteLock = <F extends WithEntry>(r: Builder<F>): Node<F> =>
  ptlLock(r, 'pte = pte_offset_map_lock(mm, pmd, address, &ptl)', own);
export const pteUnlock = <F extends WithEntry>(r: Builder<F>): Node<F> =>
  ptlUnlock(r, 'pte_unmap_unlock(pte, ptl)', own);

/** The lock of the PMD table of the frame's own entry. */
export const pmdLock = <F extends WithEntry>(r: Builder<F>): Node<F> =>
  ptlLock(r, 'ptl = pmd_lock(mm, pmd)', own);
export const pmdUnlock = <F extends WithEntry>(r: Builder<F>): Node<F> =>
  ptlUnlock(r, 'spin_unlock(ptl)', own);
