/** Page frames from the zones (mm/page_alloc.c). Device memory is never here: ZONE_DEVICE has no free list. */

import type { IntColumn } from '../../../machine/column';
import { Hold, type HoldKind } from '../../../machine/holds';
import type { PageRow, ZoneRow } from '../../../machine/ids';
import { KernelBug } from '../../../machine/kernel-bug';
import { Pg } from '../../../machine/pages';
import type { Kernel } from '../../../routine/kernel';
import { inlined, leaf } from '../../../routine/leaf';
import { Int } from '../../../routine/routine';
import { wake_all_kswapds, zone_watermark_ok, zones_for } from './watermarks';

function takeFrom(k: Kernel, zone: ZoneRow): PageRow {
  const { zones, pages } = k;
  const freed = zones.freeHead.get(zone) as PageRow;
  if (freed !== 0) {
    zones.freeHead.set(zone, pages.link.get(freed));
    pages.link.set(freed, 0);
    zones.free.add(zone, -1);
    return freed;
  }
  const high = zones.high.get(zone);
  if (high <= zones.low.get(zone)) return takeLow(k, zone);
  zones.high.set(zone, high - 1);
  zones.free.add(zone, -1);
  return pages.touch(zones.range.get(zone), high - 1);
}

/** No other page is left: one from where folios of order 9 come from. */
function takeLow(k: Kernel, zone: ZoneRow): PageRow {
  const { zones, pages } = k;
  if (zones.freeLow.get(zone) === 0 && !breakHuge(k, zone)) return 0 as PageRow;
  const page = zones.freeLow.get(zone) as PageRow;
  zones.freeLow.set(zone, pages.link.get(page));
  pages.link.set(page, 0);
  zones.free.add(zone, -1);
  return page;
}

/** Makes 512 single free pages of a free folio of order 9; false where there is none. */
function breakHuge(k: Kernel, zone: ZoneRow): boolean {
  const { zones, pages } = k;
  const head = zones.freeHuge.get(zone) as PageRow;
  if (head === 0) return false;
  zones.freeHuge.set(zone, pages.link.get(head));
  for (let i = HUGE_PAGES - 1; i >= 0; i--) pushFree(k, zone, pages.nth(head, i));
  return true;
}

function pushFree(k: Kernel, zone: ZoneRow, page: PageRow): void {
  const { zones, pages } = k;
  const list = pages.offset(page) < zones.low.get(zone) ? zones.freeLow : zones.freeHead;
  pages.link.set(page, list.get(zone));
  list.set(zone, page);
}

/** The lowest 512 pages of the untouched part that lie on a boundary of their size; what lies before them is single. */
function carveHuge(k: Kernel, zone: ZoneRow): PageRow {
  const { zones, pages } = k;
  const start = zones.start.get(zone);
  const low = zones.low.get(zone);
  const first = Math.ceil((start + low) / HUGE_PAGES) * HUGE_PAGES - start;
  if (first + HUGE_PAGES > zones.high.get(zone)) return 0 as PageRow;
  const range = zones.range.get(zone);
  zones.low.set(zone, first + HUGE_PAGES);
  for (let i = low; i < first; i++) pushFree(k, zone, pages.touch(range, i));
  return pages.touch(range, first);
}

/**
 * Single free pages that fill 512 on their boundary become one folio again, which the kernel's buddy allocator does
 * whenever a page is freed; false where there are none such.
 */
function coalesce(k: Kernel, zone: ZoneRow): boolean {
  const { zones, pages } = k;
  const blockOf = (page: PageRow): number => Math.floor(pages.pfn(page) / HUGE_PAGES);
  const single: PageRow[] = [];
  const found = new Map<number, number>();
  for (let page = zones.freeLow.get(zone) as PageRow; page !== 0; page = pages.link.get(page) as PageRow) {
    single.push(page);
    found.set(blockOf(page), (found.get(blockOf(page)) ?? 0) + 1);
  }
  const isWhole = (page: PageRow): boolean => found.get(blockOf(page)) === HUGE_PAGES;
  if (!single.some(isWhole)) return false;
  zones.freeLow.set(zone, 0);
  for (const page of single.reverse()) {
    if (!isWhole(page)) pushFree(k, zone, page);
    else if (pages.pfn(page) % HUGE_PAGES === 0) {
      pages.link.set(page, zones.freeHuge.get(zone));
      zones.freeHuge.set(zone, page);
    } else pages.link.set(page, 0);
  }
  return true;
}

function takeFreeHuge(k: Kernel, zone: ZoneRow): PageRow {
  const { zones, pages } = k;
  const head = zones.freeHuge.get(zone) as PageRow;
  if (head === 0) return head;
  zones.freeHuge.set(zone, pages.link.get(head));
  pages.link.set(head, 0);
  return head;
}

function takeHugeFrom(k: Kernel, zone: ZoneRow): PageRow {
  let head = takeFreeHuge(k, zone);
  if (head === 0) head = carveHuge(k, zone);
  if (head === 0 && coalesce(k, zone)) head = takeFreeHuge(k, zone);
  if (head !== 0) k.zones.free.add(zone, -HUGE_PAGES);
  return head;
}

/** Order of the largest folio that a page table maps with one entry of a PMD table, and its pages. */
export const HUGE_ORDER = 9;
export const HUGE_PAGES = 1 << HUGE_ORDER;

