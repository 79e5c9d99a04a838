/** The steps in which VMAs are cut, or neighbours grow, at the ends of a range (mm/vma.c; mm/mmap.c before 6.11). */

import type { MmRow, VmaRow, Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import type { Builder, Node } from '../../../routine/routine';
import { Alloc, should_fail_alloc } from '../fail_alloc';
import { vma_adjust_trans_huge } from '../huge_memory/huge_pmd';
import { mmOf } from '../memory/vmf';
import { rmapWriteLock, vmaLocks } from '../rmap/rmap_lock';
import { vma_modify_flags, vmas_gather_splits, vmas_modify_changes } from './vma';
import { vmaStartWrite } from './vma_lock';

interface Range {
  start: Vpn;
  end: Vpn;
}

/**
 * Whether a cut at an end of the range gets no memory for the part (vm_area_dup). Which of two cuts it would be makes no
 * difference: failures come one after the other, so that the first cut has failed before the second is tried.
 */
export const cut_fails = (k: Kernel, mm: MmRow, { start, end }: Range): boolean =>
  vmas_gather_splits(k, mm, start, end).length > 0 && should_fail_alloc(k, Alloc.Vma);

interface Modified extends Range {
  vma: VmaRow;
  flags: number;
}

const changes = (k: Kernel, f: Modified): VmaRow[] => vmas_modify_changes(k, f.vma, f.start, f.end, f.flags);

/** No neighbour grows over the range, and a cut fails. */
const no_part = (k: Kernel, f: Modified): boolean => changes(k, f).length <= 1 && cut_fails(k, mmOf(k, f), f);

/**
 * Gives [start, end) of `vma` the flags; `vma` is the one that covers it then. The step is called `text`; without memory
 * nothing is changed and `failed` comes instead.
 */
export const vmaModifyFlags = <F extends Modified>(
  r: Builder<F>,
  text: string,
  failed: Node<F>,
): Node<F>[] => [
  r.when('(!new): a part has to be cut off, and there is no memory for its VMA', no_part, [failed]),
  ...vma_adjust_trans_huge(r, mmOf),
  vmaStartWrite(r, (k, f) => [f.vma, ...changes(k, f)]),
  rmapWriteLock(r, (k, f) => vmaLocks(k, changes(k, f))),
  r.step(text, (k, f) => {
    f.vma = vma_modify_flags(k, f.vma, f.start, f.end, f.flags);
  }),
];
