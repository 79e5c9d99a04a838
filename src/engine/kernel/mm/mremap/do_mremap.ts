/** mremap to a given address as it is from 6.17 on (do_mremap, mm/mremap.c): where the size stays, VMA by VMA. */

import { Vm } from '../../../machine/address-spaces';
import type { MmRow, VmaRow, Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { Bool, ErrnoT, Int, MmT, routine, VmaT, VpnT } from '../../../routine/routine';
import { Errno } from '../../constants';
import { mmapWriteLockKillable } from '../mmap/mmap_lock';
import {
  can_not_be,
  charge_error,
  move_cuts_hugetlb,
  range_error,
  round_hugetlb,
  unlockAndPopulate,
} from './checks';
import { makeRoom, moveVma } from './move_vma';

interface One {
  vma: VmaRow;
  start: Vpn;
  pages: number;
  newPages: number;
  to: Vpn;
}

/** check_prep_vma: nothing is changed before this. 0, -EFAULT or -EINVAL. */
function check_prep_vma(k: Kernel, f: One): number {
  if (f.vma === 0) return -Errno.EFAULT;
  if (k.mm.has(f.vma, Vm.HugeTlb) && !round_hugetlb(k, f, f.to)) return -Errno.EINVAL;
  const stays = Math.min(f.pages, f.newPages);
  return range_error(k, f.vma, { start: f.start, pages: stays, newPages: f.newPages - f.pages + stays });
}

/** Returns `to`, or an error; the part that is moved lies in one VMA. */
const mremap_to = routine({
  name: 'mremap_to',
  file: 'mm/mremap.c',
  about: 'Move a part of one VMA: unmap what is at the new address, and what the old range loses, then move.',
  params: { vma: VmaT, start: VpnT, pages: Int, newPages: Int, to: VpnT },
  locals: { mm: MmT, ret: ErrnoT },
  body: (r) => [
    r.step('check_prep_vma(vrm)', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
      f.ret = check_prep_vma(k, f);
      if (f.ret === 0 && move_cuts_hugetlb(k, f)) f.ret = -Errno.EINVAL;
    }),
    r.when('(err)', (_, f) => f.ret !== 0, [r.ret('return the error', (_, f) => f.ret)]),
    ...makeRoom(r),
    r.when('(err)', (_, f) => f.ret !== 0, [r.ret('return -ENOMEM', (_, f) => f.ret)]),
    r.step('vma = vma_lookup(mm, addr); vrm_calc_charge(vrm)', (k, f) => {
      f.vma = k.mm.vmaAt(f.mm, f.start);
      f.ret = charge_error(k, f.vma, f);
    }),
    r.when('what is added can not be accounted for', (_, f) => f.ret !== 0, [
      r.ret('return -ENOMEM', (_, f) => f.ret),
    ]),
    moveVma(r, 'vrm'),
    r.ret('return the new address, or the error', (_, f) => f.ret),
  ],
});

interface Moving extends One {
  mm: MmRow;
  /** What is moved next: [at, at + part), to `target`. */
  at: Vpn;
  part: number;
  target: Vpn;
  /** End of the VMA that was moved last, 0 before the first. */
  lastEnd: Vpn;
}

/** The next VMA with a part in the range goes behind what was moved, with the gap that is between them; `vma` 0: there is none. */
function next_part(k: Kernel, f: Moving): void {
  const end = f.start + f.pages;
  f.vma = k.mm.findVma(f.mm, f.lastEnd === 0 ? f.start : f.lastEnd);
  const begins = f.vma === 0 ? end : k.mm.start.get(f.vma);
  if (begins >= end) f.vma = 0 as VmaRow;
  if (f.vma === 0) return;
  f.target = (f.lastEnd === 0 ? f.to : f.target + f.part + begins - f.lastEnd) as Vpn;
  f.at = Math.max(begins, f.start) as Vpn;
  f.lastEnd = k.mm.end.get(f.vma) as Vpn;
  f.part = Math.min(end, f.lastEnd) - f.at;
}

