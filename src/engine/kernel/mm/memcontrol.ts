/** Memory cgroup charges (mm/memcontrol.c): a page, wherever it lives, is charged to one group. */

import { Hold, type HoldKind } from '../../machine/holds';
import type { MmRow, PageRow } from '../../machine/ids';
import type { Kernel } from '../../routine/kernel';
import { free_page } from './page_alloc/page_alloc';

/** Charges a page, or all pages of a large folio, to a group (0: to none). False, with nothing charged, when the group has reached its limit. */
export function memcg_charge_to(k: Kernel, page: PageRow, memcg: number): boolean {
  const limit = k.memcgLimit.get(memcg);
  const count = k.pages.count(page);
  if (memcg !== 0 && limit !== 0 && k.memcgUsage.get(memcg) + count > limit) return false;
  k.pages.memcg.set(page, memcg);
  for (let i = 1; i < count; i++) k.pages.memcg.set(k.pages.nth(page, i), memcg);
  if (memcg !== 0) k.memcgUsage.add(memcg, count);
  return true;
}

/** Charges a page to the group of an address space (mem_cgroup_charge). */
export function memcg_charge(k: Kernel, page: PageRow, mm: MmRow): boolean {
  return memcg_charge_to(k, page, k.mm.memcg.get(mm));
}

/**
 * Charges a fresh page of the current task; where the limit forbids it the page is given back at once, and the result
 * is 0 as if there were no memory.
 */
export function charge_or_free(k: Kernel, page: PageRow, mm: MmRow, hold: HoldKind = Hold.Alloc): PageRow {
  if (page === 0 || memcg_charge(k, page, mm)) return page;
  k.holds.last(page, hold, k.task);
  free_page(k, page);
  return 0 as PageRow;
}

export function memcg_uncharge(k: Kernel, page: PageRow): void {
  const memcg = k.pages.memcg.get(page);
  if (memcg === 0) return;
  const count = k.pages.count(page);
  k.memcgUsage.add(memcg, -count);
  for (let i = 0; i < count; i++) k.pages.memcg.set(k.pages.nth(page, i), 0);
}

/** The charge moves with the contents; the total stays the same (mem_cgroup_migrate). */
export function memcg_migrate(k: Kernel, from: PageRow, to: PageRow): void {
  const { pages } = k;
  const memcg = pages.memcg.get(from);
  for (let i = 0; i < pages.count(from); i++) {
    pages.memcg.set(pages.nth(to, i), memcg);
    pages.memcg.set(pages.nth(from, i), 0);
  }
}

/** Largest number of pages a group may be charged for (memory.max); 0 = no limit. */
export function memcg_set_limit(k: Kernel, memcg: number, pages: number): void {
  k.memcgLimit.set(memcg, pages);
}
