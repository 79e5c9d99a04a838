/** mmap_lock (a rwsem) and the page lock, as steps that may block (include/linux/mmap_lock.h, mm/filemap.c). */

import type { MmRow, PageRow, TaskRow } from '../machine/ids';
import { Pg } from '../machine/pages';
import { TaskState, Wait } from '../machine/tasks';
import type { Kernel } from './kernel';
import type { Builder, Node } from './routine';
import { vma_end_write_all } from './vma_lock';

/** A task that is asleep until it can have the lock for writing; 0 if there is none. */
export function waiting_writer(k: Kernel, mm: number): TaskRow {
  const { tasks } = k;
  if (tasks.waiters.get(Wait.MmapWrite) === 0) return 0 as TaskRow;
  for (const task of tasks.tasks.rows()) {
    const waits = tasks.state.get(task) === TaskState.Blocked && tasks.wait.get(task) === Wait.MmapWrite;
    if (waits && tasks.waitFor.get(task) === mm) return task as TaskRow;
  }
  return 0 as TaskRow;
}

function read_locked(k: Kernel, mm: MmRow): void {
  k.mm.lockReaders.add(mm, 1);
  k.tasks.readsMm.set(k.task, mm);
}

/** Takes mmap_lock for reading if nobody holds it for writing or waits for that. */
export function mmap_read_trylock(k: Kernel, mm: MmRow): boolean {
  if (k.mm.lockWriter.get(mm) !== 0 || waiting_writer(k, mm) !== 0) return false;
  read_locked(k, mm);
  return true;
}

/** A reader joins others only while no writer waits, so that a stream of readers keeps no writer out (down_read). */
function down_read(k: Kernel, mm: MmRow): boolean {
  if (k.mm.lockWriter.get(mm) !== 0) return false;
  if (k.mm.lockReaders.get(mm) > 0 && waiting_writer(k, mm) !== 0) return false;
  read_locked(k, mm);
  return true;
}

export function mmap_read_unlock(k: Kernel, mm: MmRow): void {
  k.tasks.readsMm.set(k.task, 0);
  if (k.mm.lockReaders.add(mm, -1) > 0) return;
  k.tasks.wake(Wait.MmapWrite, mm);
  k.tasks.wake(Wait.MmapRead, mm);
}

export function mmap_write_unlock(k: Kernel, mm: MmRow): void {
  vma_end_write_all(k, mm);
  k.mm.lockWriter.set(mm, 0);
  k.tasks.wake(Wait.MmapRead, mm);
  k.tasks.wake(Wait.MmapWrite, mm);
}

/** The writer becomes a reader: other readers may come in. */
export function mmap_write_downgrade(k: Kernel, mm: MmRow): void {
  vma_end_write_all(k, mm);
  k.mm.lockWriter.set(mm, 0);
  read_locked(k, mm);
  k.tasks.wake(Wait.MmapRead, mm);
}

/** Blocks until mmap_lock is held for reading. */
export function mmapReadLock<F>(r: Builder<F>, mm: (k: Kernel, f: F) => MmRow): Node<F>[] {
  return [r.yield('Y1'), r.wait('mmap_read_lock(mm)', Wait.MmapRead, mm, (k, f) => down_read(k, mm(k, f)))];
}

/** Blocks until mmap_lock is held for writing: after every reader, a migrating fault included, has let go. */
export function mmapWriteLock<F>(r: Builder<F>, mm: (k: Kernel, f: F) => MmRow): Node<F>[] {
  return [
    r.yield('Y1'),
    r.wait('mmap_write_lock(mm)', Wait.MmapWrite, mm, (k, f) => {
      const row = mm(k, f);
      if (k.mm.lockWriter.get(row) !== 0 || k.mm.lockReaders.get(row) !== 0) return false;
      k.mm.lockWriter.set(row, k.task);
      return true;
    }),
  ];
}

/** folio_trylock. */
export function trylock_page(k: Kernel, page: PageRow, owner: TaskRow = k.task): boolean {
  if (k.pages.has(page, Pg.Locked)) return false;
  k.pages.setFlag(page, Pg.Locked);
  k.pages.lockOwner.set(page, owner);
  return true;
}

/** folio_unlock: wakes those who wait for the lock and those who wait on a migration entry for this page. */
export function unlock_page(k: Kernel, page: PageRow): void {
  k.pages.clearFlag(page, Pg.Locked);
  k.pages.lockOwner.set(page, 0);
  k.tasks.wake(Wait.PageLock, page);
  k.tasks.wake(Wait.MigrationEntry, page);
}

/** Blocks until the page is locked by this task (folio_lock). */
export function lockPage<F>(r: Builder<F>, page: (k: Kernel, f: F) => PageRow): Node<F> {
  return r.wait('folio_lock(folio)', Wait.PageLock, page, (k, f) => trylock_page(k, page(k, f)));
}
