/** The pool of hugetlb pages (the allocation half of mm/hugetlb.c): filled once, its pages never go elsewhere. */

import { Vm } from '../../../machine/address-spaces';
import { Hold } from '../../../machine/holds';
import type { MmRow, PageRow, VmaRow, Vpn } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import type { Kernel } from '../../../routine/kernel';
import { alloc_huge_page, HUGE_PAGES } from '../page_alloc/page_alloc';
import { pmd_offset, ptep_get } from '../pgtable';

function enqueue(k: Kernel, folio: PageRow): void {
  const { hugetlb, pages } = k;
  pages.setFlag(folio, Pg.HugeTlb | Pg.Free);
  pages.link.set(folio, hugetlb.freeHead);
  hugetlb.freeHead = folio;
  hugetlb.free += 1;
}

/** Gives the pool `count` more huge pages, as far as memory goes; returns how many (hugetlb_hstate_alloc_pages). */
export function hugetlb_grow(k: Kernel, count: number): number {
  for (let i = 0; i < count; i++) {
    const folio = alloc_huge_page(k, false, Hold.Kernel, 0);
    if (folio === 0) return i;
    k.holds.last(folio, Hold.Kernel, 0);
    k.hugetlb.total += 1;
    enqueue(k, folio);
  }
  return count;
}

/** Promises the mapping all the huge pages it may need; false if so many are not left (hugetlb_reserve_pages). */
export function hugetlb_reserve(k: Kernel, pages: number): boolean {
  const { hugetlb } = k;
  const count = pages / HUGE_PAGES;
  if (hugetlb.free - hugetlb.reserved < count) return false;
  hugetlb.reserved += count;
  return true;
}

/** The mapping ends: what it was promised and never used is for others (hugetlb_vm_op_close). */
export function hugetlb_unreserve(k: Kernel, vma: VmaRow): void {
  const unused = k.mm.hugeReserved.get(vma);
  if (unused !== 0) k.hugetlb.reserved -= unused;
}

/** The part of a mapping takes over the promises for those of its addresses that were not used (hugetlb_vm_op_split). */
export function hugetlb_split_reserve(k: Kernel, vma: VmaRow, part: VmaRow, from: Vpn, end: Vpn): void {
  const { mm } = k;
  let unused = 0;
  for (let vpn = from; vpn < end; vpn = (vpn + HUGE_PAGES) as Vpn)
    if (ptep_get(k, pmd_offset(k, mm.mm.get(vma) as MmRow, vpn)) === 0) unused++;
  const moved = Math.min(unused, mm.hugeReserved.get(vma));
  mm.hugeReserved.add(part, moved);
  mm.hugeReserved.add(vma, -moved);
}

/** Its owner zaps a page that nobody else maps: it is promised to the mapping again (__unmap_hugepage_range, 6.8+). */
export function hugetlb_restore_reserve(k: Kernel, vma: VmaRow, folio: PageRow): void {
  if (!k.profile.hugetlbRestoresReserve || !k.mm.has(vma, Vm.ResvOwner)) return;
  if (k.pages.folioMapcount(folio) > 1) return;
  k.mm.hugeReserved.add(vma, 1);
  k.hugetlb.reserved += 1;
}

/**
 * A zeroed huge page with refcount 1 for the VMA: one that it was promised if there is any, unless `avoidReserve`. 0 when the
 * pool has none to give (alloc_hugetlb_folio).
 */
export function alloc_hugetlb_folio(k: Kernel, vma: VmaRow, avoidReserve = false): PageRow {
  const { hugetlb, pages, mm } = k;
  const promised = !avoidReserve && mm.hugeReserved.get(vma) > 0;
  if (!promised && hugetlb.free <= hugetlb.reserved) return 0 as PageRow;
  const folio = hugetlb.freeHead as PageRow;
  hugetlb.freeHead = pages.link.get(folio);
  hugetlb.free -= 1;
  if (promised) {
    hugetlb.reserved -= 1;
    mm.hugeReserved.add(vma, -1);
  }
  pages.link.set(folio, 0);
  pages.clearFlag(folio, Pg.Free);
  k.holds.first(folio, Hold.Alloc, k.task);
  return folio;
}

/** The last reference is gone: back to the pool (free_huge_folio). */
export function free_huge_folio(k: Kernel, folio: PageRow): void {
  const { pages } = k;
  for (let i = 0; i < HUGE_PAGES; i++) k.contents.fill(pages.nth(folio, i), 0);
  pages.flags.set(folio, Pg.Uptodate | Pg.Head);
  pages.mapping.set(folio, 0);
  pages.index.set(folio, 0);
  enqueue(k, folio);
}
