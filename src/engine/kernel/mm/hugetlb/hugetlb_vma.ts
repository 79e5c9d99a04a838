/** What a VMA of the hugetlb pool can't do (vm_ops and checks of mm/hugetlb.c): its huge pages are never cut. */

import { Vm } from '../../../machine/address-spaces';
import type { MmRow, VmaRow, Vpn } from '../../../machine/ids';
import type { Kernel } from '../../../routine/kernel';
import { HUGE_PAGES } from '../page_alloc/page_alloc';

/** An address lies inside a huge page of the VMA, where it can't be split (hugetlb_vm_op_split). */
const cuts_at = (k: Kernel, vma: VmaRow, at: number): boolean =>
  vma !== 0 && k.mm.has(vma, Vm.HugeTlb) && at % HUGE_PAGES !== 0;

/** One end of the range lies inside a huge page of the pool: what would split VMAs there fails with -EINVAL. */
export function cuts_hugetlb(k: Kernel, mm: MmRow, start: number, end: number): boolean {
  return [start, end].some((at) => cuts_at(k, k.mm.vmaAt(mm, at as Vpn), at));
}

/** The process that made the private mapping has been promised its pages; a child that inherits it has not. */
export const owns_reservation = (k: Kernel, vma: VmaRow): boolean => k.mm.has(vma, Vm.ResvOwner);
