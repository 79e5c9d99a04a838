/** mmap_lock (a rwsem) and the page lock, as steps that may block (include/linux/mmap_lock.h, mm/filemap.c). */

import type { MmRow, PageRow, TaskRow } from '../../../machine/ids';
import { KernelBug } from '../../../machine/kernel-bug';
import { Pg } from '../../../machine/pages';
import { Wait } from '../../../machine/tasks';
import type { Kernel } from '../../../routine/kernel';
import type { Builder, Node } from '../../../routine/routine';
import { Errno } from '../../constants';
import { vma_end_write_all } from './vma_lock';

/** The writer that has waited longest for the lock, even if it has been woken and has not run yet; 0 if none does. */
export const waiting_writer = (k: Kernel, mm: number): TaskRow => k.tasks.firstInQueue(Wait.MmapWrite, mm);

function read_locked(k: Kernel, mm: MmRow, task: TaskRow): void {
  k.mm.lockReaders.add(mm, 1);
  k.tasks.readsMm.set(task, mm);
}

/** Takes mmap_lock for reading if nobody holds it for writing or waits for that. */
export function mmap_read_trylock(k: Kernel, mm: MmRow): boolean {
  if (k.mm.lockWriter.get(mm) !== 0 || waiting_writer(k, mm) !== 0) return false;
  read_locked(k, mm, k.task);
  return true;
}

/**
 * down_read. A reader joins others only while no writer waits, so that a stream of readers keeps no writer out. A lock
 * that is free it takes before a writer that has been woken for it, where readers may steal.
 */
function down_read(k: Kernel, mm: MmRow): boolean {
  // Woken with the lock: rwsem_mark_wake.
  const wasGiven = k.tasks.isQueued(k.task, Wait.MmapRead, mm) && k.tasks.readsMm.get(k.task) === mm;
  if (wasGiven) return true;
  if (k.mm.lockWriter.get(mm) !== 0) return false;
  const steals = k.profile.rwsemFavoursReaders && k.mm.lockReaders.get(mm) === 0;
  if (!steals && waiting_writer(k, mm) !== 0) return false;
  read_locked(k, mm, k.task);
  return true;
}

/**
 * rwsem_mark_wake: whom the lock goes to that has been given back, or that its writer keeps as a reader. A writer at the
 * head of the queue is woken, and may find that somebody was quicker. A reader there gets the lock at once, with all
 * readers that wait, or, in older kernels, with those before the next writer.
 */
function rwsem_mark_wake(k: Kernel, mm: MmRow, readOwned: boolean): void {
  const { tasks, profile } = k;
  const writer = waiting_writer(k, mm);
  const before = writer === 0 ? Number.POSITIVE_INFINITY : tasks.waitSince.get(writer);
  const reader = tasks.firstInQueue(Wait.MmapRead, mm);
  if (reader === 0 || tasks.waitSince.get(reader) > before) {
    if (writer !== 0 && !readOwned) tasks.wakeTask(writer);
    return;
  }
  for (const row of tasks.tasks.rows()) {
    const task = row as TaskRow;
    if (!tasks.isQueued(task, Wait.MmapRead, mm) || tasks.readsMm.get(task) === mm) continue;
    if (!profile.rwsemFavoursReaders && tasks.waitSince.get(task) > before) continue;
    read_locked(k, mm, task);
    tasks.wakeTask(task);
  }
}

/** A task has left the queue without the lock: those behind it may be the next ones now (rwsem_del_wake_waiter). */
function rwsem_del_wake_waiter(k: Kernel, mm: MmRow): void {
  if (k.mm.lockWriter.get(mm) === 0) rwsem_mark_wake(k, mm, k.mm.lockReaders.get(mm) > 0);
}

const leavesQueue = <F>(r: Builder<F>, mm: (k: Kernel, f: F) => MmRow): Node<F> =>
  r.step('leave the queue', (k, f) => rwsem_del_wake_waiter(k, mm(k, f)));

/** Lets go of mmap_lock, unless a fault has done so already. */
export function mmap_read_unlock_if_locked(k: Kernel, mm: MmRow): void {
  if (k.tasks.readsMm.get(k.task) === mm) mmap_read_unlock(k, mm);
}

export function mmap_read_unlock(k: Kernel, mm: MmRow): void {
  k.tasks.readsMm.set(k.task, 0);
  if (k.mm.lockReaders.add(mm, -1) === 0) rwsem_mark_wake(k, mm, false);
}

export function mmap_write_unlock(k: Kernel, mm: MmRow): void {
  vma_end_write_all(k, mm);
  k.mm.lockWriter.set(mm, 0);
  rwsem_mark_wake(k, mm, false);
}

/** The writer becomes a reader: other readers may come in. */
export function mmap_write_downgrade(k: Kernel, mm: MmRow): void {
  vma_end_write_all(k, mm);
  k.mm.lockWriter.set(mm, 0);
  read_locked(k, mm, k.task);
  rwsem_mark_wake(k, mm, true);
}

