/** What mremap refuses, and how it ends (mm/mremap.c). */

import { Vm } from '../../../machine/address-spaces';
import { type MmRow, TASK_SIZE_PAGES, type VmaRow, type Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import type { Builder, Node } from '../../../routine/routine';
import { Errno } from '../../constants';
import { mm_populate } from '../gup/populate';
import { cuts_hugetlb } from '../hugetlb/hugetlb_vma';
import { enough_memory } from '../mmap/mmap';
import { mmap_write_unlock } from '../mmap/mmap_lock';
import { HUGE_PAGES } from '../page_alloc/page_alloc';

/** The new range is not in user space, or overlaps the old one. */
export const can_not_be = (f: { start: Vpn; pages: number; newPages: number; to: number }): boolean =>
  f.to < 0 ||
  f.to + f.newPages > TASK_SIZE_PAGES ||
  (f.start < f.to + f.newPages && f.to < f.start + f.pages);

/** What a move unmaps begins or ends inside a huge page of the pool. */
export function move_cuts_hugetlb(
  k: Kernel,
  f: { mm: MmRow; start: Vpn; pages: number; newPages: number; to: number },
): boolean {
  return shrink_cuts_hugetlb(k, f) || cuts_hugetlb(k, f.mm, f.to, f.to + f.newPages);
}

/** What the old range loses does. */
export const shrink_cuts_hugetlb = (
  k: Kernel,
  f: { mm: MmRow; start: Vpn; pages: number; newPages: number },
): boolean => f.newPages < f.pages && cuts_hugetlb(k, f.mm, f.start + f.newPages, f.start + f.pages);

/**
 * Huge pages of the pool are moved whole, from and to boundaries of theirs, and never grow: the rounded lengths, or false
 * where that can't be. Before 5.16 such a mapping can only shrink (vma_to_resize).
 */
export function round_hugetlb(
  k: Kernel,
  f: { start: Vpn; pages: number; newPages: number },
  to: number,
): boolean {
  if (!k.profile.mremapMovesHugetlb) return f.newPages <= f.pages && to === f.start;
  f.pages = Math.ceil(f.pages / HUGE_PAGES) * HUGE_PAGES;
  f.newPages = Math.ceil(f.newPages / HUGE_PAGES) * HUGE_PAGES;
  return f.start % HUGE_PAGES === 0 && to % HUGE_PAGES === 0 && f.newPages <= f.pages;
}

/** The range is not all in the VMA, or the VMA can't grow: -EFAULT; else 0. */
export function range_error(
  k: Kernel,
  vma: VmaRow,
  f: { start: Vpn; pages: number; newPages: number },
): number {
  if (vma === 0 || k.mm.start.get(vma) > f.start) return -Errno.EFAULT;
  if (f.pages > k.mm.end.get(vma) - f.start) return -Errno.EFAULT;
  return f.newPages > f.pages && k.mm.has(vma, Vm.MixedMap) ? -Errno.EFAULT : 0;
}

/** What is added to the mapping must be accounted for: 0 or -ENOMEM. */
export function charge_error(k: Kernel, vma: VmaRow, f: { pages: number; newPages: number }): number {
  const grows = f.newPages - f.pages;
  return grows > 0 && k.mm.has(vma, Vm.Account) && !enough_memory(k, grows) ? -Errno.ENOMEM : 0;
}

/** The VMA can't be moved or grown: -EFAULT or -ENOMEM; else 0 (vma_to_resize). */
export const resize_error = (
  k: Kernel,
  vma: VmaRow,
  f: { start: Vpn; pages: number; newPages: number },
): number => range_error(k, vma, f) || charge_error(k, vma, f);

/** Ends mremap: what a locked mapping (VM_LOCKED) has grown by is faulted in. */
export function unlockAndPopulate<
  F extends { mm: MmRow; pages: number; newPages: number; ret: number; locked: number },
>(r: Builder<F>): Node<F>[] {
  return [
    r.step('locked: a VM_LOCKED mapping has grown; mmap_write_unlock(mm)', (k, f) => {
      const grown = f.ret >= 0 && f.newPages > f.pages;
      f.locked = grown && k.mm.has(k.mm.vmaAt(f.mm, f.ret as Vpn), Vm.Locked) ? 1 : 0;
      mmap_write_unlock(k, f.mm);
    }),
    r.when('(locked)', (_, f) => f.locked !== 0, [
      r.call('mm_populate(new_addr + old_len, new_len - old_len)', mm_populate, (_, f, callee) => {
        callee.start = (f.ret + f.pages) as Vpn;
        callee.end = (f.ret + f.newPages) as Vpn;
      }),
    ]),
  ];
}
