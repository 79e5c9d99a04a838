/** Moving and resizing a mapping (mm/mremap.c). */

import { Vm } from '../../../machine/address-spaces';
import { type MmRow, TASK_SIZE_PAGES, type VmaRow, type Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { Bool, ErrnoT, Int, MmT, routine, VmaT, VpnT } from '../../../routine/routine';
import { Errno } from '../../constants';
import { mmapWriteLockKillable } from '../mmap/mmap_lock';
import { unmapped_area } from '../mmap/unmapped_area';
import { merge_new_range, vmas_merge_changes } from '../mmap/vma';
import { vmaStartWrite } from '../mmap/vma_lock';
import { rmapWriteLock, vmaLocks } from '../rmap/rmap_lock';
import {
  can_not_be,
  move_cuts_hugetlb,
  resize_error,
  round_hugetlb,
  shrink_cuts_hugetlb,
  unlockAndPopulate,
} from './checks';
import { grown_part } from './copy_vma';
import { makeRoom, moveVma, unmapLost } from './move_vma';

/** Nothing is mapped behind the VMA for as far as it shall grow (vma_expandable). */
function can_grow_in_place(
  k: Kernel,
  vma: VmaRow,
  f: { start: Vpn; pages: number; newPages: number },
): boolean {
  const end = k.mm.end.get(vma);
  const next = k.mm.next.get(vma);
  const room = (next === 0 ? TASK_SIZE_PAGES : k.mm.start.get(next)) - end;
  return f.start + f.pages === end && room >= f.newPages - f.pages;
}

/** Why a mapping can't be resized where it is, or elsewhere; 0 where it can. */
function in_place_error(
  k: Kernel,
  f: { vma: VmaRow; mm: MmRow; start: Vpn; pages: number; newPages: number },
): number {
  if (k.mm.has(f.vma, Vm.HugeTlb) && !round_hugetlb(k, f, f.start)) return -Errno.EINVAL;
  if (f.newPages > f.pages) return resize_error(k, f.vma, f);
  return shrink_cuts_hugetlb(k, f) ? -Errno.EINVAL : 0;
}

/**
 * mremap(2) with MREMAP_MAYMOVE alone: in place where that is possible, else where the kernel finds room. Returns the
 * address, -EINVAL, -EFAULT (the range is not all in one VMA) or -ENOMEM.
 */
export const mremap_anywhere = routine({
  name: 'sys_mremap',
  file: 'mm/mremap.c',
  about: 'Shrink or grow a mapping where it is; move it only when there is no room behind it.',
  params: { start: VpnT, pages: Int, newPages: Int },
  locals: { mm: MmT, vma: VmaT, to: VpnT, ret: ErrnoT, locked: Bool },
  body: (r) => [
    r.when('(!old_len || !new_len)', (_, f) => f.pages <= 0 || f.newPages <= 0, [
      r.ret('return -EINVAL', () => -Errno.EINVAL),
    ]),
    ...mmapWriteLockKillable(r, (k) => k.tasks.mmOf(k.task)),
    r.step('vma = vma_lookup(mm, addr)', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
      f.vma = k.mm.vmaAt(f.mm, f.start);
      f.ret = f.vma === 0 ? -Errno.EFAULT : in_place_error(k, f);
    }),
    r.when('it can be resized', (_, f) => f.ret === 0, [
      r.when(
        '(old_len >= new_len): it shrinks, unmap the end',
        (_, f) => f.newPages <= f.pages,
        [
          r.when('(old_len > new_len)', (_, f) => f.newPages < f.pages, [unmapLost(r)]),
          r.when('(!ret)', (_, f) => f.ret === 0, [
            r.step('it stays where it is', (_, f) => {
              f.ret = f.start;
            }),
          ]),
        ],
        [
          r.when(
            '(vma_expandable(vma, new_len - old_len))',
            (k, f) => can_grow_in_place(k, f.vma, f),
            [
              vmaStartWrite(r, (k, f) => vmas_merge_changes(k, f.mm, grown_part(k, f))),
              rmapWriteLock(r, (k, f) => vmaLocks(k, vmas_merge_changes(k, f.mm, grown_part(k, f)))),
              r.step('the VMA grows', (k, f) => {
                merge_new_range(k, f.mm, grown_part(k, f));
                f.ret = f.start;
              }),
            ],
            [
              r.step('to = get_unmapped_area(new_len)', (k, f) => {
                f.to = unmapped_area(k, f.mm, f.newPages);
                f.ret = -Errno.ENOMEM;
              }),
              r.when('there is room', (_, f) => f.to !== 0, [
                moveVma(r, 'vma, addr, old_len, new_len, new_addr'),
              ]),
            ],
          ),
        ],
      ),
    ]),
    ...unlockAndPopulate(r),
    r.ret('return the address, or the error', (_, f) => f.ret),
  ],
});