/** Blocks until mmap_lock is held for reading. */
export function mmapReadLock<F>(r: Builder<F>, mm: (k: Kernel, f: F) => MmRow): Node<F>[] {
  return [r.yield('Y1'), r.wait('mmap_read_lock(mm)', Wait.MmapRead, mm, (k, f) => down_read(k, mm(k, f)))];
}

/** The same for a task that may be killed meanwhile, where the kernel allows it: then it goes on with `killed`, without the lock. */
export function mmapReadLockKillable<F>(
  r: Builder<F>,
  mm: (k: Kernel, f: F) => MmRow,
  killed: Node<F>[],
): Node<F>[] {
  const gaveUp = (k: Kernel, f: F): boolean => k.tasks.readsMm.get(k.task) !== mm(k, f);
  return [
    r.only(
      (profile) => profile.killableReads,
      [
        r.yield('Y1'),
        r.killable('err = mmap_read_lock_killable(mm)', Wait.MmapRead, mm, (k, f) => down_read(k, mm(k, f))),
        r.when('(err): the task has been killed instead', gaveUp, [leavesQueue(r, mm), ...killed]),
      ],
      mmapReadLock(r, mm),
    ),
  ];
}

/** Takes mmap_lock for writing if nobody has it. */
function down_write_trylock(k: Kernel, mm: MmRow): boolean {
  if (k.mm.lockWriter.get(mm) !== 0 || k.mm.lockReaders.get(mm) !== 0) return false;
  k.mm.lockWriter.set(mm, k.task);
  return true;
}

/** Blocks until mmap_lock is held for writing: after every reader, a migrating fault included, has let go. */
export function mmapWriteLock<F>(r: Builder<F>, mm: (k: Kernel, f: F) => MmRow): Node<F>[] {
  return [
    r.yield('Y1'),
    r.wait('mmap_write_lock(mm)', Wait.MmapWrite, mm, (k, f) => down_write_trylock(k, mm(k, f))),
  ];
}

/** The same for a system call: killed meanwhile, it returns -EINTR, which its process doesn't live to see. */
export function mmapWriteLockKillable<F>(r: Builder<F>, mm: (k: Kernel, f: F) => MmRow): Node<F>[] {
  const gaveUp = (k: Kernel, f: F): boolean => k.mm.lockWriter.get(mm(k, f)) !== k.task;
  return [
    r.yield('Y1'),
    r.killable('err = mmap_write_lock_killable(mm)', Wait.MmapWrite, mm, (k, f) =>
      down_write_trylock(k, mm(k, f)),
    ),
    r.when('(err): the task has been killed instead', gaveUp, [
      leavesQueue(r, mm),
      r.ret('return -EINTR', () => -Errno.EINTR),
    ]),
  ];
}

/** folio_trylock, of the folio that the page belongs to. */
export function trylock_page(k: Kernel, of: PageRow, owner: TaskRow = k.task): boolean {
  const page = k.pages.folio(of);
  if (k.pages.has(page, Pg.Locked)) return false;
  k.pages.setFlag(page, Pg.Locked);
  k.pages.lockOwner.set(page, owner);
  return true;
}

/** A page that leaves its folio keeps the lock that the folio has (__split_folio_to_order). */
export function lock_tail(k: Kernel, tail: PageRow, folio: PageRow): void {
  if (!k.pages.has(folio, Pg.Locked)) return;
  k.pages.setFlag(tail, Pg.Locked);
  k.pages.lockOwner.set(tail, k.pages.lockOwner.get(folio));
}

/**
 * folio_unlock: wakes the first who waits for the lock, and those before it in the queue that wait only for the unlocking
 * or on a migration entry. Who stands behind it waits for its unlock (folio_wake_bit).
 */
export function unlock_page(k: Kernel, of: PageRow): void {
  const page = k.pages.folio(of);
  if (!k.pages.has(page, Pg.Locked)) throw new KernelBug('folio_unlock', page);
  k.pages.clearFlag(page, Pg.Locked);
  k.pages.lockOwner.set(page, 0);
  const next = k.tasks.firstInQueue(Wait.PageLock, page);
  const before = next === 0 ? Number.POSITIVE_INFINITY : k.tasks.waitSince.get(next);
  if (next !== 0) k.tasks.wakeTask(next);
  k.tasks.wake(Wait.PageUnlocked, page, before);
  k.tasks.wake(Wait.MigrationEntry, page, before);
}

/** Blocks until the page's folio is locked by this task (folio_lock). */
export function lockPage<F>(r: Builder<F>, of: (k: Kernel, f: F) => PageRow): Node<F> {
  const page = (k: Kernel, f: F): PageRow => k.pages.folio(of(k, f));
  return r.wait('folio_lock(folio)', Wait.PageLock, page, (k, f) => trylock_page(k, page(k, f)));
}
