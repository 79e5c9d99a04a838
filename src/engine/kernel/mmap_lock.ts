/** mmap_lock (a rwsem) and the page lock, as steps that may block (include/linux/mmap_lock.h, mm/filemap.c). */

import type { MmRow, PageRow, TaskRow, VmaRow } from '../machine/ids';
import { Pg } from '../machine/pages';
import { Wait } from '../machine/tasks';
import type { Kernel } from './kernel';
import type { Builder, Node } from './routine';

/** Takes mmap_lock for reading if no writer holds it. */
export function mmap_read_trylock(k: Kernel, mm: MmRow): boolean {
  if (k.mm.lockWriter.get(mm) !== 0) return false;
  k.mm.lockReaders.add(mm, 1);
  k.tasks.readsMm.set(k.task, mm);
  return true;
}

export function mmap_read_unlock(k: Kernel, mm: MmRow): void {
  k.tasks.readsMm.set(k.task, 0);
  if (k.mm.lockReaders.add(mm, -1) === 0) k.tasks.wake(Wait.MmapWrite, mm);
}

export function mmap_write_unlock(k: Kernel, mm: MmRow): void {
  k.mm.lockWriter.set(mm, 0);
  k.tasks.wake(Wait.MmapRead, mm);
  k.tasks.wake(Wait.MmapWrite, mm);
}

/** The writer becomes a reader: other readers may come in. */
export function mmap_write_downgrade(k: Kernel, mm: MmRow): void {
  k.mm.lockWriter.set(mm, 0);
  k.mm.lockReaders.add(mm, 1);
  k.tasks.readsMm.set(k.task, mm);
  k.tasks.wake(Wait.MmapRead, mm);
}

/** Blocks until mmap_lock is held for reading. */
export function mmapReadLock<F>(r: Builder<F>, mm: (k: Kernel, f: F) => MmRow): Node<F>[] {
  return [
    r.yield('Y1'),
    r.wait('mmap_read_lock(mm)', Wait.MmapRead, mm, (k, f) => mmap_read_trylock(k, mm(k, f))),
  ];
}

/**
 * Locks the VMA for a fault, without mmap_lock (vma_start_read). False while somebody changes the address space; the
 * model takes every VMA of it as being changed then.
 */
export function vma_start_read(k: Kernel, vma: VmaRow): boolean {
  if (k.mm.lockWriter.get(k.mm.mm.get(vma)) !== 0) return false;
  k.mm.vmaReaders.add(vma, 1);
  k.tasks.readsVma.set(k.task, vma);
  return true;
}

export function vma_end_read(k: Kernel, vma: VmaRow): void {
  k.tasks.readsVma.set(k.task, 0);
  if (k.mm.vmaReaders.add(vma, -1) === 0) k.tasks.wake(Wait.MmapWrite, k.mm.mm.get(vma));
}

function has_vma_reader(k: Kernel, mm: MmRow): boolean {
  if (!k.profile.vmaLock) return false;
  for (const vma of k.mm.vmasOf(mm)) if (k.mm.vmaReaders.get(vma) !== 0) return true;
  return false;
}

/**
 * Blocks until mmap_lock is held for writing: after every reader, a migrating fault included, has let go, and every
 * fault under a VMA's own lock.
 */
export function mmapWriteLock<F>(r: Builder<F>, mm: (k: Kernel, f: F) => MmRow): Node<F>[] {
  return [
    r.yield('Y1'),
    r.wait('mmap_write_lock(mm)', Wait.MmapWrite, mm, (k, f) => {
      const row = mm(k, f);
      if (k.mm.lockWriter.get(row) !== 0 || k.mm.lockReaders.get(row) !== 0) return false;
      if (has_vma_reader(k, row)) return false;
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
