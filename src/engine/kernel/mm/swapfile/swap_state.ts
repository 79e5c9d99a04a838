/** The swap cache: pages of memory that also have a slot in a swap area (mm/swap_state.c). */

import { Hold } from '../../../machine/holds';
import type { PageRow } from '../../../machine/ids';
import { Pg } from '../../../machine/pages';
import type { Kernel } from '../../../routine/kernel';
import { memcg_charge_to } from '../memcontrol';
import { trylock_page, unlock_page } from '../mmap/mmap_lock';
import { alloc_movable_page } from '../page_alloc/page_alloc';
import { folio_put_final, get_page } from '../swap/page_ref';
import { folio_add_lru } from '../swap/swap';
import { alloc_swap_slot, is_free_slot, put_swap_slot } from './swapfile';

/** The slot of a page in the swap cache (page->swap), or 0. */
export function swap_slot_of(k: Kernel, page: PageRow): number {
  if (!k.pages.has(page, Pg.SwapCache)) return 0;
  for (const { kind, who } of k.holds.of(page)) if (kind === Hold.SwapCache) return who;
  return 0;
}

function add_to_swap_cache(k: Kernel, page: PageRow, slot: number): void {
  get_page(k, page, Hold.SwapCache, slot);
  k.pages.setFlag(page, Pg.SwapCache);
  k.swap.slotCached.set(slot, page);
}

/** Gives a page a slot. It is dirty until it was written there. False when every area is full. */
export function add_to_swap(k: Kernel, page: PageRow): boolean {
  const slot = alloc_swap_slot(k);
  if (slot === 0) return false;
  k.swap.slotMemcg.set(slot, k.pages.memcg.get(page));
  add_to_swap_cache(k, page, slot);
  k.pages.setFlag(page, Pg.Dirty);
  return true;
}

/** Takes a page out of the swap cache; whoever calls holds another reference. The slot goes with its last entry. */
export function delete_from_swap_cache(k: Kernel, page: PageRow): void {
  const slot = swap_slot_of(k, page);
  k.swap.slotCached.set(slot, 0);
  k.pages.clearFlag(page, Pg.SwapCache);
  k.holds.drop(page, Hold.SwapCache, slot);
  put_swap_slot(k, slot);
}

/** Out of the swap cache if nothing but this page needs the slot; the page is dirty then: memory has the only copy. */
export function folio_free_swap(k: Kernel, page: PageRow): boolean {
  const slot = swap_slot_of(k, page);
  if (slot === 0 || k.swap.slotCount.get(slot) > 0) return false;
  delete_from_swap_cache(k, page);
  k.pages.setFlag(page, Pg.Dirty);
  return true;
}

/** Entries that map the page; of a huge page that map whichever of its pages the most do (page_trans_huge_mapcount). */
function mapcount(k: Kernel, page: PageRow): number {
  const { pages } = k;
  const folio = pages.folio(page);
  let most = 0;
  for (let i = 0; i < pages.count(folio); i++) most = Math.max(most, pages.mapcount.get(pages.nth(folio, i)));
  return most + pages.entireMapcount.get(folio);
}

/** 4.14: nobody else has the page or its slot, so that a write need not copy it (reuse_swap_page). */
export function reuse_swap_page(k: Kernel, page: PageRow): boolean {
  const slot = swap_slot_of(k, page);
  const users = mapcount(k, page) + (slot === 0 ? 0 : k.swap.slotCount.get(slot));
  if (users === 1 && slot !== 0) {
    delete_from_swap_cache(k, page);
    k.pages.setFlag(page, Pg.Dirty);
  }
  return users <= 1;
}

/** A page that was just unmapped leaves the swap cache too, if it can be locked (free_swap_cache). */
export function free_swap_cache(k: Kernel, page: PageRow): void {
  if (!k.pages.has(page, Pg.SwapCache) || k.pages.mapcount.get(page) > 0) return;
  if (!trylock_page(k, page)) return;
  folio_free_swap(k, page);
  unlock_page(k, page);
}

/** One entry less stands for the slot; a page of the swap cache that nobody needs is freed with it. */
export function free_swap_and_cache(k: Kernel, slot: number): void {
  const { swap } = k;
  if (swap.slotCount.add(slot, -1) > 0) return;
  const page = swap.slotCached.get(slot) as PageRow;
  if (page === 0) {
    put_swap_slot(k, slot);
    return;
  }
  free_swap_cache(k, page);
  if (k.pages.refcount.get(page) === 0) folio_put_final(k, page);
}

/** A fresh page with what the slot has, charged to whom the page was charged that was written there; 0: no memory. */
function read_slot(k: Kernel, slot: number): PageRow {
  const page = alloc_movable_page(k, Hold.Fault);
  if (page === 0) return page;
  if (!memcg_charge_to(k, page, k.swap.slotMemcg.get(slot))) {
    k.holds.last(page, Hold.Fault, k.task);
    folio_put_final(k, page);
    return 0 as PageRow;
  }
  k.pages.setFlag(page, Pg.SwapBacked);
  k.contents.copyFrom(k.swap.contents, slot, page);
  folio_add_lru(k, page);
  return page;
}

/**
 * The slot's page with a reference of the fault's: from the swap cache, or a fresh one that is read from the area
 * (read_swap_cache_async). 0 when there is no memory, or the slot is free. Nothing is read ahead: page-cluster is 0.
 */
export function read_swap_cache(k: Kernel, slot: number): PageRow {
  const cached = k.swap.slotCached.get(slot) as PageRow;
  if (cached !== 0) {
    get_page(k, cached, Hold.Fault);
    return cached;
  }
  if (is_free_slot(k, slot)) return 0 as PageRow;
  const page = read_slot(k, slot);
  if (page !== 0) add_to_swap_cache(k, page, slot);
  return page;
}

/** Reading from the area is over at once and nobody else needs the slot: the page stays out of the swap cache. */
function skips_swap_cache(k: Kernel, slot: number): boolean {
  const { swap, profile } = k;
  if (!profile.syncSwapSkipsCache || swap.slotCached.get(slot) !== 0) return false;
  return swap.sync.get(swap.slotArea.get(slot)) !== 0 && swap.slotCount.get(slot) === 1;
}

/** The slot's page for a fault, with a reference of its own; not in the swap cache where that can be avoided. */
export function swapin_folio(k: Kernel, slot: number): PageRow {
  return skips_swap_cache(k, slot) ? read_slot(k, slot) : read_swap_cache(k, slot);
}

/** Writes a dirty page to its slot; it is clean then (swap_writepage, whose write is over at once here). */
export function swap_writepage(k: Kernel, page: PageRow): void {
  k.swap.contents.copyFrom(k.contents, page, swap_slot_of(k, page));
  k.pages.clearFlag(page, Pg.Dirty);
}