function passPart(_: Kernel, f: Moving, callee: One): void {
  callee.vma = f.vma;
  callee.start = f.at;
  callee.pages = f.part;
  callee.newPages = f.part;
  callee.to = f.target;
}

function passAll(_: Kernel, f: One, callee: One): void {
  callee.vma = f.vma;
  callee.start = f.start;
  callee.pages = f.pages;
  callee.newPages = f.newPages;
  callee.to = f.to;
}

const keep = (_: Kernel, f: { ret: number }, value: number): void => {
  f.ret = value;
};

/** The range begins where nothing is mapped, which no move allows. */
const begins_with_gap = (k: Kernel, f: Moving): boolean => f.vma === 0 || k.mm.start.get(f.vma) > f.start;

/** Returns `to` or the error that ended it; what was moved before stays moved. */
const remap_move = routine({
  name: 'remap_move',
  file: 'mm/mremap.c',
  about: 'The size stays: every VMA of the range is moved, and the gaps between them stay as they are.',
  params: { start: VpnT, pages: Int, to: VpnT },
  locals: {
    mm: MmT,
    vma: VmaT,
    newPages: Int,
    at: VpnT,
    part: Int,
    target: VpnT,
    lastEnd: VpnT,
    ret: ErrnoT,
  },
  body: (r) => [
    r.step('find the first VMA of the range', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
      next_part(k, f);
    }),
    r.when('no gap is permitted at the start of the range', begins_with_gap, [
      r.ret('return -EFAULT', () => -Errno.EFAULT),
    ]),
    r.loop('(vma && ret >= 0): for_each_vma_range(vmi, vma, end)', (_, f) => f.vma !== 0 && f.ret >= 0, [
      r.call('res_vma = mremap_to(vrm)', mremap_to, passPart, keep),
      r.step('target_addr = res_vma + new_len, and the gap to the next VMA', next_part),
    ]),
    r.ret('return the new address, or the error', (_, f) => (f.ret < 0 ? f.ret : f.to)),
  ],
});

/**
 * mremap(2) with MREMAP_MAYMOVE | MREMAP_FIXED: [start, start + pages) goes to `to` and has `newPages` there. Returns `to`,
 * -EINVAL, -EFAULT (nothing is mapped at the start, or a range that changes its size is not in one VMA) or -ENOMEM.
 */
export const do_mremap = routine({
  name: 'do_mremap',
  file: 'mm/mremap.c',
  about: 'Move mappings to another address. Entries move as they are: a page on the device stays there.',
  aliases: ['sys_mremap'],
  params: { start: VpnT, pages: Int, newPages: Int, to: VpnT },
  locals: { mm: MmT, vma: VmaT, ret: ErrnoT, locked: Bool },
  body: (r) => [
    r.when('(!old_len || !new_len)', (_, f) => f.pages <= 0 || f.newPages <= 0, [
      r.ret('return -EINVAL', () => -Errno.EINVAL),
    ]),
    r.when(
      'the old and the new range overlap, or the new one is not in user space',
      (_, f) => can_not_be(f),
      [r.ret('return -EINVAL', () => -Errno.EINVAL)],
    ),
    ...mmapWriteLockKillable(r, (k) => k.tasks.mmOf(k.task)),
    r.step('mm = current->mm', (k, f) => {
      f.mm = k.tasks.mmOf(k.task);
      f.vma = k.mm.vmaAt(f.mm, f.start);
    }),
    r.when(
      '(vrm_move_only(vrm)): the size stays',
      (_, f) => f.pages === f.newPages,
      [
        r.call(
          'ret = remap_move(vrm)',
          remap_move,
          (_, f, callee) => {
            callee.start = f.start;
            callee.pages = f.pages;
            callee.to = f.to;
          },
          keep,
        ),
      ],
      [r.call('ret = mremap_to(vrm)', mremap_to, passAll, keep)],
    ),
    ...unlockAndPopulate(r),
    r.ret('return the new address, or the error', (_, f) => f.ret),
  ],
});