/** The pages belong together from now on: the first stands for all (prep_compound_page). */
function prep_compound_page(k: Kernel, head: PageRow): void {
  const { pages } = k;
  pages.order.set(head, HUGE_ORDER);
  pages.flags.set(head, Pg.Uptodate | Pg.Head);
  for (let i = 1; i < HUGE_PAGES; i++) {
    const tail = pages.nth(head, i);
    pages.flags.set(tail, Pg.Uptodate | Pg.Tail);
    pages.link.set(tail, head);
  }
}

/**
 * A zeroed folio of 512 pages on a boundary of their size, with refcount 1; 0 when no zone has one. `movable`: it may come
 * from ZONE_MOVABLE. (alloc_pages of order 9.)
 */
export function alloc_huge_page(
  k: Kernel,
  movable: boolean,
  hold: HoldKind = Hold.Alloc,
  who: number = k.task,
): PageRow {
  for (const zone of zones_for(k, movable)) {
    if (!zone_watermark_ok(k, zone, k.zones.wmarkMin, HUGE_PAGES)) continue;
    const head = takeHugeFrom(k, zone);
    if (head === 0) continue;
    prep_compound_page(k, head);
    k.holds.first(head, hold, who);
    return head;
  }
  return 0 as PageRow;
}

/** Gives all pages of a large folio back to their zone (__free_pages_ok). */
function free_huge_page(k: Kernel, head: PageRow): void {
  const { pages, zones } = k;
  const zone = pages.zone(head);
  for (let i = HUGE_PAGES - 1; i >= 0; i--) {
    const page = pages.nth(head, i);
    k.contents.fill(page, 0);
    pages.link.set(page, 0);
    pages.flags.set(page, Pg.Free);
  }
  pages.order.set(head, 0);
  pages.mapping.set(head, 0);
  pages.index.set(head, 0);
  pages.link.set(head, zones.freeHuge.get(zone));
  zones.freeHuge.set(zone, head);
  zones.free.add(zone, HUGE_PAGES);
}

/** A page of the first zone that keeps more than this watermark. */
function get_page_from_freelist(k: Kernel, zones: readonly ZoneRow[], mark: IntColumn): PageRow {
  for (const zone of zones) {
    if (!zone_watermark_ok(k, zone, mark)) continue;
    const page = takeFrom(k, zone);
    if (page !== 0) return page;
  }
  return 0 as PageRow;
}

/** Memory is short everywhere: somebody is to reclaim, and this allocation may go down to the min watermarks. */
function alloc_pages_slowpath(k: Kernel, zones: readonly ZoneRow[]): PageRow {
  wake_all_kswapds(k);
  return get_page_from_freelist(k, zones, k.zones.wmarkMin);
}

const alloc_pages = leaf({
  name: 'alloc_pages',
  file: 'mm/page_alloc.c',
  about: 'A page of system memory for a driver.',
  params: { order: Int },
  lines: [
    'page = get_page_from_freelist(gfp, order, ALLOC_WMARK_LOW)',
    'return page, or NULL where every zone is full',
  ],
});

/** Says that a step of a driver takes a page of system memory, where it comes to that. */
export const allocatesPage = <F>(reached: (k: Kernel, f: F) => boolean) =>
  inlined(alloc_pages, (k: Kernel, f: F) => (reached(k, f) ? { order: 0 } : undefined));

/**
 * One zeroed page frame with refcount 1, held by `hold` of `who`, for something that can't be moved; 0 when every zone of
 * the kernel's own is at its min watermark. (alloc_pages of order 0, without direct reclaim: a plain function can't sleep.
 * Callers that can reclaim do so and ask again.)
 */
export function alloc_page(k: Kernel, hold: HoldKind = Hold.Alloc, who: number = k.task): PageRow {
  return alloc_page_of(k, zones_for(k, false), hold, who);
}

/** The same for a page that can be moved: a process's, or the page cache's (GFP_HIGHUSER_MOVABLE). */
export function alloc_movable_page(k: Kernel, hold: HoldKind = Hold.Alloc, who: number = k.task): PageRow {
  return alloc_page_of(k, zones_for(k, true), hold, who);
}

function alloc_page_of(k: Kernel, zones: readonly ZoneRow[], hold: HoldKind, who: number): PageRow {
  const page = get_page_from_freelist(k, zones, k.zones.wmarkLow) || alloc_pages_slowpath(k, zones);
  if (page === 0) return page;
  k.pages.flags.set(page, Pg.Uptodate);
  k.holds.first(page, hold, who);
  return page;
}

/** Gives a frame (or the frames of a large folio) whose last reference is gone back to its zone (free_unref_page). */
export function free_page(k: Kernel, page: PageRow): void {
  const { pages, zones } = k;
  if (pages.has(page, Pg.Free)) throw new KernelBug('free_pages_prepare', page);
  if (pages.order.get(page) > 0) {
    free_huge_page(k, page);
    return;
  }
  const zone = pages.zone(page);
  k.contents.fill(page, 0);
  pages.flags.set(page, Pg.Free);
  pages.mapping.set(page, 0);
  pages.index.set(page, 0);
  pages.memcg.set(page, 0);
  pushFree(k, zone, page);
  zones.free.add(zone, 1);
}