/**
 * mremap(2) with MREMAP_MAYMOVE | MREMAP_FIXED: [start, start + pages) goes to `to` and has `newPages` there. What was
 * at the new place is unmapped first. Returns `to`, -EINVAL, -EFAULT (the range is not all in one VMA) or -ENOMEM.
 */
export const sys_mremap = routine({
  name: 'mremap_to',
  file: 'mm/mremap.c',
  about: 'Move a mapping to another address. Entries move as they are: a page on the device stays there.',
  aliases: ['sys_mremap'],
  params: { start: VpnT, pages: Int, newPages: Int, to: VpnT },
  locals: { mm: MmT, vma: VmaT, ret: ErrnoT, locked: Bool },
  body: (r) => [
    r.when('(!old_len || !new_len)', (_, f) => f.pages <= 0 || f.newPages <= 0, [
      r.ret('return -EINVAL', () => -Errno.EINVAL),
    ]),
    ...mmapWriteLockKillable(r, (k) => k.tasks.mmOf(k.task)),
    r.only(
      (profile) => profile.mremapMovesHugetlb,
      [
        r.step('vma = vma_lookup(mm, addr); hugetlb: whole huge pages', (k, f) => {
          f.mm = k.tasks.mmOf(k.task);
          f.vma = k.mm.vmaAt(f.mm, f.start);
          if (f.vma === 0) f.ret = -Errno.EFAULT;
          else if (k.mm.has(f.vma, Vm.HugeTlb) && !round_hugetlb(k, f, f.to)) f.ret = -Errno.EINVAL;
        }),
      ],
      [
        r.step('mm = current->mm', (k, f) => {
          f.mm = k.tasks.mmOf(k.task);
        }),
      ],
    ),
    r.when('the old and the new range overlap, or the new one can not be', (_, f) => f.ret === 0, [
      r.step('refuse: overlap, not in user space, or a huge page of the pool would be cut', (k, f) => {
        if (can_not_be(f) || move_cuts_hugetlb(k, f)) f.ret = -Errno.EINVAL;
      }),
    ]),
    r.when('(!ret)', (_, f) => f.ret === 0, makeRoom(r)),
    r.when('(!ret)', (_, f) => f.ret === 0, [
      r.step('vma_to_resize(addr, old_len, new_len, flags)', (k, f) => {
        f.vma = k.mm.vmaAt(f.mm, f.start);
        f.ret = resize_error(k, f.vma, f);
        const hugetlb = f.ret === 0 && k.mm.has(f.vma, Vm.HugeTlb);
        if (hugetlb && !k.profile.mremapMovesHugetlb) f.ret = -Errno.EINVAL;
      }),
    ]),
    r.when('it can be moved', (_, f) => f.ret === 0, [moveVma(r, 'vma, addr, old_len, new_len, new_addr')]),
    ...unlockAndPopulate(r),
    r.ret('return the new address, or the error', (_, f) => f.ret),
  ],
});
