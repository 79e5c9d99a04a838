/**
 * The lock that each VMA has of its own (include/linux/mm.h, 6.4 and later): faults hold it for reading, without mmap_lock.
 * Whoever holds mmap_lock for writing takes it for writing before a VMA changes, and gives all of them back with mmap_lock.
 */

import type { MmRow, VmaRow } from '../../../machine/ids';
import { Wait } from '../../../machine/tasks';
import type { Kernel } from '../../../routine/kernel';
import type { Builder, Node } from '../../../routine/routine';

/** Locked for writing since mmap_lock was last taken for writing. */
const is_write_locked = (k: Kernel, vma: VmaRow): boolean =>
  k.mm.vmaLockSeq.get(vma) === k.mm.lockSeq.get(k.mm.mm.get(vma)) + 1;

/** Locks the VMA for a fault. False while somebody changes it, or waits to. */
export function vma_start_read(k: Kernel, vma: VmaRow): boolean {
  if (is_write_locked(k, vma)) return false;
  k.mm.vmaReaders.add(vma, 1);
  k.tasks.readsVma.set(k.task, vma);
  return true;
}

export function vma_end_read(k: Kernel, vma: VmaRow): void {
  k.tasks.readsVma.set(k.task, 0);
  if (k.mm.vmaReaders.add(vma, -1) === 0) k.tasks.wake(Wait.VmaWrite, vma);
}

/** Marks a VMA as locked for writing: no fault takes it from now on, but some may still hold it. */
export function vma_mark_write(k: Kernel, vma: VmaRow): void {
  if (k.profile.vmaLock) k.mm.vmaLockSeq.set(vma, k.mm.lockSeq.get(k.mm.mm.get(vma)) + 1);
}

/** mmap_lock is let go of, or held for reading from now on: VMAs may be locked again. */
export function vma_end_write_all(k: Kernel, mm: MmRow): void {
  if (k.profile.vmaLock) k.mm.lockSeq.add(mm, 1);
}

/** Blocks until no fault holds one of these VMAs; none can take them until mmap_lock is given back. */
export function vmaStartWrite<F>(r: Builder<F>, vmas: (k: Kernel, f: F) => readonly VmaRow[]): Node<F> {
  const held = (k: Kernel, f: F): VmaRow =>
    vmas(k, f).find((vma) => k.mm.vmaReaders.get(vma) !== 0) ?? (0 as VmaRow);
  return r.only(
    (profile) => profile.vmaLock,
    [
      r.wait('vma_start_write(vma)', Wait.VmaWrite, held, (k, f) => {
        for (const vma of vmas(k, f)) vma_mark_write(k, vma);
        return held(k, f) === 0;
      }),
    ],
  );
}
