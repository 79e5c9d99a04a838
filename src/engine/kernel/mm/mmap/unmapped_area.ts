/** Where a mapping goes (get_unmapped_area and vm_unmapped_area, mm/mmap.c). */

import { Vm } from '../../../machine/address-spaces';
import { type MmRow, TASK_SIZE_PAGES, type Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { Errno } from '../../constants';
import { hugetlb_reserve } from '../hugetlb/hugetlb_pool';
import { HUGE_PAGES } from '../page_alloc/page_alloc';

/** Where mappings without an address begin, downwards: below the stack and its gap, nothing randomised. */
const MMAP_BASE = 0x7ffff7fff as Vpn;

/** A range that is not empty and lies in user space. */
export function is_user_range(start: number, pages: number): boolean {
  return pages > 0 && start >= 0 && start + pages <= TASK_SIZE_PAGES;
}

/** The highest gap of `pages` below the mmap base, on a boundary of `align` pages, or 0 (vm_unmapped_area, top-down). */
export function unmapped_area(k: Kernel, mm: MmRow, pages: number, align = 1): Vpn {
  const highest = (end: number): number => Math.floor((end - pages) / align) * align;
  let best = 0;
  let low = 1;
  for (const vma of k.mm.vmasOf(mm)) {
    const at = highest(Math.min(k.mm.start.get(vma), MMAP_BASE));
    if (at >= low) best = at;
    low = k.mm.end.get(vma);
  }
  const last = highest(MMAP_BASE);
  return (last >= low ? last : best) as Vpn;
}

/** Hugetlb: whole huge pages on their boundaries, so many as the pool still has; else -errno (hugetlb_get_unmapped_area). */
function hugetlb_unmapped_area(k: Kernel, mm: MmRow, start: Vpn, pages: number, fixed: boolean): number {
  if (fixed && start % HUGE_PAGES !== 0) return -Errno.EINVAL;
  const at = fixed ? start : unmapped_area(k, mm, pages, HUGE_PAGES);
  return at !== 0 && hugetlb_reserve(k, pages) ? at : -Errno.ENOMEM;
}

interface Mapping {
  readonly flags: number;
  readonly aligned: number;
  readonly fixed: number;
}

/** Where the mapping goes: the address asked for if it is fixed or free, else the kernel's choice; or -errno. */
export function get_unmapped_area(k: Kernel, mm: MmRow, start: Vpn, pages: number, f: Mapping): number {
  const fixed = f.fixed !== 0;
  if (pages > TASK_SIZE_PAGES) return -Errno.ENOMEM;
  if ((f.flags & Vm.HugeTlb) !== 0) return hugetlb_unmapped_area(k, mm, start, pages, fixed);
  if (fixed) return is_user_range(start, pages) ? start : -Errno.ENOMEM;
  const next = k.mm.findVma(mm, start);
  const isFree = next === 0 || k.mm.start.get(next) >= start + pages;
  if (start !== 0 && is_user_range(start, pages) && isFree) return start;
  const chosen = unmapped_area(k, mm, pages, f.aligned !== 0 ? HUGE_PAGES : 1);
  return chosen === 0 ? -Errno.ENOMEM : chosen;
}
